"""Hits → the fewest sentences that answer, each with the place it stands at."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from rag.answering.sentence_features import (
    FEATURES,
    Content,
    content_of,
    leans_on_before,
    sentence_features,
    sentence_text,
)
from rag.records import Passage, Sentence
from rag.retrieval.retriever import Retriever, Search

MOST = 3
"""Hits whose sentences are looked at, and sentences of an answer."""
_CLOSE, _GAIN = 1.5, 0.15
"""A further sentence may score this much less than the best (as log odds), and must hold this share
of the question's content that the sentences before it lack."""


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
        return sentence_text(self.passage, self.sentence)


def choose(search: Search, retriever: Retriever, least: float) -> list[Chosen]:
    """Sentences in reading order: the best, and those nearly as good that hold words of the question it lacks.

    One that is read before the best is only taken where the best begins with a word that stands for something in it:
    on dev most of the others delayed the answer and added nothing.

    Only passages whose probability is at least `least` times the best hit's are looked at. A sentence's score is a
    weighted sum of its features; `eval/fit_sentences.py` fits the weights in `sentences.json`, so that a sentence that
    holds the answer has the highest of those of the first hits.
    """
    content = content_of(search, retriever)
    ranked = sorted(
        (
            chosen
            for n, hit in enumerate(search.hits[:MOST])
            if hit.score >= least * search.hits[0].score
            for chosen in _scored(n, search, retriever, content)
        ),
        key=lambda chosen: -chosen.score,
    )
    picked = ranked[:1]
    held = content.held(picked[0].quote) if picked else set()
    for candidate in ranked[1:]:
        if len(picked) == MOST or candidate.score < ranked[0].score - _CLOSE:
            break
        if _before(candidate, ranked[0]) and not _leads_to(candidate, ranked[0]):
            continue
        more = content.held(candidate.quote) - held
        if content.weight(more) >= _GAIN:
            picked.append(candidate)
            held |= more
    return sorted(picked, key=lambda chosen: (chosen.hit if chosen.hit != picked[0].hit else -1, chosen.sentence.start))


def _before(one: Chosen, other: Chosen) -> bool:
    return one.hit == other.hit and one.sentence.start < other.sentence.start


def _leads_to(one: Chosen, other: Chosen) -> bool:
    """Whether `other` goes on from `one`, the sentence right before it."""
    sentences = list(other.passage.sentences)
    follows = sentences.index(other.sentence) - sentences.index(one.sentence) == 1
    return follows and leans_on_before(other.quote)


def among(search: Search, whole: Search) -> Search:
    """What of a search was found by another search, too."""
    rows = set(whole.rows)
    kept = [place for place, row in enumerate(search.rows) if row in rows]
    return replace(
        search,
        hits=tuple(search.hits[place] for place in kept),
        rows=tuple(search.rows[place] for place in kept),
        copied=frozenset(n for n, place in enumerate(kept) if place in search.copied),
    )


def merged(answers: Sequence[Sequence[Chosen]], whole: Search) -> list[Chosen]:
    """The sentences of several answers as one: passages in the order they come up in, sentences as they are read."""
    place = {hit.passage.id: n for n, hit in enumerate(whole.hits)}
    first: dict[str, int] = {}
    unique: dict[tuple[str, int], Chosen] = {}
    for chosen in (chosen for answer in answers for chosen in answer):
        first.setdefault(chosen.passage.id, len(first))
        known = replace(chosen, hit=place[chosen.passage.id])
        unique.setdefault((chosen.passage.id, chosen.sentence.start), known)
    return sorted(unique.values(), key=lambda chosen: (first[chosen.passage.id], chosen.sentence.start))


def _scored(n: int, search: Search, retriever: Retriever, content: Content) -> Sequence[Chosen]:
    passage = search.hits[n].passage
    scores = sentence_features(search, n, retriever, content) @ weights(search.tokens is not None)
    return [
        Chosen(passage, sentence, n, float(score)) for sentence, score in zip(passage.sentences, scores, strict=True)
    ]


@cache
def weights(with_tokens: bool) -> NDArray[np.float64]:
    """One for each of FEATURES; those for a model or an index without token states are 0 at their features."""
    name = "with tokens" if with_tokens else "without tokens"
    shipped = json.loads(files("rag.answering").joinpath("sentences.json").read_text("utf-8"))[name]
    return np.array([shipped.get(feature, 0.0) for feature in FEATURES])
