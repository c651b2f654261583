"""A `Rag` → a FastAPI app with REST and OpenAI-compatible routes."""

import importlib.metadata
from collections.abc import Callable, Collection
from concurrent.futures import Future
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from rag.errors import BadSetting
from rag.rag import Rag
from rag.serving.http import documents, operations, problems, questions
from rag.serving.http.bodies import TextBody
from rag.serving.http.gate import JSON_BYTES, Gate
from rag.serving.http.keys import Rate
from rag.serving.http.replies import ProblemReply
from rag.serving.http.service import Service
from rag.serving.openai import routes as openai
from rag.serving.widget import route as widget
from rag.settings import Settings

CHAT = "/chat"
_ERRORS = {
    400: "Not readable",
    401: "No API key, or a wrong one",
    403: "Not allowed without an API key",
    404: "Not there",
    413: "Too large",
    415: "Of another type",
    421: "Called by a name the server does not go by",
    422: "Understood, and wrong",
    429: "Too often",
    500: "A mistake of the server",
    503: "Not ready, or too busy",
}


def create_app(
    rag: Rag | Future[Rag],
    settings: Settings | None = None,
    *,
    hosts: Collection[str] | None = None,
    chat: bool = False,
    read_only: bool = False,
) -> FastAPI:
    """The app: run it, or mount it in your own (`app.mount("/rag", create_app(rag))`).

    rag       what answers; a future while it is being loaded: until it is there, /ready and questions get a 503
    settings  API keys, CORS, limits; `Settings.from_environment()` by default
    hosts     names the server may be called by, None for any
    chat      whether the browser chat is served at /chat/, to those of RAG_UI_USERS: API keys are for programs;
              with `read_only` nobody can add or remove documents in it

    Without API keys whoever reaches the app may read: `rag serve` binds that to this machine, and so should you.
    Raises BadSetting.
    """
    settings = settings or Settings.from_environment()
    service = Service(rag, settings)
    if chat and service.keys and not settings.ui_users:
        raise BadSetting(
            "with RAG_API_KEYS the chat would show anybody what programs need a key for; "
            "set RAG_UI_USERS=name:password,… for a log-in"
        )
    app = FastAPI(
        title="rag",
        version=_version(),
        description="Answers from your own documents, each sentence cited to the characters of its source.",
        # The pages that show an OpenAPI description fetch scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses={status: _problem(text) for status, text in _ERRORS.items()},
    )
    app.state.service = service
    app.state.end_streams = lambda: None
    routers = (questions.router, documents.router, openai.router, widget.router, operations.router)
    problems.install(app, [route for router in routers for route in router.routes])
    for router in routers:
        app.include_router(router)
    upload = int(settings.max_file_mb * 1_000_000) + JSON_BYTES
    app.add_middleware(
        Gate,
        keys=service.keys,
        rate=Rate(settings.rate_limit),
        metrics=service.metrics,
        hosts=hosts,
        bulky={("POST", "/v1/documents"): upload},
        below=CHAT if chat else "",
    )
    if chat:
        app.state.end_streams = _chat(app, rag, settings, hosts, read_only)
    origins = _origins(settings, bool(service.keys))
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["*"],
            expose_headers=["X-Request-ID", "Retry-After"],
        )
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _chat(
    app: FastAPI, rag: Rag | Future[Rag], settings: Settings, hosts: Collection[str] | None, read_only: bool
) -> Callable[[], None]:
    from rag.serving.browser.mount import mount
    from rag.serving.browser.offer import Offer

    def load() -> Rag:
        return rag if isinstance(rag, Rag) else rag.result()

    offer = Offer.of(settings, read_only=read_only)
    return mount(app, CHAT, load, offer, None if hosts is None else frozenset(hosts))


def _origins(settings: Settings, keys: bool) -> list[str]:
    origins = [origin.strip().rstrip("/") for origin in settings.cors.split(",") if origin.strip()]
    for origin in origins:
        if origin == "*" and not keys:
            raise BadSetting("RAG_CORS=* would let any page read the documents; set RAG_API_KEYS, or name the origins")
        parts = urlsplit(origin)
        if origin != "*" and (parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query):
            raise BadSetting(f"RAG_CORS has {origin!r}, which is no origin; one is like https://www.example.com")
    return origins


def _problem(text: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ProblemReply"}
    return {"description": text, "content": {problems.PROBLEM: {"schema": schema}}}


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The description, with what FastAPI cannot know: the schemas of errors and of hand-read bodies, and the keys."""
    if app.openapi_schema is None:
        description = FastAPI.openapi(app)
        components = description.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        for model in (ProblemReply, TextBody):
            schemas[model.__name__] = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.pop("HTTPValidationError", None)
        schemas.pop("ValidationError", None)
        components["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer", "description": "One of RAG_API_KEYS"},
            "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        }
        # The last, empty one: a server without keys asks for none.
        description["security"] = [{"bearer": []}, {"header": []}, {}]
    assert app.openapi_schema is not None
    return app.openapi_schema


def _version() -> str:
    try:
        return importlib.metadata.version("cited-rag")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
