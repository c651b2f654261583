"""The Embedder protocol: texts in, unit vectors out; and of models that have them, the states of each token."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeGuard, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Progress = Callable[[int], None]
"""Called with the number of texts just finished."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """A model's last states of a text's own tokens, in order; those of the prefix and the specials are left out.

    states  (tokens, dimension) float32, as the model gives them
    starts  (tokens,) the character of the text at which each begins (or the blank before it), rising
    """

    states: NDArray[np.float32]
    starts: NDArray[np.int64]


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


@runtime_checkable
class TokenEmbedder(Embedder, Protocol):
    """An Embedder whose vectors are pooled from token states of the same dimension, and that hands those out too."""

    @property
    def gives_tokens(self) -> bool:
        """False for a model of this class that has no token states, such as a table of word vectors."""

    def embed_questions_with_tokens(self, texts: Sequence[str]) -> tuple[Vectors, list[Tokens]]:
        """`embed_questions`, and the token states from the same pass."""

    def embed_passages_with_tokens(
        self, texts: Sequence[str], take: Callable[[int, Tokens], None], progress: Progress | None = None
    ) -> Vectors:
        """`embed_passages`, and `take(i, tokens)` for each text as its batch is done: they are large, keep a digest."""


def gives_tokens(embedder: Embedder) -> TypeGuard[TokenEmbedder]:
    """Whether token states can be had of an embedder."""
    return isinstance(embedder, TokenEmbedder) and embedder.gives_tokens
