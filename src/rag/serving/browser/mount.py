"""The browser chat below a path of another app."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount

from rag.serving.browser.offer import Offer, assembled

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Receive, Scope, Send

    from rag.rag import Rag


def mount(
    app: FastAPI, path: str, load: Callable[[], Rag], offer: Offer, hosts: frozenset[str] | None
) -> Callable[[], None]:
    """Puts the chat at `path`/ ("/chat"). `load` is called in a thread of its own and may wait.

    hosts  names the server may be called by, None for any
    Returns what ends the connections that open pages keep, so that a server that stops need not wait for them.
    Raises BadSetting.
    """
    page, _, options = assembled(load, offer, hosts)
    import gradio as gr

    _lead(app, path, f"{path}/")
    # Browsers ask for it there, wherever the page is.
    _lead(app, "/favicon.ico", f"{path}/favicon.ico")
    gr.mount_gradio_app(app, page, path, show_error=False, **options)
    (mounted,) = (route for route in app.routes if isinstance(route, Mount) and route.path == path)
    end = cast("Callable[[], None]", mounted.app.stop_event.set)  # type: ignore[attr-defined]
    mounted.app = _Awake(mounted.app, page)
    return end


def _lead(app: FastAPI, path: str, target: str) -> None:
    def lead() -> Response:
        # Relative, as the app may itself be mounted somewhere.
        return RedirectResponse(target.lstrip("/"))

    app.add_api_route(path, lead, include_in_schema=False)


class _Awake:
    """Starts the page's queue with the first request: an app in an app in an app is not told when the server starts."""

    def __init__(self, app: ASGIApp, page: Any) -> None:
        self._app = app
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._page.is_running:
            self._page.run_startup_events()
            await self._page.run_extra_startup_events()
        await self._app(scope, receive, send)
