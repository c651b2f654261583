"""Dates in a text: 2023年5月1日, 2023-05-01, May 1, 2023 and 1 May 2023 are the same; parts may be missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import regex

from rag.answering.verification.numerals import EN_ORDINALS, zh_value

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
MONTHS = {name: n for n, full in enumerate(_MONTHS, 1) for name in (full, full[:3])} | {"sept": 9}
_MONTH = "|".join(sorted((name for name in MONTHS if name != "may"), key=len, reverse=True))
_N = r"(?:[0-9]{1,2}|[一二三四五六七八九十]{1,3})"
_YEAR = r"(?:[0-9]{4}|[〇零一二三四五六七八九]{4})"
_TO = r"\s*(?:[-–—~～至到]|to|and|until)\s*"
_DAY = r"[0-3]?[0-9](?![0-9]|,[0-9])(?:st|nd|rd|th)?"
_ORDINAL = "|".join(EN_ORDINALS)
_PATTERNS = tuple(
    regex.compile(pattern)
    for pattern in (
        rf"(?P<bc>公元前|前)?(?P<y>{_YEAR})\s*年\s*(?P<m>{_N})\s*月(?:份)?\s*(?:(?P<d>{_N})[日号]?{_TO}(?P<d2>{_N})\s*[日号]|(?P<d>{_N})\s*[日号])?",
        rf"(?P<y>{_YEAR})\s*年(?=[^\p{{L}}]*(?:第?{_N}季度|[上下]半年))",
        rf"(?<![0-9])(?P<m>{_N})\s*月(?:份)?\s*(?:(?P<d>{_N})[日号]?{_TO}(?P<d2>{_N})\s*[日号]|(?P<d>{_N})\s*[日号])",
        r"(?<![0-9])(?P<y>[12][0-9]{3})[-/.](?P<m>[01]?[0-9])[-/.](?P<d>[0-3]?[0-9])(?![0-9])",
        rf"\b(?P<m>{_MONTH}|may)\b\.?\s+(?P<d>{_DAY})(?:{_TO}(?P<d2>{_DAY}))?(?:\s*,?\s+(?P<y>[12][0-9]{{3}})(?![0-9]))?",
        rf"(?<![0-9])(?P<d>{_DAY})(?:{_TO}(?P<d2>{_DAY}))?\s+(?:of\s+)?(?P<m>{_MONTH}|may)\b\.?(?:,?\s+(?P<y>[12][0-9]{{3}})(?![0-9]))?",
        rf"\b(?P<m>{_MONTH}|may)\b\.?,?\s+(?:of\s+)?(?P<y>[12][0-9]{{3}})(?![0-9])",
        rf"\b(?P<m>{'|'.join(_MONTHS[:2] + _MONTHS[3:4] + _MONTHS[5:])})\b",
        r"(?<=\b(?:in|by|since|until|of|last|next|early|late|mid)[\s-])(?P<m>march|may)\b",
        rf"(?<!个|[0-9])(?P<m>{_N})\s*月(?:份)?(?![间亮球光])",
        rf"(?P<c>{_N})\s*世纪\s*(?:(?P<e>[0-9]0|[一二三四五六七八九]十)\s*年代)?",
        rf"\b(?:(?P<c>[0-9]{{1,2}})(?:st|nd|rd|th)|(?P<c>{_ORDINAL}))[\s-]century\b",
        r"(?P<ce>[12][0-9]{2}0)\s*(?:s\b|'s\b|年代)",
        r"(?<![0-9])(?P<e>[0-9]0|[二三四五六七八九]十)\s*年代",
        r"第?(?P<q>[一二三四1-4])季度|\bq(?P<q>[1-4])\b|\b(?P<q>first|second|third|fourth)[\s-]quarter\b",
        r"(?P<h>[上下])半年|\bh(?P<h>[12])\b|\b(?P<h>first|second)[\s-]half\s+of\s+(?:the\s+)?(?=year|[12][0-9]{3})",
        rf"(?P<bc>公元前|前)?(?P<y>{_YEAR})\s*年(?!代)",
    )
)
_BC_BEHIND = regex.compile(r"\s*(?:b\.?c\.?e?\.?)(?![a-z])")
_WORDS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "上": 1, "下": 2}


@dataclass(frozen=True, slots=True)
class Date:
    """`parts`: y, m, d, q (quarter), h (half of the year), c (century), e (decade in its century), bc."""

    parts: Mapping[str, int]
    text: str
    start: int
    end: int


def find_dates(text: str) -> list[Date]:
    """Dates of a text in normal form (`rag.index.normal`), without overlap, in order."""
    dates: list[Date] = []
    free = text
    for pattern in _PATTERNS:
        for match in pattern.finditer(free):
            for parts in _parts(match, text):
                dates.append(Date(parts, match[0].strip(), match.start(), match.end()))
            free = free[: match.start()] + "\0" * len(match[0]) + free[match.end() :]
    return sorted(dates, key=lambda date: date.start)


def agree(date: Date, held: Sequence[Date]) -> bool:
    """Whether the dates that a quote holds bear a date out, be it in two places (the year here, the day there)."""
    for other in held:
        shared = date.parts.keys() & other.parts.keys()
        if not shared or any(date.parts[key] != other.parts[key] for key in shared):
            continue
        if date.parts.get("bc", 0) != other.parts.get("bc", 0) and "y" in shared:
            continue
        rest = date.parts.keys() - shared - {"bc"}
        # The day goes with its month; the year may have been named before.
        if rest <= {"y", "c"} and all(any(o.parts.get(k) == date.parts[k] for o in held) for k in rest):
            return True
    return False


def _parts(match: "regex.Match[str]", text: str) -> list[dict[str, int]]:
    found = {key: value for key, value in match.groupdict().items() if value}
    parts: dict[str, int] = {}
    if "ce" in found:
        year = int(found["ce"])
        parts = {"c": year // 100 + 1, "e": year % 100}
        return [parts]
    for key in ("y", "m", "d", "q", "h", "c", "e"):
        if key in found:
            parts[key] = _number(found[key])
    if "bc" in found or _BC_BEHIND.match(text, match.end()):
        parts["bc"] = 1
    if parts.get("m", 1) > 12 or parts.get("d", 1) > 31 or 0 in (parts.get("m"), parts.get("d")):
        return []
    return [parts, parts | {"d": _number(found["d2"])}] if "d2" in found else [parts]


def _number(text: str) -> int:
    bare = regex.sub(r"(?<=[0-9])(?:st|nd|rd|th)$", "", text.strip("."))
    if bare.isdigit() and bare.isascii():
        return int(bare)
    for table in (MONTHS, _WORDS, EN_ORDINALS):
        if bare in table:
            return table[bare]
    value = zh_value(bare)
    return int(value) if value is not None else 0
