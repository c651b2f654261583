"""The shared words: what flows from a file to a cited answer. Imports nothing of ours.

All offsets count characters (Python string indices), start inclusive, end exclusive. An offset called `start` or `end`
points into `Document.text`, the clean text; `source_*` points into the text as it was extracted from the file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end]` of the clean text stands at `source_start:source_end` of the extracted text.

    Inside a span the characters are the same on both sides; between spans something was dropped, moved or joined.
    `page` counts from 1 and is None where the format has no pages.
    """

    start: int
    end: int
    source_start: int
    source_end: int
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading at `text[start:end]`; level 1 is the document's title. Markup around it is outside the range."""

    start: int
    end: int
    level: int


@dataclass(frozen=True, slots=True)
class Document:
    """One clean text. `id` is a hash of the content, `source` the path (or name) it was read from."""

    id: str
    source: str
    title: str
    text: str
    spans: tuple[Span, ...] = ()
    headings: tuple[Heading, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence at `start:end` of its document's clean text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """What is retrieved: `text` is exactly `document.text[start:end]`.

    `document` is the document's id, `heading` the path of headings above it, the document's title first
    ("Title › Section", "" where there is none).
    """

    id: str
    document: str
    text: str
    start: int
    end: int
    heading: str
    sentences: tuple[Sentence, ...]


def embedding_text(heading: str, text: str) -> str:
    """What is embedded for a passage: its headings add context without being part of its text."""
    return f"{heading}\n{text}" if heading else text


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage. `score` is the estimated probability (0…1) that the passage answers the question.

    `why` holds what each leg contributed; `sentence` is the sentence of the passage closest to the question.
    `duplicates` counts the passages that say nearly the same and were moved behind the distinct ones for it.
    """

    passage: Passage
    score: float
    sentence: Sentence | None = None
    why: Mapping[str, float] = field(default_factory=dict)
    duplicates: int = 0


@dataclass(frozen=True, slots=True)
class Citation:
    """`quote` is exactly `document.text[start:end]`; `number` is what `[n]` in the answer shows."""

    number: int
    passage: Passage
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """One sentence of an answer and the numbers of the citations it stands on.

    One that a language model wrote and nothing it cites says is not `supported`: it has no citations, and `problems`
    that say what is wrong with it. `emphasis`: starts and ends in `text` of what was asked for (a figure, a date, a
    name, a list), () where that cannot be told.
    """

    text: str
    citations: tuple[int, ...]
    supported: bool = True
    problems: tuple[str, ...] = ()
    emphasis: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, or (`abstained`) words that cite nothing, with the `reason`.

    The documents hold no answer, or the question is none ("greeting", "thanks", "goodbye", "about", "ok", "gibberish").
    The hits of an abstention are the closest passages, not what its words stand on; small talk has none.

    `language` is the BCP-47 tag of the question; `timings` are seconds by stage. `resolved` is the question as it was
    understood by earlier ones (both are searched for), "" where that is the question itself. `origin` tells quotations
    from what a language model wrote; `notice` says in the reader's language why an answer is not what was asked for
    (the model failed and the documents' sentences are given instead), "" where there is nothing to say. `confidence`
    is the probability (0…1) that the documents answer the question, by which it was decided; 0 for small talk.
    """

    question: str
    text: str
    sentences: tuple[AnswerSentence, ...]
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    abstained: bool
    reason: str
    language: str
    timings: Mapping[str, float]
    resolved: str = ""
    origin: Literal["extractive", "generated"] = "extractive"
    notice: str = ""
    confidence: float = 0.0
