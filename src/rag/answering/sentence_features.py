"""A question and one of its hits → what speaks for each sentence of the passage as the answer."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.answering.asked import ASKS_FIGURE, FIGURE, KINDS, Asked, asked_by
from rag.index.normal import normal
from rag.index.terms import grams, words
from rag.records import Passage, Sentence
from rag.retrieval.late import sentence_interaction
from rag.retrieval.probability import question_words
from rag.retrieval.rank import longest_run
from rag.retrieval.searcher import Search, Searcher

FEATURES = (
    "cosine",
    "ranking",
    "tokens",
    "pair",
    "least",
    "words",
    "grams",
    "run",
    "figure",
    "new_figure",
    "length",
    "before",
    *KINDS,
    "read",
)
"""cosine   of the question's vector and the sentence's own
ranking  the passage's value in the ranking, less the best passage's (0…−8)
tokens   late interaction with the sentence; pair: with it and the one before or after, whichever is better;
         least: mean of the three worst matched tokens of the question
words    share of the question's content words, weighed by rarity, that the sentence holds; grams: of its pieces
run      longest run of the question's characters that it holds, as a share of the question
figure   a figure is asked for and the sentence holds one; new_figure: one that is not in the question
length   log of its characters
before   where it begins with a word that stands for something before it ("它们", "this"), share of the question's
         content words that the sentence before it holds and it does not
and what the question asks for (`rag.answering.asked`)
read     what the reader says of it (`rag.answering.reader`), within ±12; 0 without a reader"""
_LEANS = re.compile(
    r"\s*[“\"(（]?(?:[它他她]们?|[这那该此其]|前者|后者|两者|以上|上述|同时|另外|此外|またこの|この|その|これ|それ"
    r"|(?:it|its|they|their|this|these|those|that|he|his|she|her|such|both|the (?:former|latter|same))\b"
    r"|(?:il|ils|elle|elles|ce|cette|ces|es|er|sie|dies\w*|este|esta|estos|estas|ello|él|ella|это|эт[аио]т?|он[аио]?)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Content:
    """A question's content: its words and character pieces without those that only ask, each with its rarity."""

    words: Mapping[str, float]
    grams: Mapping[str, float]
    figures: frozenset[str]
    asks_figure: bool
    bare: str
    asked: Asked

    def held(self, text: str) -> set[str]:
        """Words of the content that a text holds."""
        return self.words.keys() & set(words(text))

    def weight(self, held: set[str]) -> float:
        """Share (0…1) of the content that these words are."""
        return share(self.words, held)


def content_of(search: Search, searcher: Searcher) -> Content:
    """The content of the question that was searched for."""
    lexical = searcher.index.lexical
    asked, pieces = set(words(search.question)), set(grams(search.question))
    asking = question_words()
    plain = normal(search.question)
    return Content(
        lexical.rarity(asked - asking or asked, "words"),
        lexical.rarity(pieces - asking or pieces, "grams"),
        frozenset(FIGURE.findall(plain)),
        ASKS_FIGURE.search(plain) is not None,
        "".join(plain.split()),
        asked_by(search.question),
    )


def sentence_features(search: Search, hit: int, searcher: Searcher, content: Content) -> NDArray[np.float64]:
    """(sentences, len(FEATURES)) for the sentences of one hit's passage, unread."""
    passage, row = search.hits[hit].passage, search.rows[hit]
    texts = [sentence_text(passage, sentence) for sentence in passage.sentences]
    table = np.zeros((len(texts), len(FEATURES)))
    if not texts:
        return table
    table[:, 0] = searcher.sentence_cosines(search.vector, row)
    best = max(found.why["ranking"] for found in search.hits)
    table[:, 1] = max(-8.0, search.hits[hit].why["ranking"] - best)
    if search.tokens is not None:
        matches = sentence_interaction(searcher.index, search.tokens, row)
        table[:, 2] = matches.mean(axis=0)
        table[:, 3] = _pairs(matches)
        table[:, 4] = np.sort(matches, axis=0)[:3].mean(axis=0)
    for i, text in enumerate(texts):
        plain = normal(text)
        figures = set(FIGURE.findall(plain))
        table[i, 5] = content.weight(content.held(text))
        table[i, 6] = share(content.grams, content.grams.keys() & set(grams(text)))
        table[i, 7] = longest_run(content.bare, "".join(plain.split()))
        table[i, 8] = content.asks_figure and bool(figures)
        table[i, 9] = content.asks_figure and bool(figures - content.figures)
        table[i, 10] = np.log(1 + len(text))
        if i > 0 and leans_on_before(text):
            table[i, 11] = content.weight(content.held(texts[i - 1]) - content.held(text))
        table[i, 12:-1] = content.asked.found_in(text)
    return table


def leans_on_before(sentence: str) -> bool:
    """Whether it begins with a word that stands for something said before."""
    return _LEANS.match(sentence) is not None


def sentence_text(passage: Passage, sentence: Sentence) -> str:
    """The sentence's characters in the document."""
    return passage.text[sentence.start - passage.start : sentence.end - passage.start]


def share(weights: Mapping[str, float], held: set[str]) -> float:
    """Share (0…1) of all weight that the held terms have."""
    total = sum(weights.values())
    return sum(weights[term] for term in held) / total if total else 0.0


def _pairs(matches: NDArray[np.float32]) -> Sequence[float]:
    """Mean match of each sentence together with a neighbour, the better of the two."""
    count = matches.shape[1]
    joined = [float(np.maximum(matches[:, i], matches[:, i + 1]).mean()) for i in range(count - 1)]
    alone = [float(value) for value in matches.mean(axis=0)]
    return [max([alone[i], *joined[max(0, i - 1) : i + 1]]) for i in range(count)]
