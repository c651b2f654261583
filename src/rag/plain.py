"""Records → plain dictionaries, the form that `--json` prints and that services return."""

from collections.abc import Mapping
from typing import Any

from rag.index.contents import Index
from rag.records import Answer, Citation, Document, Hit


def hit_dict(hit: Hit, documents: Mapping[str, Document]) -> dict[str, Any]:
    """A hit; `document` is the source, `document_id` the key of `Rag.documents`."""
    document = documents[hit.passage.document]
    best = hit.sentence
    return {
        "document": document.source,
        "document_id": document.id,
        "title": document.title,
        "metadata": dict(document.metadata),
        "heading": hit.passage.heading,
        "text": hit.passage.text,
        "start": hit.passage.start,
        "end": hit.passage.end,
        "score": round(hit.score, 4),
        "sentence": None if best is None else {"start": best.start, "end": best.end},
        "why": dict(hit.why),
        "duplicates": hit.duplicates,
    }


def flat_hit(hit: Hit, documents: Mapping[str, Document]) -> dict[str, Any]:
    """A hit as the metadata of its text: as `hit_dict`, with `source`, and the document's own fields beside the rest.

    A field of the document's that is named like one of ours gives way.
    """
    row = hit_dict(hit, documents)
    own = row.pop("metadata")
    del row["text"]
    return {**own, **row, "source": row["document"]}


def document_dicts(index: Index) -> list[dict[str, Any]]:
    """What is indexed, a row for each document, in the order they were added; `characters` of its clean text."""
    counts = dict.fromkeys(index.documents, 0)
    for passage in index.passages:
        counts[passage.document] += 1
    return [
        {
            "id": d.id,
            "source": d.source,
            "title": d.title,
            "characters": len(d.text),
            "passages": counts[d.id],
            "metadata": dict(d.metadata),
        }
        for d in index.documents.values()
    ]


def citation_dict(citation: Citation, answer: Answer, documents: Mapping[str, Document]) -> dict[str, Any]:
    """A citation; `source_start`, `source_end` and `page` say where the quote stands in the file as extracted."""
    document = documents[citation.passage.document]
    score = next((hit.score for hit in answer.hits if hit.passage.id == citation.passage.id), 0.0)
    return {
        "number": citation.number,
        "quote": citation.quote,
        "document": document.source,
        "document_id": document.id,
        "title": document.title,
        "heading": citation.passage.heading,
        "start": citation.start,
        "end": citation.end,
        "score": round(score, 4),
        **_source_place(document, citation.start, citation.end),
    }


def answer_dict(answer: Answer, index: Index, folder: str = "") -> dict[str, Any]:
    """A whole answer with the index it was drawn from."""
    return {
        "question": answer.question,
        "answer": answer.text,
        "resolved": answer.resolved,
        "origin": answer.origin,
        "notice": answer.notice,
        "sentences": [
            {"text": s.text, "citations": list(s.citations), "supported": s.supported, "problems": list(s.problems)}
            | {"emphasis": [{"start": start, "end": end} for start, end in s.emphasis]}
            for s in answer.sentences
        ],
        "abstained": answer.abstained,
        "reason": answer.reason,
        "confidence": round(answer.confidence, 4),
        "language": answer.language,
        "citations": [citation_dict(citation, answer, index.documents) for citation in answer.citations],
        "searched": {
            "question": answer.resolved or answer.question,
            "documents": index.manifest.documents,
            "passages": index.manifest.passages,
        },
        # An abstention stands on nothing: what was found for it is merely near.
        "hits_are": "closest" if answer.abstained else "found",
        "hits": [hit_dict(hit, index.documents) for hit in answer.hits],
        "timings": {name: round(seconds, 4) for name, seconds in answer.timings.items()},
        "index": index_dict(index, folder),
    }


def index_dict(index: Index, folder: str = "") -> dict[str, Any]:
    """Which index; `generation` is "" for one in memory."""
    manifest = index.manifest
    return {
        "folder": folder,
        "generation": manifest.generation,
        "model": manifest.model.name,
        "documents": manifest.documents,
        "passages": manifest.passages,
    }


def _source_place(document: Document, start: int, end: int) -> dict[str, Any]:
    touched = [span for span in document.spans if span.start < end and span.end > start]
    if not touched:
        return {"source_start": None, "source_end": None, "page": None}
    first, last = touched[0], touched[-1]
    return {
        "source_start": first.source_start + max(0, start - first.start),
        "source_end": last.source_start + min(end, last.end) - last.start,
        "page": first.page,
    }
