"""POST /v1/chat/completions and /v1/embeddings, GET /v1/models."""

import base64
import json
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends
from fastapi import Path as InPath
from starlette.responses import Response, StreamingResponse

from rag.errors import BadSetting
from rag.rag import Rag
from rag.records import Answer
from rag.serving.http.problems import Problem
from rag.serving.http.questions import EVENT, EVENTS, failed
from rag.serving.http.service import JsonResponse, Service, pieces, service
from rag.serving.openai.bodies import ChatBody, ChatMessage, EmbeddingsBody, Json
from rag.serving.openai.replies import CompletionReply, EmbeddingsReply, ModelReply, ModelsReply

router = APIRouter(tags=["OpenAI"])
MODEL = "rag"
_QUESTION_CHARS = 10_000
_HISTORY = 50
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The completion, or its chunks; the last with a choice has `citations` in its delta, and `rag`.",
        "content": {EVENTS: {"schema": EVENT, "example": "data: [DONE]\n\n"}},
    }
}


@router.post(
    "/v1/chat/completions", summary="An answer as a chat completion", response_model=CompletionReply, responses=_STREAM
)
async def chat(body: Annotated[ChatBody, Body()], service: Annotated[Service, Depends(service)]) -> Response:
    rag = service.rag().snapshot()
    _known(body.model, [MODEL])
    question, history = asked(body.messages)
    options = {**body.options(), "history": history}
    head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": MODEL}
    prompt = " ".join(message.text() for message in body.messages)
    limiter = service.limiter(rag, body.llm)
    if not body.stream:
        answer = await service.find(limiter, lambda: rag.ask(question, **options))
        whole = service.answer(answer, rag)
        message = {"role": "assistant", "content": answer.text, "refusal": None, "citations": whole["citations"]}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        usage = _usage(rag, prompt, answer.text)
        return JsonResponse({**head, "object": "chat.completion", "choices": [choice], "usage": usage, "rag": whole})
    answers = await service.find(service.work.quick, lambda: rag.stream(question, **options))
    usage_wanted = body.stream_options is not None and bool(body.stream_options.include_usage)
    growing = service.work.iterate(limiter, answers)
    chunks = _chunks(
        service, rag, growing, {**head, "object": "chat.completion.chunk"}, prompt if usage_wanted else None
    )
    return StreamingResponse(chunks, media_type=EVENTS)


@router.get("/v1/models", summary="Names for `model`", response_model=ModelsReply)
async def models(service: Annotated[Service, Depends(service)]) -> Response:
    return JsonResponse({"object": "list", "data": _models(service.rag())})


@router.get("/v1/models/{model:path}", summary="One of the models", response_model=ModelReply)
async def model(
    model: Annotated[str, InPath(max_length=200)], service: Annotated[Service, Depends(service)]
) -> Response:
    known = _models(service.rag())
    _known(model, [each["id"] for each in known])
    return JsonResponse(next(each for each in known if each["id"] == model))


@router.post("/v1/embeddings", summary="Vectors of the index's model", response_model=EmbeddingsReply)
async def embeddings(
    body: Annotated[EmbeddingsBody, Body()], service: Annotated[Service, Depends(service)]
) -> Response:
    embedder = service.rag().embedder
    _known(body.model, [embedder.name])
    if body.dimensions not in (None, embedder.dimension):
        raise Problem(422, f"#/dimensions: the model has {embedder.dimension}")
    texts = [body.input] if isinstance(body.input, str) else body.input

    def embed() -> tuple[Any, int]:
        counts = embedder.count_tokens(texts)
        for n, count in enumerate(counts):
            if count > embedder.max_tokens:
                raise BadSetting(f"#/input/{n}: {count} tokens, the model reads at most {embedder.max_tokens}")
        return (embedder.embed_questions if body.input_type == "query" else embedder.embed_passages)(texts), sum(counts)

    vectors, tokens = await service.work.run(service.work.embedding, embed)
    data = [
        {"object": "embedding", "index": n, "embedding": _encoded(vector, body.encoding_format)}
        for n, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return JsonResponse({"object": "list", "data": data, "model": embedder.name, "usage": usage})


def asked(messages: Sequence[ChatMessage]) -> tuple[str, list[str]]:
    """The question, which is the last thing the user said, and the questions before it."""
    said = [text for message in messages if message.role == "user" and (text := message.text().strip())]
    if not said:
        raise Problem(422, "#/messages: no message of the role user has a text")
    if len(said[-1]) > _QUESTION_CHARS:
        raise Problem(422, f"#/messages: the question is longer than {_QUESTION_CHARS} characters")
    return said[-1], [text[:_QUESTION_CHARS] for text in said[-1 - _HISTORY : -1]]


async def _chunks(
    service: Service, rag: Rag, answers: AsyncIterator[Answer | None], head: Json, prompt: str | None
) -> AsyncIterator[str]:
    def chunk(delta: Json, finish: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return _data({**head, "choices": [choice], **more})

    shown, answer = "", None
    try:
        yield chunk({"role": "assistant", "content": ""})
        async for item in answers:
            if item is None:
                yield ": waiting\n\n"
                continue
            answer = item
            for words, anew in pieces(shown, answer.text):
                # Nothing can be taken back: what takes the place of a failed model's words begins below them.
                yield chunk({"content": f"\n\n{words}" if anew else words})
            shown = answer.text
        assert answer is not None
        whole = service.answer(answer, rag)
        yield chunk({"citations": whole["citations"]}, "stop", rag=whole)
        if prompt is not None:
            yield _data({**head, "choices": [], "usage": _usage(rag, prompt, answer.text)})
    except Exception as error:
        problem = failed(error)
        yield _data({"error": {"message": problem["detail"], "type": "server_error", "code": problem["status"]}})
    yield "data: [DONE]\n\n"


def _models(rag: Rag) -> list[Json]:
    created = int(datetime.fromisoformat(rag.index.manifest.created).timestamp())
    return [{"id": id_, "object": "model", "created": created, "owned_by": "rag"} for id_ in (MODEL, rag.embedder.name)]


def _known(model: str, names: Sequence[str]) -> None:
    if model not in names:
        raise Problem(404, f"there is no such model here; it is {names[0]!r}", extra={"code": "model_not_found"})


def _usage(rag: Rag, prompt: str, reply: str) -> Json:
    asked, answered = rag.embedder.count_tokens([prompt, reply])
    return {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}


def _encoded(vector: Any, encoding: str) -> list[float] | str:
    if encoding == "base64":
        return base64.b64encode(vector.astype("<f4").tobytes()).decode("ascii")
    return [float(value) for value in vector]


def _data(content: Json) -> str:
    return f"data: {json.dumps(content)}\n\n"
