"""Numbers written in words → their exact value: Chinese numerals and English number words.

Not a library: those that were looked at convert a string that is a number, while the work here is to find it in running
text without taking 十分, 三星 or "one of them" for one; what is left is the arithmetic below.
"""

from collections.abc import Sequence
from fractions import Fraction

ZH_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
ZH_POWERS = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
ZH = "".join(ZH_DIGITS) + "".join(ZH_POWERS)

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
)
EN_ONES = {word: n for n, word in enumerate(f"{_ONES} eighteen nineteen".split())}
EN_TENS = {
    w: 10 * n for n, w in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
}
EN_POWERS = {
    "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12,
    "bn": 10**9, "mn": 10**6, "dozen": 12,
}  # fmt: skip
_ORDINAL_ONES = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
]
EN_ORDINALS = {w: n for n, w in enumerate(_ORDINAL_ONES, 1)} | {"twentieth": 20, "nineteenth": 19, "eighteenth": 18}
EN_ORDINALS |= {"fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "seventeenth": 17, "thirtieth": 30}
EN_PARTS = {"half": 2, "halves": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10}
EN_PARTS |= {f"{word}s": n for word, n in EN_PARTS.items() if n > 2}


_LONGEST = 60
"""Characters of a Chinese numeral; what is longer is none."""


def zh_value(text: str) -> Fraction | None:
    """Value of a Chinese numeral (二十三, 两百, 1万2千 has none, 二〇二三); None for what is none (十万百)."""
    if not 0 < len(text) <= _LONGEST:
        return None
    if "点" in text:
        whole, _, decimals = text.partition("点")
        value = zh_value(whole)
        if value is None or not decimals or any(c not in ZH_DIGITS for c in decimals):
            return None
        return value + Fraction(int("".join(str(ZH_DIGITS[c]) for c in decimals)), 10 ** len(decimals))
    if all(c in ZH_DIGITS for c in text):
        return Fraction(int("".join(str(ZH_DIGITS[c]) for c in text)))
    for name in "亿万":
        if name in text:
            left, _, right = text.rpartition(name)
            head, tail = zh_value(left), zh_value(right) if right else Fraction(0)
            return None if head is None or tail is None else head * ZH_POWERS[name] + tail
    total, digit = 0, None
    for c in text if text[0] not in "百千" else "一" + text:
        if c in ZH_DIGITS:
            if digit:  # two digits in a row, as in 二三十
                return None
            digit = ZH_DIGITS[c]
        else:
            if digit is None and c != "十":
                return None
            total += (digit if digit else 1) * ZH_POWERS[c]
            digit = None
    return Fraction(total + (digit or 0))


def en_value(words: Sequence[str]) -> int | None:
    """Value of English number words (["two", "hundred", "and", "five"]); None for what is none."""
    total, group, seen = 0, 0, False
    for word in words:
        if word in EN_ONES or word in EN_TENS:
            group += EN_ONES.get(word, EN_TENS.get(word, 0))
        elif word in ("hundred", "dozen"):
            group = (group or 1) * EN_POWERS[word]
        elif word in EN_POWERS:
            total, group = total + (group or 1) * EN_POWERS[word], 0
        elif word != "and":
            return None
        seen = seen or word != "and"
    return total + group if seen else None
