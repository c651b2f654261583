"""Lists of terms → BM25 scores of every passage, by bm25s: the score of each (term, passage) pair is stored, so that a
question costs one addition per pair it shares with the corpus.

`K1` and `B` were measured on XQuAD and the CMRC trial set; passages are short and nearly of one length, hence the small
values.
"""

import logging
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rag.index.normal import without_accents

Scores = NDArray[np.float32]
FILES = (
    *(f"{part}.csc.index.npy" for part in ("data", "indices", "indptr")),
    "vocab.index.json",
    "params.index.json",
)
K1, B = 0.8, 0.6


class Postings:
    """One BM25 index. `vocabulary` maps a term to its number."""

    def __init__(self, bm25: Any, passages: int) -> None:
        # bm25s cannot hold a corpus without terms: None stands for it.
        self._bm25, self.passages = bm25, passages
        self.vocabulary: dict[str, int] = {} if bm25 is None else bm25.vocab_dict

    @classmethod
    def build(cls, passages: Sequence[Sequence[str]]) -> Self:
        """Index the terms of each passage, one row each."""
        vocabulary: dict[str, int] = {}
        numbers = [[vocabulary.setdefault(term, len(vocabulary)) for term in terms] for terms in passages]
        if not vocabulary:
            return cls(None, len(passages))
        bm25 = _library().BM25(k1=K1, b=B, method="lucene")
        bm25.index((numbers, vocabulary), create_empty_token=False, show_progress=False)
        return cls(bm25, len(passages))

    def lookup(self, term: str) -> list[int]:
        """Numbers of a term: its own, or, when the corpus lacks it, those of the words that differ in accents only."""
        number = self.vocabulary.get(term)
        return self._by_bare_form.get(without_accents(term), []) if number is None else [number]

    def frequency(self, term: str) -> int:
        """Passages that hold the term."""
        if self._bm25 is None:
            return 0
        ends = self._bm25.scores["indptr"]
        return sum(int(ends[number + 1] - ends[number]) for number in self.lookup(term))

    def scores(self, terms: Sequence[str]) -> Scores:
        """BM25 of the terms (a repeated one counts again) for each row: (passages,) float32."""
        numbers = [number for term in terms for number in self.lookup(term)]
        if not numbers:
            return np.zeros(self.passages, np.float32)
        scores: Scores = self._bm25.get_scores_from_ids(numbers)
        return scores

    def save(self, folder: Path) -> None:
        """Write `FILES` to the folder; nothing at all for a corpus without terms."""
        if self._bm25 is not None:
            self._bm25.save(folder, show_progress=False, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path, passages: int) -> Self:
        """Read what `save` wrote. Raises OSError, ValueError or LookupError where it cannot be."""
        if not folder.exists():
            return cls(None, passages)
        bm25 = _library().BM25.load(folder, allow_pickle=False, show_progress=False)
        if bm25.scores["num_docs"] != passages or len(bm25.scores["indptr"]) != len(bm25.vocab_dict) + 1:
            raise ValueError("the postings do not fit the passages")
        return cls(bm25, passages)

    @cached_property
    def _by_bare_form(self) -> dict[str, list[int]]:
        forms: dict[str, list[int]] = {}
        for term, number in self.vocabulary.items():
            # CJK and Hangul terms, most of a Chinese vocabulary, have no accents to take off.
            if term and term[0] < "\u2e80":
                forms.setdefault(without_accents(term), []).append(number)
        return forms


def _library() -> Any:
    import bm25s

    # It asks for its DEBUG lines to be shown, wherever the program has a log.
    logging.getLogger("bm25s").setLevel(logging.WARNING)
    return bm25s
