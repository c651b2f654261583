"""What every request passes (a name, a key, a rate, a size) and what it leaves: a line in the log and a count."""

import logging
import math
import re
import time
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any

from rag.serving.http.keys import Keys, Rate
from rag.serving.http.logs import request_id, safe_id
from rag.serving.http.metrics import Metrics
from rag.serving.http.problems import Problem, problem_response, route_path

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

JSON_BYTES = 1_000_000
DRAINED_BYTES = 20_000_000
_OPEN = ("/health", "/ready", "/openapi.json", "/widget.js", "/favicon.ico")
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_log = logging.getLogger(__name__)


class Gate:
    """ASGI middleware.

    hosts   names the server may be called by, None for any: a page on another site can make a browser call a local
            server by a name of its own (DNS rebinding), and the name in the request gives that away
    bulky   (method, path) of what may be larger than a question, and how many bytes it may have
    below   path of an app that has a gate of its own: it and what is below it pass, unlogged and uncounted; "" for none
    """

    def __init__(
        self,
        app: App,
        *,
        keys: Keys,
        rate: Rate,
        metrics: Metrics,
        hosts: Collection[str] | None = None,
        bulky: dict[tuple[str, str], int] | None = None,
        below: str = "",
    ) -> None:
        self._app = app
        self._keys = keys
        self._rate = rate
        self._metrics = metrics
        self._hosts = hosts
        self._bulky = bulky or {}
        self._below = below

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        if self._below and f"{route_path(scope)}/".startswith(f"{self._below}/"):
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        name = safe_id(headers.get(b"x-request-id", b""))
        token = request_id.set(name)
        began, reply = time.perf_counter(), _Reply(send, name)
        self._metrics.running.inc()
        caller = ""
        try:
            caller, refusal = self._admit(scope, headers)
            if refusal is None:
                size = self._bulky.get((scope["method"], route_path(scope)), JSON_BYTES)
                scope.setdefault("state", {})["caller"] = caller
                refusal = await self._serve(scope, _limited(receive, headers, size), reply)
            if refusal is not None and not reply.status:
                detail = str(refusal.detail)
                response = problem_response(refusal.status_code, detail, route_path(scope), refusal.headers)
                await response(scope, receive, reply)
        finally:
            self._metrics.running.dec()
            self._tell(scope, reply.status, time.perf_counter() - began, caller)
            request_id.reset(token)

    def _admit(self, scope: Scope, headers: dict[bytes, bytes]) -> tuple[str, Problem | None]:
        """Who calls, and why not."""
        host = re.sub(r":\d+$", "", headers.get(b"host", b"").decode("latin-1"))
        if self._hosts is not None and host not in self._hosts:
            return "", Problem(421, "this server does not go by that name")
        if not self._keys or route_path(scope) in _OPEN:
            return "", None
        caller = self._keys.caller(headers)
        # Who has no key may not guess one at any speed either.
        seconds = self._rate.wait(caller or f"address {(scope.get('client') or ('?',))[0]}")
        if seconds:
            wait = {"Retry-After": str(math.ceil(seconds))}
            return caller or "", Problem(429, "too many requests; wait, or raise RAG_RATE_LIMIT", headers=wait)
        if caller is None:
            challenge = {"WWW-Authenticate": 'Bearer realm="rag"'}
            return "", Problem(401, "an API key is needed: Authorization: Bearer KEY", headers=challenge)
        return caller, None

    async def _serve(self, scope: Scope, receive: Receive, reply: "_Reply") -> Problem | None:
        try:
            await self._app(scope, receive, reply)
        except Problem as problem:
            return problem
        except Exception:
            _log.exception("a request failed")
            return Problem(500, "the server made a mistake; its log has more under the request id")
        return None

    def _tell(self, scope: Scope, status: int, seconds: float, caller: str) -> None:
        route = getattr(scope.get("route"), "path", None) or "unmatched"
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.request(method, route, status, seconds)
        fields: dict[str, Any] = {"method": method, "route": route, "status": status, "seconds": round(seconds, 4)}
        _log.info("request", extra={"fields": fields | ({"caller": caller} if caller else {})})


class _Reply:
    """Passes a reply on under its request's id, and remembers its status: 0 as long as there is none."""

    def __init__(self, send: Send, name: str) -> None:
        self._send = send
        self._name = name.encode("ascii")
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message["headers"], (b"x-request-id", self._name), (b"x-content-type-options", b"nosniff")]
            if b"cache-control" not in dict(headers):
                headers.append((b"cache-control", b"no-store"))
            message = {**message, "headers": headers}
        await self._send(message)


def _limited(receive: Receive, headers: dict[bytes, bytes], most: int) -> Receive:
    """The body of a request, as long as it is not too large; what a header says of its size need not be so."""
    told = headers.get(b"content-length", b"")
    hopeless = told.isdigit() and (len(told) > 18 or int(told) > most + DRAINED_BYTES)
    seen = 0

    async def read() -> Message:
        nonlocal seen
        if hopeless:
            raise _too_large(most)
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            # Whoever still sends does not listen: what is not much too large is taken in, and forgotten.
            while message.get("more_body") and seen < most + DRAINED_BYTES:
                message = await receive()
                seen += len(message.get("body", b""))
            raise _too_large(most)
        return message

    return read


def _too_large(most: int) -> Problem:
    # What is left of the body will not be read, so the connection is of no more use.
    return Problem(413, f"the request is larger than {most:,} bytes", headers={"Connection": "close"})
