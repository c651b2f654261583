"""What the server answers, and to whom.

Gradio's server can do far more than this page needs (files, uploads, proxies, an open API); only what the page asks
for gets through here. The policy that goes with the page forbids the browser to load anything from elsewhere and to run
any script that did not come with it, so that a mistake in the escaping of a text would still do nothing. Whatever
changes something must come from the page itself: a page on another site can make a browser send to a local server, too.
"""

import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_ALLOWED = re.compile(
    r"/|/(upload|login|logout|login_check|config|theme\.css|favicon\.ico|manifest\.json)/?|/(assets|static|svelte)/.+"
    r"|/gradio_api/(queue/(join|data)|component_server|heartbeat/\w+|startup-events|cancel|reset|login_check|user)/?"
)
_MOST_BYTES = 1_000_000
_DRAINED_BYTES = 20_000_000
_SCRIPT = re.compile(rb"<script(?=[\s>])")
_POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)


class Guard:
    """ASGI middleware.

    hosts    names the server may be called by, None where any name may: a page on another site can make a browser call
             a local server under a name of its own (DNS rebinding), and the name in the request gives that away
    largest  bytes of a file that is sent to /upload; anything else is a question
    """

    def __init__(
        self, app: Callable[[Scope, Receive, Send], Awaitable[None]], hosts: frozenset[str] | None, largest: int
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        # Below where the page is mounted.
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if self._hosts is not None and re.sub(r":\d+$", "", host) not in self._hosts:
            await _refuse(send, 421, b"this server does not go by that name")
        elif not _ALLOWED.fullmatch(path):
            await _refuse(send, 404, b"not found")
        elif scope["method"] not in ("GET", "HEAD") and not _from_the_page(headers):
            await _refuse(send, 403, b"another site may not send to this server")
        elif _told(headers) > (most := self._largest if path == "/upload" else _MOST_BYTES):
            if _told(headers) <= most + _DRAINED_BYTES:
                # Whoever still sends does not listen: what is not much too large is taken in, and forgotten.
                while (await receive()).get("more_body"):
                    pass
            await _refuse(send, 413, b"the request is too large", [(b"connection", b"close")])
        else:
            await self._app(scope, _limited(receive, most), _Reply(send))


def _told(headers: dict[bytes, bytes]) -> int:
    told = headers.get(b"content-length", b"")
    return int(told[:18]) if told.isdigit() else 0


def _from_the_page(headers: dict[bytes, bytes]) -> bool:
    """Every browser of today says where a request comes from; a program that says nothing is no other site's page."""
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site in (b"same-origin", b"none")
    origin = headers.get(b"origin")
    if origin is None:
        return True
    # Behind a proxy the server's own name stands in another header.
    names = {headers.get(name, b"").decode("latin-1").lower() for name in (b"host", b"x-forwarded-host")}
    return urlsplit(origin.decode("latin-1").lower()).netloc in names - {""}


def _limited(receive: Receive, most: int) -> Receive:
    """The body as long as it is not too large; whoever sends more than was told is no more listened to."""
    seen = 0

    async def read() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        return {"type": "http.disconnect"} if seen > most else message

    return read


class _Reply:
    """Passes a reply on with the policy; the scripts of a page are marked as its own."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._nonce = secrets.token_urlsafe(16)
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [(name.lower(), value) for name, value in message["headers"]]
            headers += [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]
            headers.append((b"content-security-policy", _POLICY.format(nonce=self._nonce).encode()))
            message = {**message, "headers": headers}
            if dict(headers).get(b"content-type", b"").startswith(b"text/html"):
                self._start = message
                return
        elif self._start is not None:
            self._body += message.get("body", b"")
            if message.get("more_body"):
                return
            body = _SCRIPT.sub(f'<script nonce="{self._nonce}"'.encode(), self._body)
            headers = [(n, v) for n, v in self._start["headers"] if n != b"content-length"]
            headers.append((b"content-length", str(len(body)).encode()))
            await self._send({**self._start, "headers": headers})
            message = {**message, "body": body}
        await self._send(message)


async def _refuse(send: Send, status: int, line: bytes, more: Sequence[tuple[bytes, bytes]] = ()) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(line)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": line})
