"""A generated text → its sentences with the numbers each cites, those that were never offered told apart."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import regex

from rag.answering.generation.spoken import spoken

_HALF_MARK = regex.compile(r"\s*[\[［【][^\]］】]{0,40}$")


@dataclass(frozen=True, slots=True)
class Cited:
    """A sentence without its marks; `dropped` are numbers it cites that no passage was offered under."""

    text: str
    numbers: tuple[int, ...]
    dropped: tuple[int, ...]


def cited_sentences(text: str, offered: Collection[int]) -> list[Cited]:
    """Cut a whole text. A mark behind the full stop belongs to the sentence before it ("….[1] Next")."""
    return [_cited(sentence, numbers, offered) for sentence, numbers in spoken([text])]


class CitedStream:
    """The same while the text grows: a sentence is given out once the next has begun, so with all its marks."""

    def __init__(self, offered: Collection[int]) -> None:
        """Take citations of these numbers only."""
        self._offered = offered
        self._text = ""
        self._given = 0

    def feed(self, text: str) -> list[Cited]:
        """Sentences that this piece of text completes."""
        self._text += text
        return self._new(list(spoken([_HALF_MARK.sub("", self._text)]))[:-1])

    def end(self) -> list[Cited]:
        """What is left when nothing more comes."""
        return self._new(list(spoken([self._text])))

    def _new(self, said: Sequence[tuple[str, tuple[int, ...]]]) -> list[Cited]:
        new = [_cited(sentence, numbers, self._offered) for sentence, numbers in said[self._given :]]
        self._given = max(self._given, len(said))
        return new


def _cited(sentence: str, numbers: Sequence[int], offered: Collection[int]) -> Cited:
    return Cited(
        sentence,
        tuple(number for number in numbers if number in offered),
        tuple(number for number in numbers if number not in offered),
    )
