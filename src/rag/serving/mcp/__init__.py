"""Tools and resources for agents: the Model Context Protocol, by its official SDK (extra `mcp`)."""

from rag.serving.mcp.serve import serve_http, serve_stdio

__all__ = ["serve_http", "serve_stdio"]
