"""Figures, dates and times of a sentence that its quotes do not hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import regex

from rag.answering.verification.dates import Date, agree, find_dates
from rag.answering.verification.figures import Figure, find_figures
from rag.answering.verification.times import Time, find_times, same_time
from rag.answering.verification.units import compatible
from rag.answering.verification.verdict import Problem

_VULGAR = {
    c: f"{n}/{d}"
    for c, n, d in (("½", 1, 2), ("⅓", 1, 3), ("⅔", 2, 3), ("¼", 1, 4), ("¾", 3, 4), ("⅕", 1, 5), ("⅛", 1, 8))
}
_VULGAR_SIGN = regex.compile(rf"(?<=(\d)?)[{''.join(_VULGAR)}]")
_HALF_A_MILLION = regex.compile(r"\bhalf\s+an?\s+(?=(?:hundred|thousand|million|billion|trillion)\b)", regex.IGNORECASE)
_OF_AN_HOUR = (
    (regex.compile(r"\b(?:a |one )?quarter of an hour\b", regex.IGNORECASE), "15 minutes"),
    (regex.compile(r"\b(?:half an hour|a half[ -]hour)\b", regex.IGNORECASE), "30 minutes"),
    (regex.compile(r"(?<![\p{Han}\d])一刻钟|(?<=[要需约用过])一刻钟"), "15分钟"),
    (regex.compile(r"(?<![个\d])半个?小时"), "30分钟"),
)
_RELATIVE = {
    "this year": r"今年|本年度|当年|\bthis\s+year\b|\bcurrent\s+year\b",
    "last year": r"去年|上一?年度?|\blast\s+year\b|\bprevious\s+year\b|\byear\s+before\b|前一年",
    "next year": r"明年|次年|翌年|下一年|\bnext\s+year\b|\bfollowing\s+year\b",
    "yesterday": r"昨[天日晚]|\byesterday\b",
    "today": r"今[天日晚]|\btoday\b|\bcurrently\b|现在|如今|目前|\bnow\b|\bnowadays\b|当今",
    "tomorrow": r"明[天日晚]|\btomorrow\b",
    "start of the year": r"年初"
    r"|\b(?:start|beginning)\s+of\s+(?:the\s+year|[12][0-9]{3})|\bearly\s+(?:in\s+)?[12][0-9]{3}",
    "end of the year": r"年底|年末|岁末"
    r"|\bend\s+of\s+(?:the\s+year|[12][0-9]{3})|\byear[\s-]end\b|\blate\s+(?:in\s+)?[12][0-9]{3}",
    "start of the month": r"月初|上旬", "middle of the month": r"中旬", "end of the month": r"月底|月末|下旬",
}  # fmt: skip
_RELATIVE_WORDS = {name: regex.compile(pattern) for name, pattern in _RELATIVE.items()}
_LABEL = regex.compile(r"(?<!\p{Latin})(\p{Latin}+)[-_]?([0-9]+)(?![0-9.,]*[0-9])")
_WORD = regex.compile(r"\s+\p{Latin}+(?=\s)")
_BEHIND = 8
_MANY = 12
_SLACK = Fraction(5, 100)
"""The furthest that a rounded value may be from the exact one."""


@dataclass(frozen=True, slots=True)
class Quantities:
    """`text` is the normal form they were found in."""

    text: str
    times: Sequence[Time]
    dates: Sequence[Date]
    figures: Sequence[Figure]


def vulgar(text: str) -> str:
    """6½ as 6 1/2, where the normal form of Unicode makes 61/2 of it; half a million and half an hour in figures."""
    text = _HALF_A_MILLION.sub("0.5 ", text)
    for pattern, minutes in _OF_AN_HOUR:
        text = pattern.sub(minutes, text)
    return str(_VULGAR_SIGN.sub(lambda m: (" " if m[1] else "") + _VULGAR[m[0]], text))


@lru_cache(maxsize=1024)
def quantities(text: str) -> Quantities:
    """Times of day and dates, and figures that are no part of one, of a text in normal form."""
    times = find_times(text)
    rest = _without(text, times)
    dates = find_dates(rest)
    return Quantities(text, times, dates, find_figures(_without(rest, dates)))


def _without(text: str, found: Sequence[Date] | Sequence[Time]) -> str:
    for one in found:
        text = text[: one.start] + "\0" * (one.end - one.start) + text[one.end :]
    return text


def quantity_problems(said: Quantities, held: Sequence[Quantities]) -> list[Problem]:
    """What of a sentence's figures and dates none of the quotes holds."""
    dates = [date for one in held for date in one.dates]
    figures = [figure for one in held for figure in one.figures]
    times = [time for one in held for time in one.times]
    problems = [Problem("date", time.text) for time in said.times if not same_time(time, times)]
    problems += [
        Problem("date", date.text) for date in said.dates if not agree(date, dates) and not _as_figure(date, figures)
    ]
    for figure in said.figures:
        if any(_same(figure, other) for other in figures) or _as_year(figure, dates):
            if _in_place_of_another(figure, said, held) and not _elided(figure, said, held):
                problems.append(Problem("figure", figure.text.strip()))
            continue
        if not figure.weak or _replaced(figure, said, held):
            problems.append(Problem("figure", figure.text.strip()))
    problems += _labels(said.text, [one.text for one in held])
    for words in _RELATIVE_WORDS.values():
        found = words.search(said.text)
        if (
            found
            and found[0] not in ("now", "today", "currently", "目前", "现在", "如今", "当年")
            and not any(words.search(one.text) for one in held)
        ):
            problems.append(Problem("date", found[0]))
    return problems


def _labels(said: str, held: Sequence[str]) -> list[Problem]:
    """LC-35 where the quotes have LC-34: a label of which they hold only others with the same letters."""
    theirs = [(match[1], match[2]) for text in held for match in _LABEL.finditer(text)]
    return [
        Problem("figure", match[0])
        for match in _LABEL.finditer(said)
        if match[1] in {letters for letters, _ in theirs} and (match[1], match[2]) not in theirs
    ]


def _in_place_of_another(figure: Figure, said: Quantities, held: Sequence[Quantities]) -> bool:
    """Whether a quote has another figure in the very same place, though it may hold this one elsewhere."""

    def around(text: str, at: Figure) -> tuple[str, str]:
        # A Chinese character is about as much as a short word.
        before, after = (4, 2) if text[at.end : at.end + 1] > "\u2e7f" else (14, 8)
        return text[max(0, at.start - before) : at.start], text[at.end : at.end + after]

    place = around(said.text, figure)
    there = [other for one in held for other in one.figures if around(one.text, other) == place]
    return len(place[0]) >= 4 and len(place[1]) >= 2 and bool(there) and not any(_same(figure, o) for o in there)


def _elided(figure: Figure, said: Quantities, held: Sequence[Quantities]) -> bool:
    """Whether a quote says the same of the figure and leaves out its noun: "the second" for "the second edition"."""
    noun = _WORD.match(said.text, figure.end)
    behind = said.text[noun.end() :][:_BEHIND] if noun else ""
    return len(behind) == _BEHIND and any(
        _same(figure, other) and one.text.startswith(behind, other.end) for one in held for other in one.figures
    )


def _same(said: Figure, held: Figure) -> bool:
    if not compatible(said.unit, held.unit):
        return False
    # A bare number is compared as it is written, be the other's unit large or small.
    sizes = (
        (said.unit.size, held.unit.size)
        if "" in (said.unit.kind, held.unit.kind) and "ratio" not in (said.unit.kind, held.unit.kind)
        else (Fraction(1), Fraction(1))
    )
    ours = [value / sizes[0] for value in said.values]
    theirs = [value / sizes[1] for value in held.values]
    return any(a == b or _rounded(a, b, said.hedge) for a in ours for b in theirs)


def _rounded(said: Fraction, exact: Fraction, hedge: str) -> bool:
    """Whether the sentence says that it rounds, and does so plainly: to fewer digits, to the next, the way it says."""
    if not hedge or exact <= 0 or said <= 0 or _digits(said) >= _digits(exact):
        return False
    if hedge == "about":
        return abs(said - exact) <= _SLACK * exact
    step = Fraction(10) ** (len(str(int(exact))) - _digits(said))
    return said == (exact // step if hedge == "over" else -(-exact // step)) * step


def _digits(value: Fraction) -> int:
    """Significant digits; many for what has no end (1/3)."""
    for _ in range(_MANY):
        if value.denominator == 1:
            return len(str(abs(value.numerator)).rstrip("0"))
        value *= 10
    return _MANY


def _as_figure(date: Date, figures: Sequence[Figure]) -> bool:
    """2023 of "2021–2023" carries no 年: a date of one part may stand in the quote as a bare number."""
    if len(date.parts) != 1:
        return False
    ((key, value),) = date.parts.items()
    kinds = (
        {
            "y": ("", "year"),
            "m": ("", "month"),
            "d": ("", "day", "rank"),
            "q": ("", "rank"),
            "h": ("rank",),
            "c": ("", "rank"),
            "e": ("",),
        }[key]
        if key != "bc"
        else ()
    )
    return any(figure.unit.kind in kinds and value in figure.values for figure in figures)


def _as_year(figure: Figure, dates: Sequence[Date]) -> bool:
    """A bare 2023 (or 5 of "May 3 to 5") may be part of a date of the quote."""
    if figure.unit.kind == "year":
        return any(figure.values[0] == date.parts.get("y") for date in dates)
    if figure.unit.kind in ("", "rank", "day", "month"):
        keys = {"": ("y", "m", "d"), "rank": ("q", "c", "d", "h"), "day": ("d",), "month": ("m",)}[figure.unit.kind]
        return any(figure.values[0] == date.parts.get(key) for date in dates for key in keys)
    return False


def _replaced(figure: Figure, said: Quantities, held: Sequence[Quantities]) -> bool:
    """Whether a quote has another figure before the same words: 一个园区 where the quote has 三个园区."""
    behind = said.text[figure.end :].lstrip("个 ")[:2]
    return bool(behind.strip()) and any(
        one.text[other.end :].lstrip("个 ").startswith(behind) and compatible(figure.unit, other.unit)
        for one in held
        for other in one.figures
    )
