"""Hits → the fewest sentences that answer, each with the place it stands at."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.answering.reader import Reader, Reading
from rag.answering.sentence_features import (
    FEATURES,
    Content,
    content_of,
    leans_on_before,
    sentence_features,
    sentence_text,
)
from rag.documents.sections import SEPARATOR
from rag.records import Passage, Sentence
from rag.retrieval.searcher import Search, Searcher

MOST = 3
"""Hits whose sentences are looked at, and sentences of an answer."""
READ, _HOPELESS = 6, 5.0
"""Sentences that the reader reads: those that are likeliest before, and of them those that score at most this much less
than the first. On dev all six tell no better whether the documents answer, those within 3.0 worse (AUROC 0.006 less on
the article)."""
_CLOSE, _GAIN = 1.5, 0.15
"""A further sentence may score this much less than the best (as log odds), and must hold this share
of the question's content that the sentences before it lack."""
_SUREST = 12.0
_SURE, _MOST_OF = 0.5, 0.6
"""Probability from which a part of a sentence is told to be the answer. One that is longer is the sentence itself."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A sentence of an answer: where it stands, in which hit (position among the hits), and how well it answers.

    spans  characters of `quote` that the reader takes for what was asked for, where it is sure
    """

    passage: Passage
    sentence: Sentence
    hit: int
    score: float
    spans: tuple[tuple[int, int], ...] = ()

    @property
    def quote(self) -> str:
        """The sentence's characters in the document."""
        return sentence_text(self.passage, self.sentence)


class ToRead(NamedTuple):
    """A sentence, in which hit it stands, and the title of its document."""

    quote: str
    hit: int
    title: str


@dataclass(frozen=True, slots=True)
class Candidates:
    """Sentences that may answer a question, the likeliest first, and their features: (sentences, len(FEATURES)).

    read  whether a reader has read them
    """

    sentences: tuple[Chosen, ...]
    features: NDArray[np.float64]
    content: Content
    read: bool


def candidates(search: Search, searcher: Searcher, least: float, reader: Reader | None = None) -> Candidates:
    """The sentences of the first hits; where there is a reader, the READ likeliest, read.

    Only passages whose probability is at least `least` times the best hit's are looked at. A sentence's score is a
    weighted sum of its features; `eval/fit_sentences.py` fits the weights in `sentences.json`, so that a sentence that
    holds the answer has the highest of those of the first hits.
    """
    content = content_of(search, searcher)
    found: list[Chosen] = []
    tables = [np.zeros((0, len(FEATURES)))]
    for n, hit in enumerate(search.hits[:MOST]):
        if hit.score >= least * search.hits[0].score:
            found += [Chosen(hit.passage, sentence, n, 0.0) for sentence in hit.passage.sentences]
            tables.append(sentence_features(search, n, searcher, content))
    unread = _ranked(found, np.concatenate(tables), "with tokens" if search.tokens is not None else "without tokens")
    if reader is None or not found:
        return Candidates(*unread, content, False)
    count = worth_reading([chosen.score for chosen in unread[0]])
    first, features = unread[0][:count], unread[1][:count]
    # As they are read: passage by passage, from the top.
    order = sorted(range(count), key=lambda i: (first[i].hit, first[i].sentence.start))
    in_order = [first[i] for i in order]
    texts = [ToRead(chosen.quote, chosen.hit, title_of(chosen.passage)) for chosen in in_order]
    readings = read(reader, search.question, texts)
    features[order, FEATURES.index("read")] = read_values(readings)
    ranked, features = _ranked(first, features, "with reader")
    told = {(chosen.hit, chosen.sentence.start): reading for chosen, reading in zip(in_order, readings, strict=True)}
    spanned = tuple(
        replace(chosen, spans=told_spans(told[chosen.hit, chosen.sentence.start], chosen.quote, best=n == 0))
        for n, chosen in enumerate(ranked)
    )
    return Candidates(spanned, features, content, True)


def worth_reading(scores: Sequence[float]) -> int:
    """How many of the sentences, the likeliest first, are read."""
    return sum(score >= scores[0] - _HOPELESS for score in scores[:READ])


def title_of(passage: Passage) -> str:
    """The title of the passage's document, or the first heading over it; "" where there is none."""
    return passage.heading.partition(SEPARATOR)[0]


def read(reader: Reader, question: str, texts: Sequence[ToRead]) -> list[Reading]:
    """What the reader says of sentences in reading order."""
    groups = [list(own) for _, own in groupby(texts, key=lambda text: text.hit)]
    passages = [[text.quote for text in own] for own in groups]
    readings = reader.read(question, passages, [own[0].title for own in groups])
    return [reading for passage in readings for reading in passage]


def read_values(readings: Sequence[Reading]) -> NDArray[np.float64]:
    """The feature "read": (sentences,)."""
    return np.clip(np.array([reading.value for reading in readings], np.float64), -_SUREST, _SUREST)


def told_spans(reading: Reading, quote: str, *, best: bool) -> tuple[tuple[int, int], ...]:
    """The part of a sentence that answers, where it is likelier than all others together.

    In the best sentence, which is cited only where the documents are said to answer, or where a part answers at all.
    """
    begin, end = reading.begin, reading.end
    while begin < end and not _is_said(quote[end - 1]):
        end -= 1
    while begin < end and not (quote[begin].isalnum() or quote[begin] in "“「『《（($€£¥"):
        begin += 1
    sure = reading.sure >= _SURE and (best or reading.value >= 0)
    return ((begin, end),) if sure and 0 < end - begin <= _MOST_OF * len(quote) else ()


def _is_said(character: str) -> bool:
    return character.isalnum() or character in "%％‰°℃”」』》）)"


def _ranked(
    some: Sequence[Chosen], features: NDArray[np.float64], name: str
) -> tuple[tuple[Chosen, ...], NDArray[np.float64]]:
    scores = features @ weights(name)
    order = np.argsort(-scores, kind="stable")
    return tuple(replace(some[i], score=float(scores[i])) for i in order), features[order]


def choose(found: Candidates) -> list[Chosen]:
    """Sentences in reading order: the best, and those nearly as good that hold words of the question it lacks.

    One that is read before the best is only taken where the best begins with a word that stands for something in it:
    on dev most of the others delayed the answer and added nothing.
    """
    ranked, content = found.sentences, found.content
    picked = list(ranked[:1])
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
        place_ = (chosen.passage.id, chosen.sentence.start)
        before = unique.get(place_, known)
        unique[place_] = replace(before, spans=tuple(dict.fromkeys(before.spans + known.spans)))
    return sorted(unique.values(), key=lambda chosen: (first[chosen.passage.id], chosen.sentence.start))


@cache
def weights(name: str) -> NDArray[np.float64]:
    """One for each of FEATURES: "with reader", "with tokens" (of a model and an index that have token states) or
    "without tokens"; 0 at those that there are none of."""
    shipped = json.loads(files("rag.answering").joinpath("sentences.json").read_text("utf-8"))[name]
    return np.array([shipped.get(feature, 0.0) for feature in FEATURES])
