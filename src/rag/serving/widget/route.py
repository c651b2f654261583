"""GET /widget.js: for anybody, since a page's script brings no key."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Header
from starlette.responses import Response

from rag.serving.widget.script import script

router = APIRouter(include_in_schema=False)


@router.get("/widget.js")
def widget(if_none_match: Annotated[str, Header()] = "") -> Response:
    body = script()
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    headers = {
        "ETag": tag,
        "Cache-Control": "public, max-age=300",
        "Cross-Origin-Resource-Policy": "cross-origin",  # pages that ask for isolation load nothing without it
    }
    if tag in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="text/javascript")
