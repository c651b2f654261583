"""A generated sentence and the passages it cites → the sentences of those passages that bear it out."""

from collections.abc import Callable, Sequence

from rag.answering.generation.budget import Offered
from rag.answering.language import language_of
from rag.answering.verification import Problem, verify
from rag.index.terms import grams
from rag.records import Passage

_WIDEST = 3
"""Sentences of a passage that a sentence may stand on together. What is drawn from further apart is a conclusion."""
_NEAREST = 3
"""Sentences in another language that are looked at, the nearest in meaning first."""

Place = tuple[Passage, int, int]
"""A passage and the range of the document, within it, that is cited."""
Similar = Callable[[str, Sequence[str]], Sequence[float]]
"""Cosines of a text with each of some others, by the embedding model."""


def evidence(sentence: str, cited: Sequence[Offered], similar: Similar) -> tuple[list[Place], Sequence[Problem]]:
    """The places that bear the sentence out, or else what is wrong with it.

    A passage whose sentences bear it out alone is cited without the others, and by the fewest of its sentences, so a
    citation is never wider than what it shows. Only where no passage does are their closest sentences taken together.
    """
    alone = [place for offered in cited if (place := _narrowest(sentence, offered)) is not None]
    if alone:
        return alone, ()
    together = [_closest(sentence, offered) for offered in cited]
    verdict = verify(sentence, [_quote(place) for place in together])
    if verdict.supported:
        return together, ()
    translated = _translated(sentence, cited, similar)
    return (translated, ()) if translated else ([], verdict.problems)


def _narrowest(sentence: str, offered: Offered) -> Place | None:
    """The shortest run of sentences that bears it out, None where none does."""
    count = len(offered.sentences)
    runs = [(first, first + width - 1) for width in range(1, _WIDEST + 1) for first in range(count - width + 1)]
    # Of runs of one width, the one that shares the most with the sentence: more than one may hold all its figures.
    for first, last in sorted(runs, key=lambda run: (run[1] - run[0], -_shared(sentence, offered.slice(*run)))):
        if verify(sentence, [offered.slice(first, last)]).supported:
            return _place(offered, first, last)
    return None


def _translated(sentence: str, cited: Sequence[Offered], similar: Similar) -> list[Place]:
    """The nearest sentence in another language that bears it out: there words cannot be compared, meaning can."""
    language = _base_language(sentence)
    foreign = [offered for offered in cited if _base_language(offered.text) != language]
    places = [_place(offered, n, n) for offered in foreign for n in range(len(offered.sentences))]
    if not places:
        return []
    cosines = similar(sentence, [_quote(place) for place in places])
    for n in sorted(range(len(places)), key=lambda n: -cosines[n])[:_NEAREST]:
        if verify(sentence, [_quote(places[n])], similarity=float(cosines[n])).supported:
            return [places[n]]
    return []


def _base_language(text: str) -> str:
    return language_of(text).split("-")[0]


def _closest(sentence: str, offered: Offered) -> Place:
    best = max(range(len(offered.sentences)), key=lambda n: _shared(sentence, offered.slice(n, n)))
    return _place(offered, best, best)


def _shared(sentence: str, text: str) -> int:
    return len(set(grams(sentence)) & set(grams(text)))


def _place(offered: Offered, first: int, last: int) -> Place:
    return offered.passage, offered.sentences[first].start, offered.sentences[last].end


def _quote(place: Place) -> str:
    passage, start, end = place
    return passage.text[start - passage.start : end - passage.start]
