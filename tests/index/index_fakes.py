"""A counting embedder and small documents for the tests of the index, also for the processes that they start."""

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
from fakes import HashingEmbedder, TokenHashingEmbedder

from rag.index.manifest import Chunking
from rag.records import Document, Passage, Sentence

CHUNKING = Chunking(tokens=256, chars=400)


class CountingEmbedder(HashingEmbedder):
    """Remembers every text it was asked to embed; by its name it can pass for another model."""

    def __init__(self, name: str = "hashing", dimension: int = 32) -> None:
        self.name, self.dimension = name, dimension
        self.fingerprint = f"{name}-{dimension}"
        self.embedded: list[str] = []

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> np.ndarray:
        self.embedded += texts
        return super().embed_passages(texts, progress)


class CountingTokenEmbedder(CountingEmbedder, TokenHashingEmbedder):
    """A `CountingEmbedder` with token states."""

    def __init__(self, name: str = "hashing with tokens", dimension: int = 32) -> None:
        super().__init__(name, dimension)


def document(source: str, *paragraphs: str, heading: str = "") -> tuple[Document, list[Passage]]:
    """A document with one passage a paragraph, cut into sentences after each full stop."""
    text = "\n\n".join(paragraphs)
    id_ = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    passages, start = [], 0
    for number, paragraph in enumerate(paragraphs):
        ends = [place + 1 for place, character in enumerate(paragraph) if character in "。."]
        if not ends or ends[-1] < len(paragraph):
            ends.append(len(paragraph))
        sentences = tuple(Sentence(start + a, start + b) for a, b in zip([0, *ends], ends, strict=False))
        passages.append(Passage(f"{id_}-{number}", id_, paragraph, start, start + len(paragraph), heading, sentences))
        start += len(paragraph) + 2
    return Document(id_, source, heading, text), passages
