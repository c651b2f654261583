"""POST /v1/search and /v1/ask."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header
from starlette.responses import Response, StreamingResponse

from rag.errors import RagError
from rag.plain import hit_dict
from rag.rag import Rag
from rag.serving.http.bodies import AskBody, SearchBody
from rag.serving.http.problems import Problem, of_rag_error, problem_dict
from rag.serving.http.replies import AnswerReply, SearchReply
from rag.serving.http.service import JsonResponse, Service, index_of, pieces, service

router = APIRouter(tags=["questions"])
EVENTS = "text/event-stream"
EVENT = {
    "type": "object",
    "description": "Each event of the stream.",
    "properties": {"event": {"type": "string"}, "data": {"type": "string", "description": "JSON"}},
    "required": ["data"],
}
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer. As events: `text` (`delta`, or `replace` where a model failed and what was shown "
        "is void), and last `answer`, the whole answer; or `error`, a problem.",
        "content": {EVENTS: {"schema": EVENT, "example": 'event: answer\ndata: {"question": "…"}\n\n'}},
    }
}


@router.post("/v1/search", summary="The passages likeliest to answer", response_model=SearchReply)
async def search(body: Annotated[SearchBody, Body()], service: Annotated[Service, Depends(service)]) -> Response:
    rag = service.rag().snapshot()
    hits = await service.find(
        service.work.quick,
        lambda: rag.search(body.question, body.k, documents=body.documents, filters=body.filters),
    )
    return JsonResponse({"hits": [hit_dict(hit, rag.documents) for hit in hits], "index": index_of(rag)})


@router.post(
    "/v1/ask", summary="An answer with citations, or that there is none", response_model=AnswerReply, responses=_STREAM
)
async def ask(
    body: Annotated[AskBody, Body()],
    service: Annotated[Service, Depends(service)],
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    rag = service.rag().snapshot()
    options = {**body.options(), "history": body.history}
    limiter = service.limiter(rag, body.llm)
    if EVENTS not in accept.lower():
        answer = await service.find(limiter, lambda: rag.ask(body.question, **options))
        return JsonResponse(service.answer(answer, rag))
    # Before the first byte, so that what is wrong with the question is still an error of the request.
    answers = await service.find(service.work.quick, lambda: rag.stream(body.question, **options))
    return StreamingResponse(_events(service, rag, service.work.iterate(limiter, answers)), media_type=EVENTS)


async def _events(service: Service, rag: Rag, answers: AsyncIterator[Any]) -> AsyncIterator[str]:
    shown, answer = "", None
    try:
        async for item in answers:
            if item is None:
                yield ": waiting\n\n"
                continue
            answer = item
            for words, anew in pieces(shown, answer.text):
                yield event("text", {"replace" if anew else "delta": words})
            shown = answer.text
        if answer is not None:
            yield event("answer", service.answer(answer, rag))
    except Exception as error:
        yield event("error", failed(error))


def failed(error: Exception) -> dict[str, Any]:
    """The problem of a stream that has begun and cannot be finished; a mistake of the program's is logged."""
    if isinstance(error, RagError):
        error = of_rag_error(error)
    if isinstance(error, Problem):
        return problem_dict(error.status_code, error.detail)
    import logging

    logging.getLogger(__name__).exception("a stream failed", exc_info=error)
    return problem_dict(500, "the server made a mistake; its log has more under the request id")


def event(name: str, data: dict[str, Any]) -> str:
    """A server-sent event."""
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
