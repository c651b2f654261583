"""Tools and resources of the Model Context Protocol over a `Rag` (the extra `mcp`)."""

from rag.serving.mcp.serve import serve_http, serve_stdio

__all__ = ["serve_http", "serve_stdio"]
