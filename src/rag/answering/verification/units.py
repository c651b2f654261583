"""What stands behind a number → its unit: a class of units that convert into each other, and the size within it."""

import json
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

import regex

_WORD = regex.compile(r"[\s-]*([a-z.°²]+[23]?(?:[\s-][a-z]+(?:[\s-][a-z]+)?)?)")


@dataclass(frozen=True, slots=True)
class Unit:
    """`kind` is "" where nothing is known about what is counted."""

    kind: str = ""
    size: Fraction = Fraction(1)


NONE = Unit()


def unit_after(text: str, end: int) -> tuple[Unit, int]:
    """The unit that starts at `end` and where it ends; `NONE` and `end` where there is none."""
    han, latin = _tables()
    rest = text[end : end + 24]
    bare = rest.lstrip(" \u3000")
    if bare and bare[0] in "%‰℃°" and bare[:2] != "°c":
        return han[bare[0]], end + len(rest) - len(bare) + 1
    for length in range(5, 0, -1):
        if bare[:length] in han and len(bare) >= length:
            return han[bare[:length]], end + len(rest) - len(bare) + length
    match = _WORD.match(rest)
    if match:
        words = regex.split(r"(?<=.)(?=[\s-])", match[1])
        for count in range(len(words), 0, -1):
            phrase = "".join(words[:count])
            for form in (phrase, phrase.replace("-", " ")):
                if form.rstrip(".") in latin:
                    return latin[form.rstrip(".")], end + match.start(1) + len(phrase)
    return NONE, end


def unit_before(text: str, start: int) -> Unit:
    """The unit of a currency sign that ends at `start`."""
    before = text[max(0, start - 4) : start].rstrip()
    for sign, kind in sorted(_signs().items(), key=lambda item: -len(item[0])):
        if before.endswith(sign):
            return Unit(kind)
    return NONE


def compatible(one: Unit, other: Unit) -> bool:
    """Whether figures of equal size can be the same: 3 people are not 3 years; a bare 3 may be either."""
    kinds = {one.kind, other.kind}
    return (
        len(kinds) == 1
        or "" in kinds
        or kinds <= {"thing", "occasion"}
        or kinds == {"pound", "GBP"}
        or kinds == {"age", "year"}
    )


@cache
def _tables() -> tuple[dict[str, Unit], dict[str, Unit]]:
    """Words of Chinese and of Latin letters. Words of one class with one size are the same unit."""
    han: dict[str, Unit] = {}
    latin: dict[str, Unit] = {}
    for kind, words in _data()["classes"].items():
        for word, size in words.items():
            (latin if word.isascii() and word[0].isalpha() else han)[word] = Unit(kind, Fraction(size))
    return han, latin


def _signs() -> dict[str, str]:
    signs: dict[str, str] = _data()["signs"]
    return signs


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(files(__package__).joinpath("units.json").read_text("utf-8"))
    return data
