"""A true sentence → sentences that say the same or less, by rule: other digits, units, dates, order, words."""

import calendar
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import regex as re

_ZH_DIGITS = "零一二三四五六七八九"
_SYNONYMS: list[tuple[str, str]] = json.loads((Path(__file__).parent / "synonyms.json").read_text("utf-8"))
_SMALL = ["two", "three", "four", "five", "six", "seven", "eight", "nine"]
_MONTHS = calendar.month_name[1:]


_BY = Callable[[Any], str] | str
_RULES: list[tuple[str, Any, _BY]] = [
    (
        "numerals",
        re.compile(r"(?<![\d.,A-Za-z/年月-])([2-9])(?=[个名家所项位次种座人])"),
        lambda m: _ZH_DIGITS[int(m[1])],
    ),
    (
        "digits",
        re.compile(r"(?<![一二三四五六七八九十百千万第几数])([二三四五六七八九])(?=[个名家所项位种座][^一二三])"),
        lambda m: str(_ZH_DIGITS.index(m[1])),
    ),
    ("no 万", re.compile(r"(?<![\d.])(\d{1,3})\.(\d)万"), r"\g<1>\g<2>000"),
    (
        "separators",
        re.compile(r"(?<![\d.,A-Za-z/])([1-9]\d{0,2})(\d{3})(?![\d.,年A-Za-z-])(?=[个名家所项位人])"),
        r"\1,\2",
    ),
    ("no separators", re.compile(r"(?<=\d),(?=\d{3}(?!\d))"), ""),
    ("percent sign", re.compile(r"(\d+(?:\.\d+)?) (?:percent|per cent)\b"), r"\1%"),
    ("number words", re.compile(r"(?<![\d.,$£€-])\b([2-9])(?= [a-z]{3,})"), lambda m: _SMALL[int(m[1]) - 2]),
    (
        "words as digits",
        re.compile(rf"(?<!-)\b({'|'.join(_SMALL)})(?= [a-z]{{3,}})"),
        lambda m: str(_SMALL.index(m[1]) + 2),
    ),
]
_ROUND = re.compile(r"(?<![\d.,/-])([1-9]\d?)([1-9])000(?![\d.,年])(?=[^\d%]|$)")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?[%％]")


def paraphrases(sentence: str) -> Iterator[tuple[str, str]]:
    """(kind, faithful sentence)."""
    zh = re.search(r"[\u4e00-\u9fff]", sentence) is not None
    made = [(kind, pattern.sub(by, sentence)) for kind, pattern, by in _RULES]
    made += [
        ("full-width digits", sentence.translate({ord(str(d)): chr(0xFF10 + d) for d in range(10)})),
        ("万", _ROUND.sub(r"\1.\2万" if zh else r"\1\2,000", sentence)),
        ("percent", _PERCENT.sub(r"百分之\1" if zh else r"\1 percent", sentence)),
        ("dates", _dates(sentence)),
        ("synonyms", _synonyms(sentence)),
        ("reordered", _reordered(sentence, zh)),
        ("framed", ("资料显示，" if zh else "According to the passage, ") + sentence),
        ("traditional", _traditional(sentence) if zh else sentence),
    ]
    made += [("compressed", part) for part in _compressed(sentence, zh)]
    yield from ((kind, changed) for kind, changed in made if changed != sentence)


def _dates(sentence: str) -> str:
    changed = re.sub(
        r"(?<!\d)(\d{4}) ?年 ?(\d{1,2}) ?月 ?(\d{1,2}) ?日", lambda m: f"{m[1]}-{int(m[2]):02}-{int(m[3]):02}", sentence
    )
    return str(re.sub(rf"\b({'|'.join(_MONTHS)}) (\d{{1,2}}), (\d{{4}})", r"\2 \1 \3", changed))


def _synonyms(sentence: str) -> str:
    for word, other in _SYNONYMS:
        pattern = re.escape(word) if not word.isascii() else rf"\b{word}\b"
        sentence = str(re.sub(pattern, other, sentence))
    return sentence


def _clauses(sentence: str, zh: bool) -> list[str]:
    return [
        part.strip()
        for part in re.split("[，；]" if zh else r"[,;] (?=[a-z])", sentence.rstrip("。.！!?？ "))
        if part.strip()
    ]


def _reordered(sentence: str, zh: bool) -> str:
    clauses = _clauses(sentence, zh)
    if not 2 <= len(clauses) <= 5:
        return sentence
    return ("，" if zh else ", ").join([*clauses[1:], clauses[0]]) + ("。" if zh else ".")


def _compressed(sentence: str, zh: bool) -> Iterator[str]:
    clauses = _clauses(sentence, zh)
    if len(clauses) > 1:
        joint, stop = ("，", "。") if zh else (", ", ".")
        parts = [joint.join(clauses[:-1]) + stop, joint.join(clauses[1:]) + stop]
        yield from (part for part in parts if len(part) > (8 if zh else 30))
        yield from (clause + stop for clause in clauses if len(clause) > (8 if zh else 30))


def _traditional(sentence: str) -> str:
    import opencc

    changed: str = opencc.OpenCC("s2t").convert(sentence)
    return changed
