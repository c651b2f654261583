"""Every error as `application/problem+json` (RFC 9457): what was wrong with the request, never what was in it."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from rag.errors import BadDocument, BadIndex, BadModel, BadSetting, RagError

PROBLEM = "application/problem+json"
OPENAI_PATHS = ("/v1/chat/completions", "/v1/models", "/v1/embeddings")
_STATUS: tuple[tuple[type[RagError], int], ...] = (
    (BadSetting, 422),
    (BadDocument, 422),
    (BadIndex, 503),
    (BadModel, 503),
)


class Problem(HTTPException):
    """An error with more to say than its status; `extra` are members of the problem beside the standard ones."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.extra = dict(extra or {})


def problem_dict(status: int, detail: str, path: str = "", extra: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The members of a problem. OpenAI's clients look for theirs under `error`, so their paths have both."""
    members = {"type": "about:blank", "title": _title(status), "status": status, "detail": detail, **(extra or {})}
    if path.startswith(OPENAI_PATHS):
        kind = "server_error" if status >= 500 else "invalid_request_error"
        members["error"] = {"message": detail, "type": kind, "param": None, "code": (extra or {}).get("code")}
    return members


def problem_response(
    status: int,
    detail: str,
    path: str = "",
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Response:
    """A problem as a response."""
    body = json.dumps(problem_dict(status, detail, path, extra)).encode("ascii")
    return Response(body, status, dict(headers or {}), PROBLEM)


def of_rag_error(error: RagError, status: int | None = None) -> Problem:
    """What a RagError is to a caller. What only the server's owner can mend is in the log, not in the reply."""
    status = status or next((status for kind, status in _STATUS if isinstance(error, kind)), 422)
    if status >= 500:
        return Problem(status, "the index cannot be used now; the log of the server says why")
    return Problem(status, str(error).encode("utf-8", "replace").decode("utf-8"))


def install(app: FastAPI, routes: Sequence[BaseRoute]) -> None:
    """Have the app, which has these routes, answer each error with a problem."""

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        extra = error.extra if isinstance(error, Problem) else {}
        path = route_path(request.scope)
        # The error knows the first route of the path only, and a path may have several.
        own = _allowed(routes, path) if error.status_code == 405 else ""
        # Where it is none of ours the framework names the methods, in any order.
        named = own or ", ".join(sorted((error.headers or {}).get("Allow", "").replace(" ", "").split(",")))
        headers = {"Allow": named} if named else error.headers
        return problem_response(error.status_code, str(error.detail), path, headers, extra)

    @app.exception_handler(RequestValidationError)
    async def validation(request: Request, error: RequestValidationError) -> Response:
        errors = _places(error.errors())
        detail = "; ".join(f"{each['pointer']}: {each['detail']}" for each in errors[:5])
        return problem_response(422, detail, route_path(request.scope), extra={"errors": errors})

    @app.exception_handler(RagError)
    async def rag_error(request: Request, error: RagError) -> Response:
        problem = of_rag_error(error)
        return problem_response(problem.status_code, problem.detail, route_path(request.scope))


def route_path(scope: Mapping[str, Any]) -> str:
    """The path below where the app is mounted."""
    return str(scope["path"]).removeprefix(str(scope.get("root_path", "")))


def _allowed(routes: Sequence[BaseRoute], path: str) -> str:
    own = [r for r in routes if isinstance(r, Route) and r.path_regex.match(path)]
    return ", ".join(sorted({method for route in own for method in route.methods or ()}))


def _places(errors: Sequence[Any]) -> list[dict[str, str]]:
    """Where and what, without the value: it may be a question, a document, or no Unicode."""
    found = []
    for error in errors[:50]:
        where, *parts = error["loc"]
        pointer = "/".join([f"#{where}" if where != "body" else "#", *map(str, parts)])
        found.append({"pointer": _ascii(pointer)[:200], "detail": _ascii(str(error["msg"]))[:300]})
    return found


def _ascii(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
