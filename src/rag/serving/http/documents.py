"""/v1/documents: what is indexed; with a key also what comes and goes."""

import json
from pathlib import PurePosixPath
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi import Path as InPath
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import UploadFile
from starlette.responses import PlainTextResponse, Response

from rag.given import text_name
from rag.index.contents import Index
from rag.plain import document_dicts, index_dict
from rag.rag import Rag
from rag.records import Document
from rag.serving.http.bodies import Metadata, TextBody
from rag.serving.http.problems import Problem
from rag.serving.http.replies import AddedReply, DocumentsReply, WholeDocumentReply
from rag.serving.http.service import JsonResponse, Service, folder, service

router = APIRouter(tags=["documents"])
Id = Annotated[str, InPath(description="A document's id.", max_length=200)]
_FIELDS: TypeAdapter[dict[str, str]] = TypeAdapter(Metadata)
_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/TextBody"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "additionalProperties": False,
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "Its name says what it is."},
                        "metadata": {"type": "string", "description": 'A JSON object: {"year": "2024"}'},
                    },
                }
            },
        },
    }
}


def writing(service: Annotated[Service, Depends(service)]) -> Service:
    """The service, where documents may be changed: to whom nobody gave a key, nobody meant to give that."""
    if not service.keys:
        raise Problem(
            403, "documents cannot be changed: the server has no API key; set RAG_API_KEYS and start it again"
        )
    return service


@router.get("/v1/documents", summary="What is indexed", response_model=DocumentsReply)
def list_documents(
    service: Annotated[Service, Depends(service)],
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> Response:
    rows = document_dicts(service.rag().index)
    return JsonResponse({"documents": rows[offset : offset + limit], "total": len(rows)})


@router.get(
    "/v1/documents/{id}",
    summary="A document's clean text",
    response_model=WholeDocumentReply,
    responses={200: {"description": "Also as text/plain.", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def read_document(
    id: Id,
    service: Annotated[Service, Depends(service)],
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    rag = service.rag().snapshot()
    document = _document(rag, id)
    if accept.lower().startswith("text/plain"):
        return PlainTextResponse(document.text.encode("utf-8", "replace"))
    headings = [{"start": h.start, "end": h.end, "level": h.level} for h in document.headings]
    return JsonResponse({**_row(rag.index, document.source), "text": document.text, "headings": headings})


@router.post(
    "/v1/documents",
    summary="Add a document, or replace the one of its name",
    status_code=201,
    response_model=AddedReply,
    responses={200: {"model": AddedReply, "description": "Nothing new: the content was there already."}},
    openapi_extra=_UPLOAD,
)
async def add_document(request: Request, service: Annotated[Service, Depends(writing)]) -> Response:
    rag = service.rag()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        sent = await _from_json(request)
    elif kind == "multipart/form-data":
        sent = await _from_form(request)
    else:
        raise Problem(415, "send multipart/form-data with a file, or application/json with a text")

    name, content, fields = sent
    if len(content if isinstance(content, bytes) else content.encode()) > service.settings.max_file_mb * 1_000_000:
        raise Problem(413, f"a document may have {service.settings.max_file_mb:g} MB (RAG_MAX_FILE_MB)")

    def add() -> tuple[dict[str, Any], int]:
        change = rag.add({name: content}, fields)
        kept = dict(change.duplicates).get(name, name)
        done = (
            "duplicate" if kept != name else "added" if change.added else "changed" if change.changed else "unchanged"
        )
        reply = {"change": done, "document": _row(change.index, kept), "index": index_dict(change.index, folder(rag))}
        return reply | {"passages_embedded": change.passages_embedded}, 201 if done in ("added", "changed") else 200

    reply, status = await service.work.run(service.work.changing, add)
    return JsonResponse(reply, status)


@router.delete("/v1/documents/{id}", summary="Take a document out", status_code=204, response_class=Response)
async def remove_document(id: Id, service: Annotated[Service, Depends(writing)]) -> Response:
    rag = service.rag()

    def remove() -> None:
        rag.remove(_document(rag, id).source)

    await service.work.run(service.work.changing, remove)
    return Response(status_code=204)


def clean_name(name: str) -> str:
    """The last part of a file's name as one line: what names a document in the index, and never a path."""
    last = PurePosixPath(name.replace("\\", "/")).name
    line = "".join(c for c in last.encode("utf-8", "replace").decode("utf-8") if c.isprintable()).strip()
    stem, dot, suffix = line.rpartition(".")
    return line if len(line) <= 200 else (stem[: 199 - len(suffix)] + dot + suffix)[:200]


async def _from_json(request: Request) -> tuple[str, str | bytes, dict[str, str]]:
    try:
        body = TextBody.model_validate(json.loads(await request.body()))
    except ValidationError as error:
        raise RequestValidationError([{**e, "loc": ("body", *e["loc"])} for e in error.errors()]) from None
    except (ValueError, RecursionError):
        raise Problem(400, "the body is no JSON") from None
    return clean_name(body.name) or text_name(body.text), body.text, body.metadata


async def _from_form(request: Request) -> tuple[str, str | bytes, dict[str, str]]:
    async with request.form(max_files=1, max_fields=4) as form:
        file, text = form.get("file"), form.get("metadata", "")
        if not isinstance(file, UploadFile):
            raise Problem(422, "#/file: the form has no file of that name")
        if set(form) - {"file", "metadata"}:
            raise Problem(422, "the form has parts beside file and metadata")
        name, content = clean_name(file.filename or ""), await file.read()
    if not name:
        raise Problem(422, "#/file: the file has no name; its ending says what it is")
    try:
        return name, content, _FIELDS.validate_json(text or "{}", strict=True) if isinstance(text, str) else {}
    except ValidationError:
        raise Problem(422, "#/metadata: give a JSON object of texts") from None


def _document(rag: Rag, id: str) -> Document:
    document = rag.documents.get(id)
    if document is None:
        raise Problem(404, "the index has no document of this id; GET /v1/documents lists those it has")
    return document


def _row(index: Index, source: str) -> dict[str, Any]:
    return next(row for row in document_dicts(index) if row["source"] == source)
