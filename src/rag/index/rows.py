"""Documents and passages ↔ JSON lines. A passage's text is not written: it is a slice of its document's."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rag.records import Document, Heading, Passage, Sentence, Span


def write_documents(documents: Iterable[Document]) -> bytes:
    """One document a line; spans as [start, end, source_start, source_end, page], headings as [start, end, level]."""
    return _lines(
        {
            "id": d.id,
            "source": d.source,
            "title": d.title,
            "text": d.text,
            "spans": [[s.start, s.end, s.source_start, s.source_end, s.page] for s in d.spans],
            "headings": [[h.start, h.end, h.level] for h in d.headings],
            "metadata": dict(d.metadata),
        }
        for d in documents
    )


def read_documents(data: bytes) -> dict[str, Document]:
    """Documents by id. Raises ValueError, TypeError or LookupError for other data, as `read_passages` does."""
    documents = {}
    for row in _rows(data):
        row["spans"] = tuple(Span(*span) for span in row["spans"])
        row["headings"] = tuple(Heading(*heading) for heading in row["headings"])
        documents[row["id"]] = Document(**row)
    return documents


def write_passages(passages: Iterable[Passage]) -> bytes:
    """One passage a line, sentences as [start, end]."""
    return _lines(
        {
            "id": p.id,
            "document": p.document,
            "start": p.start,
            "end": p.end,
            "heading": p.heading,
            "sentences": [[s.start, s.end] for s in p.sentences],
        }
        for p in passages
    )


def read_passages(data: bytes, documents: Mapping[str, Document]) -> tuple[Passage, ...]:
    """Passages with their texts, cut from the documents."""
    return tuple(
        Passage(
            id=row["id"],
            document=row["document"],
            text=documents[row["document"]].text[row["start"] : row["end"]],
            start=row["start"],
            end=row["end"],
            heading=row["heading"],
            sentences=tuple(Sentence(*sentence) for sentence in row["sentences"]),
        )
        for row in _rows(data)
    )


# A text may hold lone surrogates (from a broken UTF-16 file): they pass through.
def _lines(rows: Iterable[dict[str, Any]]) -> bytes:
    text = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)
    return text.encode("utf-8", "surrogatepass")


def _rows(data: bytes) -> Iterator[dict[str, Any]]:
    # Not splitlines(): the texts hold line separators of their own (U+2028) that JSON does not escape.
    for line in data.split(b"\n"):
        if line:
            yield json.loads(line.decode("utf-8", "surrogatepass"))
