"""A model-free embedder and small documents for the tests of the index, also for the processes that they start."""

import hashlib
from collections.abc import Sequence

import numpy as np

from rag.index.manifest import Chunking
from rag.records import Document, Passage, Sentence

CHUNKING = Chunking(tokens=256, chars=400)


class CountingEmbedder:
    """Vectors from hashed character bigrams; remembers every text it was asked to embed."""

    max_tokens = 512

    def __init__(self, name: str = "hashing", dimension: int = 32) -> None:
        self.name, self.dimension = name, dimension
        self.embedded: list[str] = []

    @property
    def fingerprint(self) -> str:
        return f"{self.name}-{self.dimension}"

    def embed_questions(self, texts: Sequence[str]) -> np.ndarray:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            for place in range(max(1, len(text) - 1)):
                digest = hashlib.blake2b(
                    text[place : place + 2].encode("utf-8", "surrogatepass"), digest_size=4
                ).digest()
                vectors[row, int.from_bytes(digest) % self.dimension] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def embed_passages(self, texts: Sequence[str], progress=None) -> np.ndarray:
        self.embedded += texts
        if progress:
            progress(len(texts))
        return self.embed_questions(texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text) + 2 for text in texts]


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
