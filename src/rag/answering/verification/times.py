"""Times of day in a text: 下午五点半, 5:30 pm, half past five in the afternoon and 17:30 are the same."""

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from rag.answering.verification.numerals import zh_value

_HOURS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_N = r"(?:[0-9]{1,2}|[一二两三四五六七八九十]{1,3})"
_EARLY, _LATE = "凌晨|清晨|早晨|早上|上午", "下午|傍晚|晚上|晚间|夜里|夜间|晚"
_PART = (
    r"(?:\s*(?:(?P<am>a\.?m\b\.?|in the (?:early )?morning)|(?P<pm>p\.?m\b\.?|in the (?:afternoon|evening)|at night)))"
)
_WORD = "|".join(_HOURS)
_PATTERNS = tuple(
    regex.compile(pattern)
    for pattern in (
        rf"(?:(?P<am>{_EARLY})|(?P<pm>{_LATE})|(?P<noon>中午))\s*(?P<h>{_N})\s*[点时](?:(?P<half>半)|(?P<quarter>[一三])刻|(?P<m>{_N})分?)?",
        rf"(?<![0-9.第])(?P<h>{_N})点(?:(?P<half>半)|(?P<quarter>[一三])刻|(?P<m>{_N})分|整|钟|(?=[开结起关至到前后以之]))",
        rf"(?<![0-9:.])(?P<h>[01]?[0-9]|2[0-4]):(?P<m>[0-5][0-9])(?![0-9:]){_PART}?",
        rf"(?<![0-9:.,])(?P<h>[0-9]{{1,2}}|\b(?:{_WORD}))(?: o['’]?clock)?{_PART}(?!\w)",
        rf"(?:(?P<half>half)|(?P<past>quarter)) past (?P<h>[0-9]{{1,2}}|{_WORD})\b{_PART}?",
        rf"(?<![0-9:.,])(?P<h>[0-9]{{1,2}}|\b(?:{_WORD})) o['’]?clock\b",
    )
)


@dataclass(frozen=True, slots=True)
class Time:
    """Minutes after midnight; where the half of the day is not told, after midnight or noon."""

    minutes: int
    told: bool
    text: str
    start: int
    end: int


def find_times(text: str) -> list[Time]:
    """Times of a text in normal form (`rag.index.normal`), without overlap, in order."""
    times: list[Time] = []
    free = text
    for pattern in _PATTERNS:
        for match in pattern.finditer(free):
            time = _time(match)
            if time is not None:
                times.append(time)
                free = free[: match.start()] + "\0" * len(match[0]) + free[match.end() :]
    return sorted(times, key=lambda time: time.start)


def same_time(said: Time, held: Sequence[Time]) -> bool:
    """Whether one of the quote's times is this one."""
    return any(
        said.minutes == other.minutes if said.told and other.told else (said.minutes - other.minutes) % 720 == 0
        for other in held
    )


def _time(match: "regex.Match[str]") -> Time | None:
    found = {key: value for key, value in match.groupdict().items() if value}
    hour, minute = _number(found["h"]), _number(found.get("m", "0"))
    minute += 30 if "half" in found else 15 if "past" in found else 0
    minute += {"一": 15, "三": 45}.get(found.get("quarter", ""), 0)
    if hour > 24 or minute > 59:
        return None
    told = hour > 12 or hour == 0 or bool(found.keys() & {"am", "pm", "noon"})
    if hour == 12 and "am" in found:
        hour = 0
    if hour < 12 and ("pm" in found or ("noon" in found and hour < 3)):
        hour += 12
    return Time((60 * hour + minute) % 1440, told, match[0].strip(), match.start(), match.end())


def _number(text: str) -> int:
    if text in _HOURS:
        return _HOURS.index(text) + 1
    value = int(text) if text.isdigit() and text.isascii() else zh_value(text)
    return int(value) if value is not None else 99
