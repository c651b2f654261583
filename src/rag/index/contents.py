"""What an index holds, in memory: the same whether it was read from a folder or has just been built."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.index.lexical import LexicalIndex
from rag.index.manifest import Manifest
from rag.index.token_codes import TokenCodes
from rag.records import Document, Passage, embedding_text


@dataclass(frozen=True, slots=True)
class Index:
    """Row i of every part belongs to `passages[i]`.

    documents         by id, in the order they were added
    passage_vectors   `faiss.IndexFlatIP`, a row for each passage
    sentence_vectors  `faiss.IndexFlatIP`, a row for each sentence of each passage, in order
    sentence_starts   int64 (passages + 1,): rows of passage i's sentences are sentence_starts[i]:sentence_starts[i + 1]
    tokens            token states of each passage's indexed text; None for a model that has none
    """

    manifest: Manifest
    documents: Mapping[str, Document]
    passages: tuple[Passage, ...]
    passage_vectors: Any
    sentence_vectors: Any
    sentence_starts: NDArray[np.int64]
    lexical: LexicalIndex
    tokens: TokenCodes | None = None


def sentence_starts(passages: Sequence[Passage]) -> NDArray[np.int64]:
    """First sentence row of each passage, and the number of all sentences at the end."""
    return np.cumsum([0, *(len(passage.sentences) for passage in passages)], dtype=np.int64)


def indexed_text(passage: Passage) -> str:
    """What both legs index of a passage: its headings and its text."""
    return embedding_text(passage.heading, passage.text)


def sentence_texts(passage: Passage) -> list[str]:
    """The sentences of a passage."""
    return [passage.text[s.start - passage.start : s.end - passage.start] for s in passage.sentences]
