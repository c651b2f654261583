"""The Embedder protocol: texts in, unit vectors out."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Progress = Callable[[int], None]
"""Called with the number of texts just finished."""


class Embedder(Protocol):
    """What the index needs of an embedding model. Prefixes ("query: ", prompts) are the embedder's own affair."""

    @property
    def name(self) -> str:
        """How the user names the model (`--model`), e.g. `multilingual-e5-small`."""

    @property
    def fingerprint(self) -> str:
        """Hash that changes when vectors would: weights, tokenizer, prompts, pooling."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def max_tokens(self) -> int:
        """Longest input in the model's own tokens, specials and prefix included."""

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """(len(texts), dimension) float32, rows of length 1."""

    def embed_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """(len(texts), dimension) float32, rows of length 1. Raises ValueError for a text over `max_tokens`."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens each text takes as a passage, prefix and specials included."""
