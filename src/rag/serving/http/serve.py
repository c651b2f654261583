"""Runs the app with uvicorn: listening at once, loading behind, ending with the loading where that fails."""

import contextlib
import ctypes
import ipaddress
import os
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from rag.errors import BadSetting, RagError
from rag.rag import Rag
from rag.settings import Settings


class BadServer(RagError):
    """The address cannot be served."""


def serve(
    load: Callable[[], Rag], host: str, port: int, settings: Settings, *, chat: bool = False, read_only: bool = False
) -> None:
    """Serves until Ctrl+C or SIGTERM; then what is being answered is answered to the end.

    `chat` and `read_only` as for `create_app`.
    Raises BadSetting, BadServer, and what `load` raises.
    """
    import logging

    import uvicorn

    from rag.serving.http import logs
    from rag.serving.http.app import CHAT, create_app
    from rag.serving.http.keys import Keys

    began = time.perf_counter()
    log = logging.getLogger(__name__)
    hosts = check_address(host, port, bool(Keys(settings.api_keys)), "rag serve")
    few_arenas()
    one_thread_each()
    bound = bind(host, port)
    logs.install()
    loading: Future[Rag] = Future()
    app = create_app(loading, settings, hosts=hosts, chat=chat, read_only=read_only)
    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=30)

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            app.state.end_streams()
            await super().shutdown(sockets)

    server = Server(config)

    def run() -> None:
        try:
            rag = load()
            rag.warm()
            rag.watch()
        except BaseException as error:
            loading.set_exception(error)
            server.should_exit = True
            return
        loading.set_result(rag)
        seconds = round(time.perf_counter() - began, 2)
        fields = {"host": host, "port": bound.getsockname()[1], "seconds": seconds} | ({"chat": CHAT} if chat else {})
        log.info("ready", extra={"fields": fields | {"documents": len(rag.documents), "passages": len(rag.passages)}})

    threading.Thread(target=run, name="load", daemon=True).start()
    with bound, contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[bound])
    if loading.done():
        loading.result()


def few_arenas() -> None:
    """Have the C library give memory to all threads from two places, where it is glibc; before there are threads.

    By default each thread that ever computed keeps what it freed. Measured with 50 who ask for 100 s, after the first
    10 s: 1,390 to 1,475 MB by default, 1,379 to 1,397 MB so.
    """
    arena_max = -8  # M_ARENA_MAX of malloc.h
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(arena_max, 2)


def one_thread_each() -> None:
    """Have each question computed by one thread, where nobody says otherwise; before the numerical libraries load.

    Several questions are answered at once, and threads that share one wait for each other. Measured with 20 who ask on
    two processors: 95 % within 3.5 s with two threads each, within 2.2 s with one; alone 0.15 and 0.13 s.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def check_address(host: str, port: int, keys: bool, command: str) -> frozenset[str] | None:
    """The names the server may be called by, None for any. Raises BadSetting for an address that must not be served."""
    if not 0 <= port < 65536:
        raise BadSetting(f"there is no port {port}; give one from 1 to 65535")
    if keys:
        return None
    if not is_loopback(host):
        raise BadSetting(
            f"--host {host} would show the documents to the whole network; set RAG_API_KEYS=key,… so that "
            f"{command} asks for one, or leave --host out"
        )
    return frozenset({"127.0.0.1", "localhost", "[::1]", host})


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises BadServer."""
    try:
        family, *_, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, socket.SOCK_STREAM)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            bound.listen(1024)  # who comes before the server runs waits for it
        except OSError:
            bound.close()
            raise
        return bound
    except OSError as error:
        raise BadServer(f"cannot serve on {host}:{port} ({error.strerror or error}); try another --port") from error


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server bound to the name or address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
