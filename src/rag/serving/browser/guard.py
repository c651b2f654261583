"""What the server answers, and to whom.

Gradio's server can do far more than this page needs (files, uploads, proxies, an open API); only what the page asks
for gets through here. The policy that goes with the page forbids the browser to load anything from elsewhere and to run
any script that did not come with it, so that a mistake in the escaping of a text would still do nothing.
"""

import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_ALLOWED = re.compile(
    r"/|/(login|logout|login_check|config|theme\.css|favicon\.ico|manifest\.json)/?|/(assets|static|svelte)/.+"
    r"|/gradio_api/(queue/(join|data)|component_server|heartbeat/\w+|startup-events|cancel|reset|login_check|user)/?"
)
_SCRIPT = re.compile(rb"<script(?=[\s>])")
_POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)


class Guard:
    """ASGI middleware. `hosts` are the names the server may be called by, None where any name may.

    A page on another site can make a browser call a local server under a name of its own (DNS rebinding); the name in
    the request gives that away.
    """

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]], hosts: frozenset[str] | None) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        if self._hosts is not None and re.sub(r":\d+$", "", host) not in self._hosts:
            await _refuse(send, 421, b"this server does not go by that name")
        elif not _ALLOWED.fullmatch(scope["path"]):
            await _refuse(send, 404, b"not found")
        else:
            await self._app(scope, receive, _Reply(send))


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


async def _refuse(send: Send, status: int, line: bytes) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(line)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": line})
