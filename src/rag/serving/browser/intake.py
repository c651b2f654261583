"""Where the page sends files: POST upload?name=NAME with the file as the body → {"job": ID}."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from rag.serving.browser.uploads import FullError
from rag.serving.http.documents import clean_name

if TYPE_CHECKING:
    from rag.serving.browser.uploads import Uploads

PATH = "/upload"
_SECONDS = 600


def upload_route(uploads: Uploads | None, max_mb: float) -> Route:
    """The route; None for `uploads` refuses every file. A refusal is {"refused": REASON}."""

    async def upload(request: Request) -> Response:
        if not _may(request):
            return _refusal(401, "login")
        if uploads is None:
            return _refusal(403, "readOnly")
        name = clean_name(request.query_params.get("name", ""))
        told = request.headers.get("content-length", "")
        if not name or not told.isdigit():
            return _refusal(400, "incomplete")
        size = int(told[:18])
        if size > max_mb * 1_000_000:
            return _refusal(413, "tooLarge")
        try:
            uploads.reserve(size)
        except FullError:
            return _refusal(503, "full", {"Retry-After": "1"})
        try:
            async with asyncio.timeout(_SECONDS):
                data = await request.body()
        except (ClientDisconnect, TimeoutError):
            uploads.give_back(size)
            return _refusal(400, "incomplete")
        except BaseException:
            uploads.give_back(size)
            raise
        if len(data) != size:
            uploads.give_back(size)
            return _refusal(400, "incomplete")
        return JSONResponse({"job": uploads.add(name, data).id}, 202)

    return Route(PATH, upload, methods=["POST"])


def _may(request: Request) -> bool:
    """Whether nobody needs to log in, or who sends this has: the framework keeps log-ins in a cookie."""
    app: Any = request.app
    if app.auth is None and app.auth_dependency is None:
        return True
    cookies = request.cookies
    token = cookies.get(f"access-token-{app.cookie_id}") or cookies.get(f"access-token-unsecure-{app.cookie_id}")
    return token is not None and app.tokens.get(token) is not None


def _refusal(status: int, reason: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"refused": reason}, status, headers)
