"""Hits → the fewest sentences that answer, each with the place it stands at."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.index.normal import normal
from rag.index.terms import words
from rag.records import Hit, Passage, Sentence
from rag.retrieval.retriever import Retriever, Search

PASSAGE_WEIGHT, SHARED_WEIGHT, FIGURE_WEIGHT = 0.5, 0.15, 0.03
"""Beside the sentence's own cosine: its passage's cosine, the share of the question's words it holds, and a figure in
it where the question asks for one."""
MOST = 3
_CLOSE = 0.06
"""A further sentence may score this much less than the best."""
_ASKS_FIGURE = re.compile(
    r"多少|几[个家所名人项年月日次位]|幾|何[人個年]|いくつ|몇|얼마|how (?:many|much|large|big|long|old)|when|which year"
    r"|哪年|何时|百分|比例|combien|cuánt|quant|wie ?viele?|сколько|كم|kaç|berapa|bao nhiêu|เท่า|कितन",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A sentence of an answer: where it stands, in which hit (position among the hits), and how well it answers."""

    passage: Passage
    sentence: Sentence
    hit: int
    score: float

    @property
    def quote(self) -> str:
        """The sentence's characters in the document."""
        return self.passage.text[self.sentence.start - self.passage.start : self.sentence.end - self.passage.start]


def choose(search: Search, retriever: Retriever, least: float) -> list[Chosen]:
    """Sentences in reading order: the best, and those nearly as good that hold words of the question it lacks.

    Only passages whose probability is at least `least` times the best hit's are looked at.
    """
    asked = set(words(search.question))
    figure = _ASKS_FIGURE.search(normal(search.question)) is not None
    ranked = sorted(
        (
            chosen
            for n, hit in enumerate(search.hits[:MOST])
            if hit.score >= least * search.hits[0].score
            for chosen in _scored(n, hit, search, retriever, asked, figure)
        ),
        key=lambda chosen: -chosen.score,
    )
    picked = ranked[:1]
    covered = _held(picked, asked)
    for candidate in ranked[1:]:
        if len(picked) == MOST or candidate.score < ranked[0].score - _CLOSE:
            break
        gain = _held([candidate], asked) - covered
        if len(gain) >= 2:
            picked.append(candidate)
            covered |= gain
    return sorted(picked, key=lambda chosen: (chosen.hit if chosen.hit != picked[0].hit else -1, chosen.sentence.start))


def _scored(n: int, hit: Hit, search: Search, retriever: Retriever, asked: set[str], figure: bool) -> Sequence[Chosen]:
    passage = hit.passage
    cosines = retriever.sentence_cosines(search.vector, search.rows[n])
    result = []
    for sentence, cosine in zip(passage.sentences, cosines, strict=True):
        text = passage.text[sentence.start - passage.start : sentence.end - passage.start]
        shared = len(asked & set(words(text))) / len(asked) if asked else 0.0
        score = float(cosine) + PASSAGE_WEIGHT * hit.why["passage"] + SHARED_WEIGHT * shared
        score += FIGURE_WEIGHT * (figure and any(c.isdigit() for c in text))
        result.append(Chosen(passage, sentence, n, score))
    return result


def _held(chosen: Sequence[Chosen], asked: set[str]) -> set[str]:
    return {word for one in chosen for word in asked & set(words(one.quote))}
