"""Starts the browser chat and keeps it going until it is interrupted."""

from __future__ import annotations

import ipaddress
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rag.errors import BadSetting, RagError
from rag.serving.browser import views
from rag.serving.browser.guard import Guard
from rag.serving.browser.intake import upload_route
from rag.serving.browser.page import build
from rag.serving.browser.places import Places
from rag.serving.browser.shelf import Shelf
from rag.serving.browser.uploads import Uploads
from rag.serving.browser.warm import Warm

if TYPE_CHECKING:
    import gradio as gr

    from rag.rag import Rag

# System fonts only: nothing is fetched. Each platform's own Chinese face comes before the generic ones.
FONTS = (
    "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei",
    "Noto Sans CJK SC", "Source Han Sans SC", "system-ui", "sans-serif",
)  # fmt: skip
MONO_FONTS = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


class BadServer(RagError):
    """The address cannot be served."""


def serve(
    load: Callable[[], Rag],
    host: str,
    port: int,
    users: str = "",
    places: Places | None = None,
    *,
    read_only: bool = False,
    max_file_mb: float = 40.0,
) -> None:
    """Serves the chat until Ctrl+C. `load` is called in the background while the page is already there.

    users        "name:password,name:password": who may log in; needed where `host` is not this machine alone
    read_only    whether nobody can add or remove documents
    max_file_mb  largest file that can be added
    Raises BadSetting, BadServer, and what `load` raises.
    """
    page, warm = start(load, host, port, users, places, read_only=read_only, max_file_mb=max_file_mb)
    try:
        print(f"The chat is at {page.local_url} (Ctrl+C stops it).", flush=True)
        warm.rag()
        print("The model is warm.", flush=True)
        threading.Event().wait()
    except KeyboardInterrupt:
        print()
    finally:
        page.close(verbose=False)


def start(
    load: Callable[[], Rag],
    host: str,
    port: int,
    users: str = "",
    places: Places | None = None,
    *,
    read_only: bool = False,
    max_file_mb: float = 40.0,
) -> tuple[gr.Blocks, Warm]:
    """The running server and what it waits for. Errors as for `serve`, but for those of `load`."""
    logins = parse_users(users)
    if not 0 < port < 65536:
        raise BadSetting(f"there is no port {port}; the usual one is --port 7860")
    if not is_loopback(host) and not logins:
        raise BadSetting(
            f"--host {host} would show the documents to the whole network; set RAG_UI_USERS=name:password,… "
            "for a log-in, or leave --host out"
        )
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    import gradio as gr
    from starlette.middleware import Middleware

    warm = Warm(load)
    uploads = None if read_only else Uploads(warm.rag, max_file_mb, warm.renew)
    page = build(warm, places or Places(), Shelf(warm, uploads, max_file_mb))
    page.queue(api_open=False, max_size=256)
    # With a log-in a stranger's page gains nothing by calling the server by another name, and a proxy may do so.
    hosts = None if logins else frozenset({"127.0.0.1", "localhost", "[::1]", host})
    try:
        page.launch(
            server_name=host,
            server_port=port,
            auth=logins or None,
            share=False,
            quiet=True,
            prevent_thread_lock=True,
            footer_links=[],
            run_history=False,
            enable_monitoring=False,
            ssr_mode=False,
            num_workers=0,
            pwa=False,
            app_kwargs={
                "middleware": [Middleware(Guard, hosts=hosts, largest=int(max_file_mb * 1_000_000))],
                "routes": [upload_route(uploads, max_file_mb)],
            },
            theme=gr.themes.Base(font=list(FONTS), font_mono=list(MONO_FONTS)),
            css=views.style(),
        )
    except OSError as error:
        raise BadServer(f"cannot serve on {host}:{port} ({_reason(error)}); try another: --port {port + 1}") from error
    return page, warm


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server bound to the name or address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def parse_users(users: str) -> list[tuple[str, str]]:
    """Names and passwords of "name:password,…". Raises BadSetting, which does not repeat a password."""
    pairs: list[tuple[str, str]] = []
    for n, entry in enumerate(filter(None, (entry.strip() for entry in users.split(","))), 1):
        name, _, password = entry.partition(":")
        if not name or not password:
            raise BadSetting(f"entry {n} of RAG_UI_USERS is not name:password")
        pairs.append((name, password))
    return pairs


def _reason(error: OSError) -> Any:
    return "the port is taken" if "empty port" in str(error) else error.strerror or error
