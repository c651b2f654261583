"""Documents with their passages → an Index, embedding each passage (with its headings) and each sentence."""

import importlib.metadata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rag.embedding.embedder import Embedder
from rag.index.contents import Index, indexed_text, sentence_starts, sentence_texts
from rag.index.embed import Known, Progress, embed
from rag.index.lexical import LexicalIndex
from rag.index.manifest import Chunking, Manifest, Model
from rag.index.vectors import flat_index
from rag.records import Document, Passage


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
    known = Known.of(previous, embedder)
    passage_vectors, sentence_vectors, tokens = embed(texts, sentences, embedder, known, progress)
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
        flat_index(passage_vectors),
        flat_index(sentence_vectors),
        sentence_starts(passages),
        lexical,
        tokens,
    )


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
