"""Stand-ins that need no model: deterministic, and good enough that a right passage comes before a wrong one."""

import hashlib
import unicodedata
from collections.abc import Callable, Sequence

import numpy as np

from rag.embedding.embedder import Tokens


class HashingEmbedder:
    """Embedder over hashed characters and pairs of them (feature hashing, Weinberger et al., 2009, arXiv:0902.2206).

    A token is a character, plus two specials. Question and passage of the same text get the same vector.
    """

    name = "hashing"
    dimension = 512
    max_tokens = 512
    fingerprint = "hashing-512-1"

    def embed_questions(self, texts: Sequence[str]) -> np.ndarray:
        return self._embed([text[: self.max_tokens - 2] for text in texts])

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> np.ndarray:
        for i, count in enumerate(self.count_tokens(texts)):
            if count > self.max_tokens:
                raise ValueError(f"passage {i} takes {count} tokens, {self.name} reads at most {self.max_tokens}")
        vectors = self._embed(texts)
        if progress is not None and texts:
            progress(len(texts))
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text) + 2 for text in texts]

    def _embed(self, texts: Sequence[str]) -> np.ndarray:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            text = " ".join(unicodedata.normalize("NFKC", text).lower().split())
            row[0] = 1e-3  # an empty text has a direction too
            for size in (1, 2):
                for i in range(len(text) - size + 1):
                    place, sign = _hash(text[i : i + size])
                    row[1 + place % (self.dimension - 1)] += 1 if sign % 2 else -1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class TokenHashingEmbedder(HashingEmbedder):
    """A `HashingEmbedder` that also has token states: each character's is its own and half of its neighbours'."""

    name = "hashing with tokens"
    fingerprint = "hashing-512-1-tokens"
    gives_tokens = True

    def embed_questions_with_tokens(self, texts: Sequence[str]) -> tuple[np.ndarray, list[Tokens]]:
        return self.embed_questions(texts), [self._tokens(text[: self.max_tokens - 2]) for text in texts]

    def embed_passages_with_tokens(
        self, texts: Sequence[str], take: Callable[[int, Tokens], None], progress: Callable[[int], None] | None = None
    ) -> np.ndarray:
        vectors = self.embed_passages(texts, progress)
        for i, text in enumerate(texts):
            take(i, self._tokens(text))
        return vectors

    def _tokens(self, text: str) -> Tokens:
        own = np.zeros((len(text), self.dimension), np.float32)
        if text:
            own = HashingEmbedder._embed(self, list(text)).astype(np.float32)
        states = own.copy()
        states[1:] += own[:-1] / 2
        states[:-1] += own[1:] / 2
        return Tokens(states, np.arange(len(text), dtype=np.int64))


def _hash(piece: str) -> tuple[int, int]:
    digest = hashlib.blake2b(piece.encode("utf-8", "surrogatepass"), digest_size=5).digest()
    return int.from_bytes(digest[:4]), digest[4]
