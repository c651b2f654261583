"""The Embedder that the index uses: limits and batches around a model that encodes and counts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rag.embedding.embedder import Progress, Vectors

Task = Literal["query", "document"]
Encode = Callable[[Sequence[str], Task], Vectors]
"""One batch of texts to (len(texts), dimension) unit rows; a text that is too long loses its end."""
Count = Callable[[Sequence[str], Task], list[int]]
"""Tokens the model reads for each text: its prompt for the task, the text, the specials; nothing cut off."""

BATCH_TOKENS = 1024
"""Tokens a batch. Measured on two cores with passages of 250 characters: 13 a second in batches of 1024 tokens, 11 in
batches of 4096, whose activations no longer fit the processor's cache."""


@dataclass(frozen=True, slots=True)
class TextEmbedder:
    """An `Embedder` (see there for the methods) made of a model's two functions."""

    name: str
    fingerprint: str
    dimension: int
    max_tokens: int
    encode: Encode
    count: Count

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """(len(texts), dimension) float32, rows of length 1.

        A question over `max_tokens` is read up to its first `max_tokens - 1` tokens and the closing special: somebody
        who pastes a page still gets an answer. It is the only text that is ever shortened.
        """
        return self._embed(texts, "query", self.count(texts, "query"), None)

    def embed_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """(len(texts), dimension) float32, rows of length 1. Raises ValueError for a text over `max_tokens`."""
        counts = self.count_tokens(texts)
        for i, count in enumerate(counts):
            if count > self.max_tokens:
                raise ValueError(f"passage {i} takes {count} tokens, {self.name} reads at most {self.max_tokens}")
        return self._embed(texts, "document", counts, progress)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens each text takes as a passage, prefix and specials included."""
        return self.count(texts, "document")

    def _embed(self, texts: Sequence[str], task: Task, counts: Sequence[int], progress: Progress | None) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for batch in batches([min(count, self.max_tokens) for count in counts]):
            vectors[batch] = self.encode([texts[i] for i in batch], task)
            if progress is not None:
                progress(len(batch))
        return vectors


def batches(counts: Sequence[int], most: int = BATCH_TOKENS) -> list[list[int]]:
    """Positions in batches of at most `most` tokens after padding (or one text); neighbours are of like length.

    The longest come first, so that an estimate of the time left errs on the safe side.
    """
    done: list[list[int]] = []
    for i in sorted(range(len(counts)), key=lambda i: -counts[i]):
        if done and (len(done[-1]) + 1) * counts[done[-1][0]] <= most:
            done[-1].append(i)
        else:
            done.append([i])
    return done
