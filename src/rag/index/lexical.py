"""Passage texts → BM25 over words and BM25 over character pieces, stored with the index."""

import math
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Literal, Self

from rag.index.postings import FILES, Postings, Scores
from rag.index.terms import grams, has_han, words

LEXICAL_FILES = tuple(f"{stream}/{file}" for stream in ("words", "grams") for file in FILES)
PROBE_CHARACTERS = 32


class LexicalIndex:
    """BM25 of a question over all passages, by row."""

    def __init__(self, words: Postings, grams: Postings) -> None:
        self._words, self._grams = words, grams

    @classmethod
    def build(cls, texts: Sequence[str]) -> Self:
        """Index the texts (headings and passage), one row each."""
        return cls(Postings.build([words(text) for text in texts]), Postings.build([grams(text) for text in texts]))

    @property
    def passages(self) -> int:
        """Rows: the passages of the corpus."""
        return self._words.passages

    def scores(self, question: str) -> tuple[Scores, Scores]:
        """BM25 over words and over character pieces: two arrays (passages,), zeros where nothing is shared."""
        return self._words.scores(words(question)), self._grams.scores(grams(question))

    def coverage(self, question: str) -> float:
        """Share (0…1) of the question's different words that occur in the corpus; 0 for a question without words.

        Counted, not weighted by rarity: on XQuAD and CMRC counts part the questions in the corpus's language (95 % of
        them have at least 0.75) from those in another (95 % at most 0.6); with weights the two overlap.
        """
        return self.known(set(words(question)))

    def known(self, terms: Collection[str]) -> float:
        """Share (0…1) of the terms (of the stream `words`) that occur in the corpus; 0 for none."""
        return sum(bool(self._words.lookup(term)) for term in terms) / len(terms) if terms else 0.0

    def frequencies(self) -> dict[str, int]:
        """Every word of the corpus, and how many passages hold it."""
        return {term: self._words.frequency(term) for term in self._words.vocabulary}

    def rarity(self, terms: Collection[str], stream: Literal["words", "grams"]) -> dict[str, float]:
        """Weight of each term of a stream: the log of how many times rarer it is than a term of every passage."""
        postings = self._words if stream == "words" else self._grams
        return {term: math.log(1 + postings.passages / (1 + postings.frequency(term))) for term in terms}

    def probe(self, texts: Sequence[str]) -> tuple[int, float, float] | None:
        """A row and what the beginning of its own text scores there, for `passes`; a Chinese one if there is any.

        None for a corpus without words.
        """
        starts = [text[:PROBE_CHARACTERS] for text in texts]
        row = next((row for row, start in enumerate(starts) if has_han(start)), None)
        if row is None:
            row = next((row for row, start in enumerate(starts) if words(start)), None)
        return None if row is None else (row, *self._at(row, texts[row]))

    def passes(self, probe: tuple[int, float, float], text: str) -> bool:
        """Whether the text of the probe's row still scores as it did when the index was built.

        It does not when an installed library cuts or converts words otherwise than the one that built the index.
        """
        row, *expected = probe
        return all(
            math.isclose(now, then, rel_tol=1e-3) for now, then in zip(self._at(row, text), expected, strict=True)
        )

    def save(self, folder: Path) -> None:
        """Write those of `LEXICAL_FILES` that there is something for."""
        self._words.save(folder / "words")
        self._grams.save(folder / "grams")

    @classmethod
    def load(cls, folder: Path, passages: int) -> Self:
        """Read what `save` wrote. Raises OSError, ValueError or LookupError where it cannot be."""
        return cls(Postings.load(folder / "words", passages), Postings.load(folder / "grams", passages))

    def _at(self, row: int, text: str) -> tuple[float, float]:
        by_words, by_grams = self.scores(text[:PROBE_CHARACTERS])
        return float(by_words[row]), float(by_grams[row])
