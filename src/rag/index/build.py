"""Documents with their passages → an Index, embedding each passage (with its headings) and each sentence."""

import importlib.metadata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from rag.embedding.embedder import Embedder, Vectors
from rag.errors import BadModel
from rag.index.contents import Index, indexed_text, sentence_starts, sentence_texts
from rag.index.lexical import LexicalIndex
from rag.index.manifest import Chunking, Manifest, Model
from rag.index.vectors import flat_index, rows_of
from rag.records import Document, Passage

Progress = Callable[[int, int], None]
"""Called with the texts embedded so far and the texts there are to embed."""
_BATCH = 2048


def build_index(
    documents: Sequence[tuple[Document, Sequence[Passage]]],
    embedder: Embedder,
    chunking: Chunking,
    previous: Index | None = None,
    progress: Progress | None = None,
) -> Index:
    """Index the documents, in memory. Texts that `previous` has vectors of are not embedded again.

    Raises ValueError for a document that comes twice and for a passage that is not a slice of its document.
    """
    by_id = {document.id: document for document, _ in documents}
    if len(by_id) < len(documents):
        raise ValueError("two documents have one id")
    passages = tuple(passage for document, own in documents for passage in _checked(document, own))
    texts = [indexed_text(passage) for passage in passages]
    sentences = [text for passage in passages for text in sentence_texts(passage)]
    vectors = _embed([*texts, *sentences], embedder, known_vectors(previous, embedder), progress)
    lexical = LexicalIndex.build(texts)
    manifest = Manifest(
        version=_version(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        model=Model.of(embedder),
        chunking=chunking,
        documents=len(documents),
        passages=len(texts),
        sentences=len(sentences),
        probe=lexical.probe(texts),
    )
    return Index(
        manifest,
        by_id,
        passages,
        flat_index(vectors[: len(texts)]),
        flat_index(vectors[len(texts) :]),
        sentence_starts(passages),
        lexical,
    )


def known_vectors(index: Index | None, embedder: Embedder) -> dict[str, Vectors]:
    """Vectors of an index by the text that was embedded; none when another model made them."""
    if index is None or not index.manifest.model.made_by(embedder):
        return {}
    sentences = (text for passage in index.passages for text in sentence_texts(passage))
    known = dict(zip(sentences, rows_of(index.sentence_vectors), strict=True))
    known.update(zip(map(indexed_text, index.passages), rows_of(index.passage_vectors), strict=True))
    return known


def _embed(
    texts: Sequence[str], embedder: Embedder, known: Mapping[str, Vectors], progress: Progress | None
) -> Vectors:
    """A vector for each text, (len(texts), dimension); a text that is known or occurs twice costs nothing."""
    vectors = np.zeros((len(texts), embedder.dimension), np.float32)
    rows: dict[str, list[int]] = {}
    for row, text in enumerate(texts):
        if text in known:
            vectors[row] = known[text]
        else:
            rows.setdefault(text, []).append(row)
    fresh, done = list(rows), 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        if progress:
            progress(done, len(fresh))

    for first in range(0, len(fresh), _BATCH):
        batch = fresh[first : first + _BATCH]
        for text, vector in zip(batch, embedder.embed_passages(batch, advance), strict=True):
            vectors[rows[text]] = vector
    if not np.isfinite(vectors).all():
        raise BadModel(f"the model {embedder.name} gave vectors that are not numbers; use another: --model NAME")
    return vectors


def _checked(document: Document, passages: Iterable[Passage]) -> Iterable[Passage]:
    for passage in passages:
        inside = all(passage.start <= s.start < s.end <= passage.end for s in passage.sentences)
        if passage.document != document.id or passage.text != document.text[passage.start : passage.end] or not inside:
            raise ValueError(f"passage {passage.id} is not a slice of {document.source}")
        yield passage


def _version() -> str:
    try:
        return importlib.metadata.version("cited-rag")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
