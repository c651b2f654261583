"""Tools and resources for agents: the Model Context Protocol, by its official SDK (extra `mcp`)."""
