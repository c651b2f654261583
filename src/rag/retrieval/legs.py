"""Question vectors and words → what each leg says of every passage.

Dense: a passage is scored by itself and by its best sentence (the sum of both cosines), which finds facts that the rest
of a passage drowns out. Lexical: BM25 over words and over character pieces, each divided by its maximum, summed.

The dense leg is one exact pass over all vectors of the FAISS indexes, by matrix product instead of their own search:
that gives the k nearest alone, while fusion wants the cosines of passages that only their words brought up, too, and
asks how far a passage stands out of the whole corpus.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.embedding.embedder import Vectors
from rag.index.contents import Index
from rag.index.vectors import rows_of

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One question's evidence on the passages that were searched; all arrays but the last have one entry for each.

    rows      passage numbers
    passage   cosine of question and passage; sentence: of question and its closest sentence (of the passage itself
              where it has no sentence)
    lexical   BM25 over words and over pieces, each relative to the best passage's, summed: 0…2
    dense_z, lexical_z   standard scores of passage + sentence and of lexical against the whole corpus; passage_z,
                         sentence_z, words_z, grams_z: of their parts
    coverage  share of the question's words that the corpus knows, 0…1
    sentences cosine of the question and each sentence of the index
    """

    rows: NDArray[np.int64]
    passage: Floats
    sentence: Floats
    lexical: Floats
    dense_z: Floats
    lexical_z: Floats
    passage_z: Floats
    sentence_z: Floats
    words_z: Floats
    grams_z: Floats
    coverage: float
    sentences: Floats


class Legs:
    """Both legs over one index. Safe from any thread: nothing changes after construction."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._with_sentences = np.flatnonzero(np.diff(index.sentence_starts))

    def evidence(self, question: str, vector: Vectors, allowed: Collection[int] | None = None) -> Evidence:
        """Evidence for one question; `allowed` limits it to some passages (rows) without changing it for those."""
        index = self._index
        words, grams = map(_relative, index.lexical.scores(question))
        lexical = words + grams
        passage = rows_of(index.passage_vectors) @ vector
        sentences = rows_of(index.sentence_vectors) @ vector
        sentence = passage.copy()
        if len(self._with_sentences):
            starts = index.sentence_starts[self._with_sentences]
            sentence[self._with_sentences] = np.maximum.reduceat(sentences, starts)
        rows = np.arange(len(passage)) if allowed is None else np.array(sorted(set(allowed)), np.int64)
        return Evidence(
            rows,
            passage[rows],
            sentence[rows],
            lexical[rows],
            _standard(passage + sentence)[rows],
            _standard(lexical)[rows],
            _standard(passage)[rows],
            _standard(sentence)[rows],
            _standard(words)[rows],
            _standard(grams)[rows],
            index.lexical.coverage(question),
            sentences,
        )


def _relative(scores: Floats) -> Floats:
    most = scores.max(initial=0.0)
    return scores / most if most > 0 else scores


def _standard(values: Floats) -> Floats:
    spread = float(values.std()) if len(values) else 0.0
    return (values - values.mean()) / spread if spread > 1e-6 else np.zeros_like(values)
