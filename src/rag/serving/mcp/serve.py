"""Runs the MCP server on standard input and output, or over streamable HTTP. The SDK is imported when it runs."""

import contextlib
import importlib.util
import logging
import os
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from rag.errors import RagError
from rag.rag import Rag
from rag.settings import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_log = logging.getLogger(__name__)


def serve_stdio(load: Callable[[], Rag]) -> None:
    """Serves until the input ends. `load` runs behind, so that an agent's first words are answered at once."""
    _require_sdk()
    import anyio
    from mcp.server.stdio import stdio_server

    from rag.serving.mcp.server import build

    server = build(_loading(load).result)
    # What any library prints would be taken for a message, so all but the messages goes to standard error.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    async def run() -> None:
        async with stdio_server(stdout=anyio.wrap_file(out)) as (received, sent):
            await server.run(received, sent, server.create_initialization_options())

    anyio.run(run)


def serve_http(load: Callable[[], Rag], host: str, port: int, settings: Settings) -> None:
    """Serves `/mcp` until Ctrl+C, to the same callers as `rag serve`. Raises BadSetting, BadServer."""
    _require_sdk()
    import uvicorn

    from rag.serving.http import logs
    from rag.serving.http.keys import Keys
    from rag.serving.http.serve import bind, check_address, few_arenas

    hosts = check_address(host, port, bool(Keys(settings.api_keys)), "rag mcp")
    few_arenas()
    bound = bind(host, port)
    logs.install()
    app = http_app(_loading(load).result, settings, hosts)
    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=5)
    with bound, contextlib.suppress(KeyboardInterrupt):
        _log.info("serving MCP", extra={"fields": {"host": host, "port": bound.getsockname()[1], "path": "/mcp"}})
        uvicorn.Server(config).run(sockets=[bound])


def http_app(rag: Callable[[], Rag], settings: Settings, hosts: frozenset[str] | None) -> "ASGIApp":
    """The ASGI app behind `serve_http`, with the keys, limits and logs of the REST server."""
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
    from starlette.applications import Starlette
    from starlette.routing import Route

    from rag.serving.http.gate import Gate
    from rag.serving.http.keys import Keys, Rate
    from rag.serving.http.metrics import Metrics
    from rag.serving.mcp.server import build

    # Without sessions nothing piles up, and any number of processes can stand behind one address.
    manager = StreamableHTTPSessionManager(build(rag), stateless=True)

    class Endpoint:
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await manager.handle_request(scope, receive, send)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with manager.run():
            yield

    app = Starlette(routes=[Route("/mcp", Endpoint(), methods=["GET", "POST", "DELETE"])], lifespan=lifespan)
    return Gate(app, keys=Keys(settings.api_keys), rate=Rate(settings.rate_limit), metrics=Metrics(), hosts=hosts)


def _require_sdk() -> None:
    if importlib.util.find_spec("mcp") is None:
        raise RagError("MCP needs a package that is not installed; install it: pip install 'cited-rag[mcp]'")


def _loading(load: Callable[[], Rag]) -> "Future[Rag]":
    loaded: Future[Rag] = Future()

    def run() -> None:
        try:
            rag = load()
            rag.warm()
            rag.watch()
        except BaseException as error:
            _log.error("the index cannot be used: %s", error if isinstance(error, RagError) else type(error).__name__)
            loaded.set_exception(error)
            return
        loaded.set_result(rag)

    threading.Thread(target=run, name="load", daemon=True).start()
    return loaded
