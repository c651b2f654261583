"""REST and OpenAI-compatible endpoints over a `Rag`: `create_app` for another server, `serve` for one of its own."""

from rag.serving.http.app import create_app

__all__ = ["create_app"]
