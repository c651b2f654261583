"""Figures of a text with their units: 1.2万人 is 12,000 people, 三成 is 30 %, half is 1/2."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from zlib import crc32

import regex

from rag.answering.verification.numerals import (
    EN_ONES,
    EN_ORDINALS,
    EN_PARTS,
    EN_POWERS,
    EN_TENS,
    ZH,
    en_value,
    zh_value,
)
from rag.answering.verification.units import NONE, Unit, unit_after, unit_before

_LONGEST = 300
"""Characters of a number that is read; what is longer is compared as it is written."""
# 1,200.5 and 1200.5; 1.200.000 and 1 200,5 as they are written on the European continent.
_DIGITS = (
    r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]+)?|[0-9]{1,3}(?:\.[0-9]{3}){2,}(?![0-9])|[0-9]+\.[0-9]+"
    r"|(?:(?<![0-9.,]\s?)[0-9]{1,3}(?: [0-9]{3})+(?![0-9])|[0-9]{1,3}(?:\.[0-9]{3})+(?=,[0-9]{1,2}(?![0-9,]))|[0-9]+)"
    r"(?:,[0-9]{1,2}(?![0-9,]))?)"
)
_THOUSANDS = regex.compile(r"[0-9]{1,3}\.[0-9]{3}")
_SMALL = "|".join([*EN_ONES, *EN_TENS])
_POWER = "|".join(EN_POWERS)
_ORDINAL = "|".join(EN_ORDINALS)
_PART = "|".join(EN_PARTS)
_ZH_SMALL = "一二两三四五六七八九"
_POWERS = r"(?:[百万亿]|千(?![瓦米克卡赫伏帕]))+"
_PATTERN = regex.compile(
    rf"百分之(?P<percent>{_DIGITS}|[{ZH}]+(?:点[{ZH}]+)?)"
    rf"|(?P<below>{_DIGITS}|[{ZH}]+)分之(?P<above>{_DIGITS}|[{ZH}]+)"
    rf"|第(?P<rank>[0-9]+|[{ZH}]+)"
    rf"|(?<![0-9./])(?P<mixed>[0-9]{{1,4}})\s+(?P<over>[0-9]{{1,2}})/(?P<under>[0-9]{{1,3}})(?![0-9/])"
    rf"|(?<![0-9./])(?P<over>[0-9]{{1,3}})/(?P<under>[0-9]{{1,3}})(?![0-9/])"
    rf"|(?<![\p{{Latin}}_])(?P<rank>[0-9]+)(?:st|nd|rd|th)\b"
    rf"|(?<![0-9\p{{Latin}}_]|[0-9][.,]|[\p{{Latin}}]-)(?P<many>(?:{_DIGITS}\s*{_POWERS})+)"
    rf"|(?:(?<=[0-9]\s?[x×]\s?)|(?<![0-9\p{{Latin}}_]|[0-9][.,]|[\p{{Latin}}]-))(?P<digits>{_DIGITS})"
    rf"|(?<![{ZH}])(?P<tenths>[{_ZH_SMALL}])成(?P<hundredths>[{_ZH_SMALL}])?"
    r"(?![立为员果功本就长熟年交绩人效分语品因型都材])"
    rf"|(?P<half>一半|半数)|(?P<zh>[{ZH}]+(?:点[{ZH}]+)?)"
    rf"|\b(?P<half>half)\b(?!-)(?=\s+(?:of|the|a\b|all|as)\b)"
    rf"|\b(?:(?P<parts>a|an|{_SMALL})[\s-]+(?P<part>{_PART}))\b(?=\s+(?:of|as|in|on|since|during|last|this)\b|[.,;]|$)"
    rf"|\b(?P<words>(?:{_SMALL}|(?<=\ba\s)(?:{_POWER}))(?:[\s-]+(?:and\s+)?(?:{_SMALL}|{_POWER}))*)\b"
    rf"|\b(?P<rank>{_ORDINAL})\b",
)
_EN_POWER = regex.compile(rf"\s*({_POWER})\b|([mk])(?![a-z0-9])")
_LETTERS = regex.compile(r"\p{Latin}+")
_MORE = regex.compile(r"\s*(?:[多余来几]|\+)(?=\p{L}|\s|$|[,.;])")
_RANGE = regex.compile(rf"\s*(?:%|‰)?\s*(?:[-–—~～至到]|to)\s*(?:{_DIGITS}|[{ZH}]+)")
_ABOUT = regex.compile(
    r"(?P<about>约|大约|大概|约为|左右|上下|about|around|roughly|approximately|some|circa)"
    r"|(?P<over>超过|超|逾|多于|不少于|至少|more\s+than|over|at\s+least|exceed\w*|upwards\s+of)"
    r"|(?P<under>近|将近|接近|不到|不足|少于|nearly|almost|close\s+to|less\s+than|under|fewer\s+than|up\s+to)"
)


@dataclass(frozen=True, slots=True)
class Figure:
    """`values` are what it may mean, in the smallest size of the unit's class ("20至30万" begins with 20 or 200,000).

    `hedge` is "about", "over" or "under" where the text says so. A `weak` one may be no figure ("one of them").
    """

    values: tuple[Fraction, ...]
    unit: Unit
    text: str
    start: int
    end: int
    hedge: str = ""
    weak: bool = False


def find_figures(text: str) -> list[Figure]:
    """Figures of a text in normal form (`rag.index.normal`), in order."""
    return [figure for match in _PATTERN.finditer(text) for figure in _figure(match, text)]


def _figure(match: "regex.Match[str]", text: str) -> Iterator[Figure]:
    found = match.groupdict()
    value, weak, end = _value(match)
    if value is None:
        return
    unit = NONE
    if found["percent"] or found["above"] or found["tenths"] or found["half"] or found["part"] or found["under"]:
        unit = NONE if found["under"] else Unit("ratio")
    elif found["rank"]:
        unit = Unit("rank")
        weak = weak or value == 1 or found["rank"] == "second"
    else:
        power = _EN_POWER.match(text, end) if found["digits"] or found["words"] else None
        if power and power[1]:
            value, end = value * EN_POWERS[power[1]], power.end()
        more = _MORE.match(text, end)
        hedged = bool(more)
        after = more.end() if more else end
        after_power = regex.compile(_POWERS).match(text, after) if more else None
        if after_power and (times := zh_value("一" + after_power[0])) is not None:
            value, after = value * times, after_power.end()
        unit, unit_end = unit_after(text, after)
        if unit is NONE:
            unit = unit_before(text, match.start())
        letters = _LETTERS.match(text, after)
        if found["digits"] and letters and unit is NONE and not power:
            if letters[0] not in ("m", "k", "bn", "s"):
                return  # 5g and 3d are names
            value *= {"m": 10**6, "k": 10**3, "bn": 10**9, "s": 1}[letters[0]]
        # Perhaps no figure: not asked for, but there to be found (七户 where the unit is not known).
        weak = weak or bool(found["zh"] and not _is_figure(match, text, unit, unit_end))
        if hedged:
            yield _made(match, text, value, unit, max(after, unit_end), "over", weak)
            return
        weak = weak or (value == 1 and bool(found["zh"] or found["words"]))
        end = max(after, unit_end)
        ahead = _RANGE.match(text, match.end())
        if ahead:
            yield from _first_of_range(match, text, value, unit, end, weak)
            return
    yield _made(match, text, value, unit, end, "", weak)


def _made(
    match: "regex.Match[str]", text: str, value: Fraction, unit: Unit, end: int, hedge: str, weak: bool
) -> Figure:
    values = [value * unit.size]
    if _THOUSANDS.fullmatch(match["digits"] or ""):  # 1.200 is 1200 in half of Europe
        values.append(1000 * values[0])
    return Figure(
        tuple(values),
        unit,
        text[match.start() : end],
        match.start(),
        end,
        hedge or _hedge(text, match, end),
        weak,
    )


def _value(match: "regex.Match[str]") -> tuple[Fraction | None, bool, int]:
    found, end = match.groupdict(), match.end()
    if found["percent"]:
        value = _number(found["percent"])
        return (None if value is None else value / 100), False, end
    if found["below"]:
        above, below = _number(found["above"]), _number(found["below"])
        return (above / below if above is not None and below else None), False, end
    if found["under"]:
        whole = Fraction(int(found["mixed"] or 0))
        return (whole + Fraction(int(found["over"]), int(found["under"])) if int(found["under"]) else None), False, end
    if found["rank"]:
        rank = found["rank"]
        return (Fraction(EN_ORDINALS[rank]) if rank in EN_ORDINALS else _number(rank)), False, end
    if found["tenths"]:
        digits = [zh_value(found["tenths"]), zh_value(found["hundredths"] or "零")]
        assert digits[0] is not None and digits[1] is not None
        return digits[0] / 10 + digits[1] / 100, False, end
    if found["half"]:
        return Fraction(1, 2), found["half"] == "half", end
    if found["part"]:
        count = 1 if found["parts"] in ("a", "an") else en_value([found["parts"]])
        return Fraction(count or 1, EN_PARTS[found["part"]]), False, end
    if found["many"]:
        total = Fraction(0)
        for digits_, power in regex.findall(rf"({_DIGITS})\s*({_POWERS})", found["many"]):
            times, number = zh_value("一" + power), _number(digits_)
            if times is None or number is None:
                return None, False, end
            total += number * times
        return total, False, end
    if found["words"]:
        value_ = en_value(regex.split(r"[\s-]+", found["words"]))
        return (None if value_ is None else Fraction(value_)), False, end
    text = found["digits"] or found["zh"]
    return (_number(text), False, end) if text else (Fraction(1, 2), False, end)


def _number(text: str) -> Fraction | None:
    if not text[0].isascii():
        return zh_value(text)
    # Python refuses to read very long numbers: there, equal is what is written the same.
    if len(text) > _LONGEST:
        return Fraction(-1 - crc32(text.encode()))
    if regex.search(r"(?:^|[^,]|\.[0-9]{3}|\s[0-9]{3}),[0-9]{1,2}$", text):
        return Fraction(regex.sub(r"[\s.]", "", text).replace(",", "."))
    text = regex.sub(r"[\s,]", "", text)
    return Fraction(text.replace(".", "") if text.count(".") > 1 else text)


def _is_figure(match: "regex.Match[str]", text: str, unit: Unit, unit_end: int) -> bool:
    """Whether a Chinese numeral counts: one character only with a unit (三人, not 三峡), 十分 and 千万 not at all."""
    numeral = match[0]
    if len(numeral) == 1:
        if numeral in "百千万亿零〇" or unit.kind == "":
            return bool(numeral in "一二两三四五六七八九十" and text[match.end() : match.end() + 1] == "个")
        return bool(numeral + text[match.end() : unit_end] != "十分")
    if set(numeral) <= set("百千万亿"):
        return numeral in ("百万", "千万", "百亿", "千亿", "万亿") and unit.kind != ""
    if numeral in ("万一", "一一", "三五", "七七", "五四", "九一八"):
        return False
    # Digits in a row without a power (二三, 五六) are an estimate or a name, but 一九四九 is a number.
    return len(numeral) > 2 or any(c in "十百千万亿" for c in numeral)


def _first_of_range(
    match: "regex.Match[str]", text: str, value: Fraction, unit: Unit, end: int, weak: bool
) -> Iterator[Figure]:
    """20 of "20至30万人" has the unit, and perhaps the power, of the second number."""
    ahead = _RANGE.match(text, match.end())
    assert ahead
    start = max(ahead.end() - 24, match.end())
    text = text[: ahead.end() + 16]  # the second may begin a range as well, and so on
    later = [
        m
        for m in _PATTERN.finditer(text, start, min(len(text), ahead.end() + 16))
        if m.start() < ahead.end() <= m.end()
    ]
    second = next((f for m in later for f in _figure(m, text)), None)
    values = [value]
    if second is not None and unit is NONE:
        bare = _number(later[0]["digits"] or later[0]["zh"] or "") if (later[0]["digits"] or later[0]["zh"]) else None
        many = later[0]["many"]
        if many:
            powers = regex.findall(r"[百千万亿]+", many)
            times = zh_value("一" + powers[-1])
            values += [value * times] if times else []
        elif bare:
            values.append(value * second.values[0] / second.unit.size / bare)
        unit = second.unit
    sized = tuple(dict.fromkeys(v * unit.size for v in values))
    yield Figure(sized, unit, match[0].strip(), match.start(), end, "", weak)


def _hedge(text: str, match: "regex.Match[str]", end: int) -> str:
    before = text[max(0, match.start() - 14) : match.start()].rstrip(" $€£¥")
    before = regex.sub(r"(?:有|为|达|达到|是)$", "", before)
    for hedge in _ABOUT.finditer(before):
        if hedge.end() == len(before):
            return str(hedge.lastgroup)
    behind = regex.match(r"\s*(左右|上下|or so\b)|\s*(以上|or more\b)", text[end : end + 8])
    return "" if not behind else "about" if behind[1] else "over"
