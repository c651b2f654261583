"""Two loose ends → how well the second continues the first. The language signal of reflow.

Each signal is a log-odds: how much more often it is seen where a line end cuts running text than between two lines that
chance put together. They were fitted (logistic regression) on every second text of four public sets in Chinese, English
and Spanish; `docs/reflow.md` names them. What a text is compared with is the text itself: its vocabulary, the word
classes that follow each other inside its lines, the rare words that neighbouring lines share. Only Chinese words come
from a dictionary (jieba's).
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from rag.documents.lines import CONTINUING, NEVER_FIRST, ends_sentence, is_cjk

_PAIRS = dict(zip("“‘「『（(《〈【[", "”’」』）)》〉】]", strict=True))
_UNIT = re.compile(
    r"\s*(?:[.,%％℃°]|万|亿|余|多|家|个|人|名|项|年|月|日|元|公里|米|吨|次|批|所|条|位|倍"
    r"|percent|million|billion|thousand|km|kg|years?\b)"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+(?:[.,]\d+)*|[^\w\s]")
_NEAR = 40
"""Characters on each side of the seam that are looked at."""
_OWN_CLASS = 60
"""This many of the most frequent words are classes of their own."""
_SAMPLE = 3_000
"""Lines that the statistics are taken from, spread evenly: more change little and cost time."""
WINDOW = 4
"""Lines on each side whose rare words are compared."""


class Seams:
    """Scores seams in one text. Scores are natural log-odds against chance: above 0 for, below 0 against."""

    def __init__(self, lines: Sequence[str]) -> None:
        sample = lines[:: 1 + len(lines) // _SAMPLE]
        # Within lines: what stands on both sides of a line end is what is being asked about, and no witness.
        self._runs = frozenset(run for line in sample for run in _runs(line))
        self._vocabulary = frozenset(word for line in sample for word in re.findall(r"\w+(?:-\w+)*", line))
        cut = [_words(line) for line in sample]
        frequent = Counter(word for line in cut for word, _ in line).most_common(_OWN_CLASS)
        self._own = frozenset(word for word, count in frequent if count >= 3)
        classes = [[self._class(word) for word in line] for line in cut]
        self._pairs = Counter(pair for line in classes for pair in pairwise(line))
        self._before = Counter(c for line in classes for c in line[:-1])
        self._behind = Counter(c for line in classes for c in line[1:])
        self._lines_with = Counter(word for line in cut for word in {w for w, _ in line if w[0].isalnum()})
        self._count = len(sample)

    def score(self, upper: str, lower: str) -> float:
        """How much the marks and words at the seam speak for the line `lower` continuing the line `upper`."""
        upper, lower = upper.rstrip()[-_NEAR:], lower.lstrip()[:_NEAR]
        if not upper or not lower:
            return 0.0
        return (
            _marks(upper, lower)
            + _brackets(upper, lower)
            + _straddling(upper, lower)
            + self._hyphen(upper, lower)
            + self._reused(upper, lower)
            + 0.3 * self._classes(upper, lower)
        )

    def flow(self, upper: Sequence[str], lower: Sequence[str]) -> float:
        """`score` of the seam, and how much the lines on both sides are about the same things."""
        return self.score(upper[-1], lower[0]) + self.topic(upper, lower)

    def topic(self, upper: Sequence[str], lower: Sequence[str]) -> float:
        """Rare words that `WINDOW` lines above and below share, each weighed by its rarity among the lines."""
        upper, lower = upper[-WINDOW:], lower[:WINDOW]
        shared = self._rare("\n".join(upper)) & self._rare("\n".join(lower))
        weight = sum(math.log(self._count / max(1, self._lines_with[word])) for word in shared)
        # Few lines that share nothing say little.
        return min(4.0, 0.22 * weight - 1.6 * len(upper) * len(lower) / WINDOW**2)

    @lru_cache(maxsize=4096)  # noqa: B019 - lives as long as one text is reflowed
    def _rare(self, text: str) -> frozenset[str]:
        words = {word for line in text.split("\n") for word, _ in _words(line)}
        return frozenset(word for word in words if word[0].isalnum() and self._lines_with[word] < 0.1 * self._count)

    def _class(self, word: tuple[str, str]) -> str:
        return word[0] if word[0] in self._own else word[1]

    def _classes(self, upper: str, lower: str) -> float:
        """How much likelier the word class behind the seam is after the one before it than anywhere (−3…3)."""
        left, right = _words(upper), _words(lower)
        if not left or not right:
            return 0.0
        before, behind = self._class(left[-1]), self._class(right[0])
        anywhere = (self._behind[behind] + 0.5) / (self._behind.total() + 0.5 * len(self._behind) + 1)
        after = (self._pairs[before, behind] + 3 * anywhere) / (self._before[before] + 3)
        return max(-3.0, min(3.0, math.log(after / anywhere)))

    def _hyphen(self, upper: str, lower: str) -> float:
        if upper[-1] != "-" or not lower[0].islower():
            return 0.0
        # A hyphenated word: its parts joined, or joined by the hyphen, are used elsewhere.
        left, right = re.findall(r"\w+", upper)[-1:], re.findall(r"\w+", lower)[:1]
        known = left and right and ({left[0] + right[0], f"{left[0]}-{right[0]}"} & self._vocabulary)
        return 3.0 if known else 1.5

    def _reused(self, upper: str, lower: str) -> float:
        """The longest run across the seam, two units on each side at the most, that the text uses inside a line."""
        if is_cjk(upper[-1]) or is_cjk(lower[0]):
            left, right, between = list(upper[-2:]), list(lower[:2]), ""
        else:
            left, right, between = upper.split()[-2:], lower.split()[:2], " "
        for before, behind, weight in ((2, 2, 3.5), (2, 1, 1.9), (1, 2, 1.9), (1, 1, 0.9)):
            run = between.join(left[-before:] + right[:behind])
            if len(left) >= before and len(right) >= behind and run in self._runs:
                return weight
        return 0.0


@lru_cache(maxsize=8192)
def _words(text: str) -> list[tuple[str, str]]:
    """(word, word class): jieba's part of speech in Chinese, elsewhere the word's case and ending."""
    if any(is_cjk(c) for c in text):
        import rjieba

        return [(word, f"/{tag}") for word, tag in rjieba.tag(_encodable(text), False) if not word.isspace()]
    return [(word.lower(), _shape(word)) for word in _WORD.findall(text)]


def _runs(line: str) -> Iterator[str]:
    """Runs of two to four units: characters in a line with CJK, words in any other."""
    units, between = (line, "") if any(map(is_cjk, line)) else (line.split(), " ")
    for size in (2, 3, 4):
        for start in range(len(units) - size + 1):
            yield between.join(units[start : start + size])


def _encodable(text: str) -> str:
    # jieba is written in Rust, whose strings hold no lone surrogates.
    return re.sub("[\ud800-\udfff]", "?", text)


def _shape(word: str) -> str:
    if not word[0].isalpha():
        return "/1" if word[0].isdigit() else word
    return "/" + "U" * word[0].isupper() + (word[-2:].lower() if len(word) > 3 else "")


def _marks(upper: str, lower: str) -> float:
    first, end, goes_on = lower[0], ends_sentence(upper), upper[-1] in CONTINUING
    if first in NEVER_FIRST and first not in "”’》）)」』":
        return -2.0 if end or goes_on else 2.0
    score = 0.0
    if upper[-1].isdigit():
        score += 0.9 if _UNIT.match(lower) else -0.4
    if first.islower():
        return score + (-1.7 if end else 0.5 if goes_on else 0.3)
    if first.isupper():
        return score + (1.5 if end else -0.2)
    return score - (0.4 if end else 0.0)


def _brackets(upper: str, lower: str) -> float:
    """For a pair that the seam splits, against a bracket that would stay open or close nothing."""
    score = 0.0
    for opening, closing in _PAIRS.items():
        is_open = upper.rfind(opening) > upper.rfind(closing)
        first_close, first_open = lower.find(closing), lower.find(opening)
        closes = first_close >= 0 and (first_open < 0 or first_close < first_open)
        if is_open or closes:
            score += 2.7 if is_open and closes else -1.6
    return score


def _straddling(upper: str, lower: str) -> float:
    """A dictionary word that has its beginning before the seam and its end behind it."""
    if not is_cjk(upper[-1]) or not is_cjk(lower[0]) or not upper[-1].isalpha() or not lower[0].isalpha():
        return 0.0
    import rjieba

    left, right = upper.split()[-1][-8:], lower.split()[0][:8]
    at = 0
    for word in rjieba.cut(_encodable(left + right), False):
        if at < len(left) < at + len(word):
            return 2.1 if len(word) == 2 else 3.0
        at += len(word)
    return -0.5
