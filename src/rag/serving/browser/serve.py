"""Starts the browser chat and keeps it going until it is interrupted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rag.errors import BadSetting
from rag.serving.browser.offer import Offer, assembled
from rag.serving.browser.warm import Warm
from rag.serving.http.serve import BadServer, is_loopback, one_thread_each

if TYPE_CHECKING:
    import gradio as gr

    from rag.rag import Rag


def serve(load: Callable[[], Rag], host: str, port: int, offer: Offer | None = None) -> None:
    """Serves the chat until Ctrl+C. `load` is called in the background while the page is already there.

    Raises BadSetting, BadServer, and what `load` raises.
    """
    one_thread_each()
    page, warm = start(load, host, port, offer)
    try:
        print(f"The chat is at {page.local_url} (Ctrl+C stops it).", flush=True)
        warm.rag()
        print("The model is warm.", flush=True)
        threading.Event().wait()
    except KeyboardInterrupt:
        print()
    finally:
        page.close(verbose=False)


def start(load: Callable[[], Rag], host: str, port: int, offer: Offer | None = None) -> tuple[gr.Blocks, Warm]:
    """The running server and what it waits for. Errors as for `serve`, but for those of `load`."""
    offer = offer or Offer()
    logins = offer.logins
    if not 0 < port < 65536:
        raise BadSetting(f"there is no port {port}; the usual one is --port 7860")
    if not is_loopback(host) and not logins:
        raise BadSetting(
            f"--host {host} would show the documents to the whole network; set RAG_UI_USERS=name:password,… "
            "for a log-in, or leave --host out"
        )
    # With a log-in a stranger's page gains nothing by calling the server by another name, and a proxy may do so.
    hosts = None if logins else frozenset({"127.0.0.1", "localhost", "[::1]", host})
    page, warm, options = assembled(load, offer, hosts)
    try:
        page.launch(
            server_name=host,
            server_port=port,
            share=False,
            quiet=True,
            prevent_thread_lock=True,
            num_workers=0,
            **options,
        )
    except OSError as error:
        raise BadServer(f"cannot serve on {host}:{port} ({_reason(error)}); try another: --port {port + 1}") from error
    return page, warm


def _reason(error: OSError) -> Any:
    return "the port is taken" if "empty port" in str(error) else error.strerror or error
