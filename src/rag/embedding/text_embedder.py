"""The Embedder that the index uses: limits and batches around a model that encodes and counts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from rag.embedding.embedder import Progress, Tokens, Vectors

Task = Literal["query", "document"]
Encode = Callable[[Sequence[str], Task], Vectors]
"""One batch of texts to (len(texts), dimension) unit rows; a text that is too long loses its end."""
EncodeTokens = Callable[[Sequence[str], Task], tuple[Vectors, list[Tokens]]]
"""`Encode` that also gives each text's token states."""
Count = Callable[[Sequence[str], Task], list[int]]
"""Tokens the model reads for each text: its prompt for the task, the text, the specials; nothing cut off."""


@dataclass(frozen=True, slots=True)
class Network:
    """The transformers module that gives the token states, and a tokenizer that neither cuts nor pads."""

    module: Any
    tokenizer: Any


BATCH_TOKENS = 1024
"""Tokens a batch. Measured on two cores with passages of 250 characters: 13 a second in batches of 1024 tokens, 11 in
batches of 4096, whose activations no longer fit the processor's cache."""


@dataclass(frozen=True, slots=True)
class TextEmbedder:
    """A `TokenEmbedder` (its methods are told there) of a model's functions; without `encode_tokens` an `Embedder`."""

    name: str
    fingerprint: str
    dimension: int
    max_tokens: int
    encode: Encode
    count: Count
    encode_tokens: EncodeTokens | None = None
    network: Network | None = None

    @property
    def gives_tokens(self) -> bool:
        """Whether the model has token states."""
        return self.encode_tokens is not None

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """(len(texts), dimension) float32, rows of length 1.

        A question over `max_tokens` is read up to its first `max_tokens - 1` tokens and the closing special: somebody
        who pastes a page still gets an answer. It is the only text that is ever shortened.
        """
        return self._embed(texts, "query", self.count(texts, "query"), None)

    def embed_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """(len(texts), dimension) float32, rows of length 1. Raises ValueError for a text over `max_tokens`."""
        return self._embed(texts, "document", self._short(texts), progress)

    def embed_questions_with_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[Tokens]]:
        """`embed_questions`, and the token states of each."""
        tokens: dict[int, Tokens] = {}
        vectors = self._embed(texts, "query", self.count(texts, "query"), None, tokens.__setitem__)
        return vectors, [tokens[i] for i in range(len(texts))]

    def embed_passages_with_tokens(
        self, texts: Sequence[str], take: Callable[[int, Tokens], None], progress: Progress | None = None
    ) -> Vectors:
        """`embed_passages`, and the token states of each text, handed to `take` batch by batch, in any order."""
        return self._embed(texts, "document", self._short(texts), progress, take)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens each text takes as a passage, prefix and specials included."""
        return self.count(texts, "document")

    def _short(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text; raises ValueError for one that the model would cut."""
        counts = self.count_tokens(texts)
        for i, count in enumerate(counts):
            if count > self.max_tokens:
                raise ValueError(f"passage {i} takes {count} tokens, {self.name} reads at most {self.max_tokens}")
        return counts

    def _embed(
        self,
        texts: Sequence[str],
        task: Task,
        counts: Sequence[int],
        progress: Progress | None,
        take: Callable[[int, Tokens], None] | None = None,
    ) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for batch in batches([min(count, self.max_tokens) for count in counts]):
            some = [texts[i] for i in batch]
            if take is None:
                vectors[batch] = self.encode(some, task)
            else:
                assert self.encode_tokens is not None
                vectors[batch], tokens = self.encode_tokens(some, task)
                for i, own in zip(batch, tokens, strict=True):
                    take(i, own)
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
