"""Answers in a FastAPI app of your own: a route that asks, and the whole REST server below /documents.

    uvicorn --app-dir examples fastapi_app:app

The log-in, and who may see what, stay yours: put them around the route and the mount as around any other.
"""

import os
from typing import Annotated, Any

from fastapi import FastAPI, Query

from rag import Rag
from rag.plain import answer_dict
from rag.serving.http import create_app


def build(rag: Rag) -> FastAPI:
    """The app over an index."""
    app = FastAPI(title="The harbour office")

    # A function without `async` runs in a thread, where answering holds up nobody.
    @app.get("/ask")
    def ask(question: Annotated[str, Query(min_length=1, max_length=1000)]) -> dict[str, Any]:
        now = rag.snapshot()  # the answer and what it is told of are of one index
        return answer_dict(now.ask(question), now.index)

    app.mount("/documents", create_app(rag))
    return app


def __getattr__(name: str) -> FastAPI:
    """`app` is made when a server asks for it, so that importing this file loads no model."""
    if name != "app":
        raise AttributeError(name)
    return build(Rag.load(os.environ.get("RAG_INDEX", "index")))
