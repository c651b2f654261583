"""A small index in memory, its app, and servers in a thread and in a process of their own."""

import contextlib
import socket
import threading
import time

import httpx
import uvicorn
from fakes import HashingEmbedder

from rag import Rag, Settings
from rag.serving.http import create_app

TEXTS = {
    "mill.md": "# The mill\n\nThe old mill grinds forty tons of barley a year. It stands by the river.",
    "shop": "The bakery opens at nine in the morning. It sells rye bread and cakes.",
    "船.txt": "这条船长四十米。它每年三月出海捕鱼。",
}
QUESTION = "How many tons of barley does the old mill grind a year?"
KEY = "test-key-1"


def small_rag(**options) -> Rag:
    return Rag.from_texts(TEXTS, [{"kind": "mill"}, {"kind": "shop"}, {}], embedder=HashingEmbedder(), **options)


@contextlib.contextmanager
def serving(app):
    """The address of a server that runs the app in a thread."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.005)
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


def client(rag=None, headers=None, **settings) -> httpx.AsyncClient:
    """A client of an app in this process, without a socket."""
    app = create_app(rag or small_rag(), Settings(**settings))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://rag", headers=headers)
