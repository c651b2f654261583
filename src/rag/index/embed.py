"""Texts → their vectors and token codes, computing only what an earlier index does not hold."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from rag.embedding.embedder import Embedder, Tokens, Vectors, gives_tokens
from rag.embedding.languages import language_means
from rag.errors import BadModel
from rag.index.contents import Index, indexed_text, sentence_texts
from rag.index.token_codes import PER_BYTE, Codec, PassageTokens, TokenCodes, passage_tokens
from rag.index.vectors import rows_of

Progress = Callable[[int, int], None]
"""Called with the texts embedded so far and the texts there are to embed."""
_BATCH = 2048


@dataclass(slots=True)
class Known:
    """What is known of texts: their vectors and, of passages, their token codes, made with the codec."""

    codec: Codec | None
    vectors: dict[str, Vectors] = field(default_factory=dict)
    tokens: dict[str, PassageTokens] = field(default_factory=dict)

    @classmethod
    def of(cls, index: Index | None, embedder: Embedder) -> Self:
        """All that an index holds; nothing, with a new codec, when there is none or another model made it."""
        if index is None or not index.manifest.model.made_by(embedder):
            return cls(_codec(embedder))
        if (index.tokens is not None) != has_codec(embedder):
            return cls(_codec(embedder))
        known = cls(index.tokens.codec if index.tokens else None)
        sentences = (text for passage in index.passages for text in sentence_texts(passage))
        known.vectors.update(zip(sentences, rows_of(index.sentence_vectors), strict=True))
        texts = [indexed_text(passage) for passage in index.passages]
        known.vectors.update(zip(texts, rows_of(index.passage_vectors), strict=True))
        if index.tokens is not None:
            known.tokens.update((text, index.tokens.passage(row)) for row, text in enumerate(texts))
        return known


def embed(
    passages: Sequence[str],
    sentences: Sequence[str],
    embedder: Embedder,
    known: Known,
    progress: Progress | None = None,
) -> tuple[Vectors, Vectors, TokenCodes | None]:
    """A vector for each passage and each sentence, and the passages' token codes.

    A text that is known or occurs twice costs nothing; `known` learns the others. Raises BadModel where the model's
    vectors are no numbers.
    """
    with_tokens = known.codec is not None
    fresh = _missing(passages, known.tokens) if with_tokens else _missing(passages, known.vectors)
    others = [text for text in _missing(sentences, known.vectors) if text not in set(fresh)]
    done, total = 0, len(fresh) + len(others)

    def advance(count: int) -> None:
        nonlocal done
        done += count
        if progress:
            progress(done, total)

    for batch in _batches(fresh):
        _learn(known, batch, _passage_vectors(batch, embedder, known, advance), embedder)
    for batch in _batches(others):
        _learn(known, batch, embedder.embed_passages(batch, advance), embedder)
    tokens = TokenCodes.joined(known.codec, [known.tokens[text] for text in passages]) if known.codec else None
    return _rows(passages, known, embedder), _rows(sentences, known, embedder), tokens


def _passage_vectors(batch: Sequence[str], embedder: Embedder, known: Known, advance: Callable[[int], None]) -> Vectors:
    codec = known.codec
    if codec is None or not gives_tokens(embedder):
        return embedder.embed_passages(batch, advance)

    def take(i: int, tokens: Tokens) -> None:
        known.tokens[batch[i]] = passage_tokens(codec, tokens)

    return embedder.embed_passages_with_tokens(batch, take, advance)


def has_codec(embedder: Embedder) -> bool:
    """Whether token codes are kept of an embedder's passages."""
    return gives_tokens(embedder) and embedder.dimension % PER_BYTE == 0


def _codec(embedder: Embedder) -> Codec | None:
    mean = language_means(embedder).token_mean if has_codec(embedder) else None
    return None if mean is None else Codec.of(mean)


def _missing(texts: Iterable[str], known: Mapping[str, object]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if text not in known]


def _batches(texts: Sequence[str]) -> Iterable[Sequence[str]]:
    return (texts[first : first + _BATCH] for first in range(0, len(texts), _BATCH))


def _learn(known: Known, texts: Sequence[str], vectors: Vectors, embedder: Embedder) -> None:
    if not np.isfinite(vectors).all():
        raise BadModel(f"the model {embedder.name} gave vectors that are not numbers; use another: --model NAME")
    known.vectors.update(zip(texts, vectors, strict=True))


def _rows(texts: Sequence[str], known: Known, embedder: Embedder) -> Vectors:
    rows = np.zeros((len(texts), embedder.dimension), np.float32)
    for row, text in enumerate(texts):
        rows[row] = known.vectors[text]
    return rows
