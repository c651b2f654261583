"""What callers get: the dictionaries of `rag.plain`, described for OpenAPI."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Reply(BaseModel):
    # A field that `rag.plain` adds is handed on before it is described here.
    model_config = ConfigDict(extra="allow")


class SentencePlace(_Reply):
    """A sentence's characters in its document's clean text."""

    start: int
    end: int


class HitReply(_Reply):
    """A passage. `score` is the probability (0…1) that it answers; `start` and `end` are in the clean text."""

    document: str
    document_id: str
    title: str
    metadata: dict[str, str]
    heading: str
    text: str
    start: int
    end: int
    score: float
    sentence: SentencePlace | None
    why: dict[str, float]
    duplicates: int


class CitationReply(_Reply):
    """`quote` is exactly the clean text from `start` to `end`; `source_*` count in the text as extracted."""

    number: int
    quote: str
    document: str
    document_id: str
    title: str
    heading: str
    start: int
    end: int
    score: float
    source_start: int | None
    source_end: int | None
    page: int | None


class SentenceReply(_Reply):
    """A sentence of an answer, the numbers of its citations, and what is wrong with one that nothing supports.

    `emphasis`: the characters of `text` that are what was asked for (a figure, a date, a list), where that can be told.
    """

    text: str
    citations: list[int]
    supported: bool
    problems: list[str]
    emphasis: list[SentencePlace]


class IndexReply(_Reply):
    """The index an answer was drawn from."""

    folder: str
    generation: str
    model: str
    documents: int
    passages: int


class SearchedReply(_Reply):
    """The question as it was searched for, and how much was searched."""

    question: str
    documents: int
    passages: int


class AnswerReply(_Reply):
    """An answer, or (`abstained`) that there is none in the documents."""

    question: str
    answer: str
    resolved: str
    origin: Literal["extractive", "generated"]
    notice: str
    sentences: list[SentenceReply]
    abstained: bool
    reason: str
    confidence: float
    language: str
    citations: list[CitationReply]
    searched: SearchedReply
    hits_are: Literal["found", "closest"]
    hits: list[HitReply]
    timings: dict[str, float]
    index: IndexReply


class SearchReply(_Reply):
    """Passages, best first."""

    hits: list[HitReply]
    index: IndexReply


class DocumentReply(_Reply):
    """An indexed document; `characters` of its clean text."""

    id: str
    source: str
    title: str
    characters: int
    passages: int
    metadata: dict[str, str]


class DocumentsReply(_Reply):
    """A page of the documents; `total` counts all."""

    documents: list[DocumentReply]
    total: int


class HeadingReply(_Reply):
    """A heading's characters in the clean text; level 1 is the title."""

    start: int
    end: int
    level: int


class WholeDocumentReply(DocumentReply):
    """A document with its clean text, which citations count their characters in."""

    text: str
    headings: list[HeadingReply]


class AddedReply(_Reply):
    """What became of a document. One whose content is there already under another name (`duplicate`) is that one."""

    change: Literal["added", "changed", "unchanged", "duplicate"]
    document: DocumentReply
    passages_embedded: int
    index: IndexReply


class StateReply(_Reply):
    """Whether the server is there."""

    status: Literal["ok"]


class ReadyReply(_Reply):
    """What the server answers from."""

    status: Literal["ready"]
    index: IndexReply


class ProblemReply(_Reply):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
