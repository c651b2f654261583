"""One question, ranked by words, by meaning and by both: what each leg finds, side by side."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.index.normal import normal
from rag.index.terms import grams, words
from rag.records import Hit
from rag.retrieval.searcher import Leg
from rag.serving.browser import views
from rag.serving.browser.chat import LONGEST_QUESTION

if TYPE_CHECKING:
    from rag.rag import Rag

SHOWN = 8
_DEPTH = 50
"""Passages of each leg's ranking that the others' are compared with."""
LEGS: tuple[Leg, ...] = ("lexical", "dense", "hybrid")
_VALUE = {"lexical": "lexical", "dense": "dense_z", "hybrid": "ranking"}
"""What of `Hit.why` a leg ranks by."""


@dataclass(frozen=True, slots=True)
class Found:
    """A hit of one leg.

    value        what the leg ranks by; None where the search does not say
    probability  that it answers, as the whole search says; None where that does not find it
    places       its rank from 1 in each of the other legs; None where it is not among the first
    """

    hit: Hit
    value: float | None
    probability: float | None
    places: Mapping[Leg, int | None]


@dataclass(frozen=True, slots=True)
class Forms:
    """What is searched for: the normal form, the words (each with whether the corpus knows it) and the pieces of it."""

    normal: str
    words: Sequence[tuple[str, bool]]
    pieces: Sequence[str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """By leg: its first hits and the seconds that it took."""

    question: str
    forms: Forms
    found: Mapping[Leg, Sequence[Found]]
    seconds: Mapping[Leg, float]


def compare(rag: Rag, question: str) -> Comparison:
    """The question asked of each leg."""
    hits: dict[Leg, list[Hit]] = {}
    seconds: dict[Leg, float] = {}
    for leg in LEGS:
        began = time.perf_counter()
        hits[leg] = rag.search(question, k=_DEPTH, leg=leg)
        seconds[leg] = time.perf_counter() - began
    places = {leg: {hit.passage.id: place for place, hit in enumerate(found, 1)} for leg, found in hits.items()}
    probable = {hit.passage.id: hit.score for hit in hits["hybrid"]}
    found = {
        leg: [
            Found(
                hit,
                hit.why.get(_VALUE[leg]),
                probable.get(hit.passage.id),
                {other: places[other].get(hit.passage.id) for other in LEGS if other != leg},
            )
            for hit in hits[leg][:SHOWN]
        ]
        for leg in LEGS
    }
    return Comparison(question, _forms(rag, question), found, seconds)


def compared(rag: Rag, question: Any) -> str:
    """The comparison as HTML, "" for an empty question. A browser can send anything."""
    asked = question.strip()[:LONGEST_QUESTION] if isinstance(question, str) else ""
    return views.frame("comparison", comparison=compare(rag, asked)) if asked else ""


def _forms(rag: Rag, question: str) -> Forms:
    known = rag.index.lexical.known
    return Forms(
        normal(question),
        [(word, bool(known([word]))) for word in dict.fromkeys(words(question))],
        list(dict.fromkeys(grams(question))),
    )
