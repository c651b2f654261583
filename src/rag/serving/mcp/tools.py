"""What an agent may do: search, ask, read_document. Readable text comes out, and the dictionaries of `rag.plain`.

The text is what a model reads; the structured content is what REST sends, so that both cite the same characters.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.errors import RagError
from rag.plain import answer_dict, hit_dict
from rag.rag import Rag
from rag.serving.http.bodies import WHOLE, AskBody, SearchBody
from rag.serving.http.replies import AnswerReply, SearchReply
from rag.serving.http.service import folder, index_of

MOST_CHARACTERS = 20_000
Result = tuple[str, dict[str, Any]]


class ToolFailed(Exception):
    """What the agent is told went wrong."""


class ReadBody(BaseModel):
    """Which document, and which of its characters."""

    model_config = ConfigDict(extra="forbid", strict=True)
    document: Annotated[str, Field(max_length=4096, description="Its id or source, as search and ask give it.")]
    start: Annotated[int, Field(ge=0, description="First character."), WHOLE] = 0
    end: Annotated[
        int | None,
        Field(ge=0, description=f"Behind the last character; at most {MOST_CHARACTERS} are returned at once."),
        WHOLE,
    ] = None


class ReadReply(BaseModel):
    """`text` is the clean text from `start` to `end`, of `characters` in all."""

    document: str
    document_id: str
    title: str
    start: int
    end: int
    characters: int
    text: str


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: what it says of itself, and what it does."""

    name: str
    description: str
    body: type[BaseModel]
    reply: type[BaseModel]
    run: Callable[[Rag, Any], Result]

    def call(self, rag: Rag, arguments: dict[str, Any]) -> Result:
        """Raises ToolFailed with one line that says what to do otherwise."""
        try:
            return self.run(rag.snapshot(), self.body.model_validate(arguments))
        except ValidationError as error:
            wrong = [f"{'/'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:5]]
            raise ToolFailed("; ".join(wrong).encode("utf-8", "replace").decode("utf-8")) from None
        except RagError as error:
            raise ToolFailed(str(error)) from None


def _search(rag: Rag, body: SearchBody) -> Result:
    hits = rag.search(body.question, body.k, documents=body.documents, filters=body.filters)
    rows = [hit_dict(hit, rag.documents) for hit in hits]
    lines = [
        f"{n}. {row['heading'] or row['title']} — document {row['document_id']}, "
        f"characters {row['start']}-{row['end']}, probability {row['score']:.2f}\n{row['text']}"
        for n, row in enumerate(rows, 1)
    ]
    return "\n\n".join(lines) or "no passages", {"hits": rows, "index": index_of(rag)}


def _ask(rag: Rag, body: AskBody) -> Result:
    answer = rag.ask(body.question, history=body.history, **body.options())
    whole = answer_dict(answer, rag.index, folder(rag))
    lines = [answer.text, *([answer.notice] if answer.notice else [])]
    lines += [
        f"[{c['number']}] {c['heading'] or c['title']} — document {c['document_id']}, characters "
        f"{c['start']}-{c['end']}: {c['quote']}"
        for c in whole["citations"]
    ]
    return "\n\n".join(lines), whole


def _read(rag: Rag, body: ReadBody) -> Result:
    named = [d for d in rag.documents.values() if body.document in (d.id, d.source)]
    if not named:
        raise ToolFailed("the index has no such document; search and ask name those they found in document_id")
    document = named[0]
    size = len(document.text)
    start = min(body.start, size)
    end = max(start, min(size if body.end is None else body.end, size, start + MOST_CHARACTERS))
    text = document.text[start:end]
    reply = {"document": document.source, "document_id": document.id, "title": document.title}
    return text, {**reply, "start": start, "end": end, "characters": size, "text": text}


TOOLS = (
    Tool(
        "search",
        "Find the passages of the user's documents that likeliest answer a question. Ask in whole sentences, in any "
        "language.",
        SearchBody,
        SearchReply,
        _search,
    ),
    Tool(
        "ask",
        "Answer a question from the user's documents, each sentence cited, or say that they do not answer it.",
        AskBody,
        AnswerReply,
        _ask,
    ),
    Tool(
        "read_document",
        "Read a document's clean text, whole or around a citation: citations count their characters in it.",
        ReadBody,
        ReadReply,
        _read,
    ),
)
