"""Question vectors and words → what each leg says of the passages that matter.

Dense: a passage is scored by itself and by its best sentence (the sum of both cosines), which finds facts that the rest
of a passage drowns out. Lexical: BM25 over words and over character pieces, each divided by its maximum, summed.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.embedding.embedder import Vectors
from rag.index.contents import Index
from rag.index.vectors import rows_of

Floats = NDArray[np.float32]
CANDIDATES = 256
"""Passages that each search contributes; also the size of the sample that stands for the corpus."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One question's evidence on its candidate passages; all arrays have one entry a candidate.

    rows      passage numbers; best: row of the closest sentence in `index.sentence_vectors`
    passage   cosine of question and passage; sentence: of question and its closest sentence
    lexical   BM25 over words and over pieces, each relative to the best passage's, summed: 0…2
    dense_z, lexical_z   standard scores of passage + sentence and of lexical against the whole corpus (dense: a fixed
                         sample of it where it is large); passage_z, sentence_z, words_z, grams_z: of their parts
    coverage  share of the question's words that the corpus knows, 0…1
    """

    rows: NDArray[np.int64]
    best: NDArray[np.int64]
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


class Legs:
    """Both legs over one index. Safe from any thread: nothing changes after construction."""

    def __init__(self, index: Index) -> None:
        self._index = index
        count = len(index.passages)
        sample = np.linspace(0, count - 1, min(count, CANDIDATES)).astype(np.int64) if count else np.zeros(0, np.int64)
        self._sample = np.unique(sample)
        self._owner = np.repeat(np.arange(count), np.diff(index.sentence_starts))

    def evidence(self, question: str, vector: Vectors, allowed: Collection[int] | None = None) -> Evidence:
        """Evidence for the candidates of one question; `allowed` limits them to some passages (rows)."""
        index = self._index
        words, grams = map(_relative, index.lexical.scores(question))
        lexical = words + grams
        rows = self._candidates(vector, lexical, None if allowed is None else np.array(sorted(set(allowed)), np.int64))
        passage, sentence, best = self._cosines(vector, rows)
        sampled = self._sample
        passages, sentences = self._cosines(vector, sampled)[:2]
        coverage = index.lexical.coverage(question)
        return Evidence(
            rows,
            best,
            passage,
            sentence,
            lexical[rows],
            _standard(passage + sentence, passages + sentences),
            _standard(lexical[rows], lexical),
            _standard(passage, passages),
            _standard(sentence, sentences),
            _standard(words[rows], words),
            _standard(grams[rows], grams),
            coverage,
        )

    def _candidates(self, vector: Vectors, lexical: Floats, allowed: NDArray[np.int64] | None) -> NDArray[np.int64]:
        count = len(self._index.passages)
        if allowed is not None:
            return allowed if len(allowed) <= 2 * CANDIDATES else self._candidates_among(vector, lexical, allowed)
        if count <= 2 * CANDIDATES:
            return np.arange(count, dtype=np.int64)
        question = np.ascontiguousarray(vector[None], np.float32)
        near = self._index.passage_vectors.search(question, CANDIDATES)[1][0]
        near_sentences = self._index.sentence_vectors.search(question, CANDIDATES)[1][0]
        by_words = np.argpartition(-lexical, CANDIDATES)[:CANDIDATES]
        return np.unique(np.concatenate([near, self._owner[near_sentences], by_words]))

    def _candidates_among(self, vector: Vectors, lexical: Floats, allowed: NDArray[np.int64]) -> NDArray[np.int64]:
        index = self._index
        outside = np.ones(len(index.passages), bool)
        outside[allowed] = False
        sentences = rows_of(index.sentence_vectors) @ vector
        sentences[outside[self._owner]] = -np.inf
        near_sentences = self._owner[_highest(sentences)]
        near = _highest(np.where(outside, -np.inf, rows_of(index.passage_vectors) @ vector))
        by_words = _highest(np.where(outside, -np.inf, lexical))
        rows: NDArray[np.int64] = np.unique(np.concatenate([near, near_sentences, by_words]))
        return rows[~outside[rows]]  # there may be fewer sentences inside than were asked for

    def _cosines(self, vector: Vectors, rows: NDArray[np.int64]) -> tuple[Floats, Floats, NDArray[np.int64]]:
        """Cosine with each passage, with its best sentence, and that sentence's row (the passage's own where it has
        none: then both cosines are the same)."""
        if not len(rows):
            return np.zeros(0, np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64)
        index = self._index
        passage = rows_of(index.passage_vectors)[rows] @ vector
        starts, ends = index.sentence_starts[rows], index.sentence_starts[rows + 1]
        sizes = ends - starts
        places = np.repeat(starts - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes) + np.arange(sizes.sum())
        cosines = rows_of(index.sentence_vectors)[places] @ vector
        sentence, best = passage.copy(), np.full(len(rows), -1, np.int64)
        for i, (a, size) in enumerate(zip(np.cumsum(sizes) - sizes, sizes, strict=True)):
            if size:
                top = int(np.argmax(cosines[a : a + size]))
                sentence[i], best[i] = cosines[a + top], starts[i] + top
        return passage, sentence, best


def _highest(values: Floats) -> NDArray[np.int64]:
    if len(values) <= CANDIDATES:
        return np.arange(len(values), dtype=np.int64)
    return np.argpartition(-values, CANDIDATES)[:CANDIDATES]


def _relative(scores: Floats) -> Floats:
    most = scores.max(initial=0.0)
    return scores / most if most > 0 else scores


def _standard(values: Floats, background: Floats) -> Floats:
    spread = float(background.std()) if len(background) else 0.0
    return (values - background.mean()) / spread if spread > 1e-6 else np.zeros_like(values)
