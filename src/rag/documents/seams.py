"""Two loose ends → how well the second continues the first. The language signal of reflow.

Signals, each of which speaks for itself: a word that straddles the seam (jieba's dictionary for Chinese, the text's own
vocabulary for every language), a bracket or quotation mark that opens before and closes behind it, marks that no
sentence starts with, a figure and its unit, and a run of characters across the seam that the text uses elsewhere.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from rag.documents.lines import CONTINUING, NEVER_FIRST, ends_sentence, is_cjk

_PAIRS = {
    "“": "”",
    "‘": "’",
    "「": "」",
    "『": "』",
    "（": "）",
    "(": ")",
    "《": "》",
    "〈": "〉",
    "【": "】",
    "[": "]",
}
_UNIT = re.compile(
    r"\s*(?:[%％℃°]|万|亿|余|多|家|个|人|名|项|年|月|日|元|公里|米|吨|次|批|所|条|位|倍"
    r"|percent|million|billion|thousand|km|kg|years?\b)"
)
_OPEN_TAGS = frozenset({"v", "vn", "p", "c", "m", "q", "d", "u", "uj", "b", "r"})
"""Parts of speech (jieba's tags) that something follows: verbs, prepositions, conjunctions, numerals, adverbs."""


def seam_score(tail: str, head: str, text_holds: Callable[[str], int]) -> float:
    """How much speaks for `head` continuing `tail`: above 0 for, below 0 against.

    `text_holds(run)` counts how often the whole text uses a run of characters.
    """
    tail, head = tail.rstrip()[-40:], head.lstrip()[:40]
    if not tail or not head:
        return 0.0
    score = _straddling(tail, head, text_holds) + _brackets(tail, head)
    if head[0] in NEVER_FIRST and head[0] not in "”’》）)":
        score += 2.0 if not ends_sentence(tail) and tail[-1] not in CONTINUING else -2.0
    if tail[-1].isdigit():
        score += 2.0 if _UNIT.match(head) or head[0] in ".,%" else -0.5
    if tail[-1].isalpha() and head[0].isalpha() and not is_cjk(tail[-1]) and not is_cjk(head[0]):
        score += 1.0 if head[0].islower() else -0.5
    if is_cjk(tail[-1]) and _last_tag(tail[-12:]) in _OPEN_TAGS:
        score += 0.5
    return score


def _straddling(tail: str, head: str, text_holds: Callable[[str], int]) -> float:
    if is_cjk(tail[-1]) and is_cjk(head[0]) and head[0] not in NEVER_FIRST:
        best = 0.0
        for before in range(1, 4):
            for behind in range(1, 4):
                word = tail[-before:] + head[:behind]
                if before <= len(tail) and behind <= len(head) and len(word) <= 4 and _is_word(word):
                    best = max(best, 1.0 + 0.5 * len(word))
        return best + _reused(tail, head, text_holds)
    if tail[-1] == "-" and head[0].islower():
        # A hyphenated word: its parts joined, or joined by the hyphen, are used elsewhere.
        left, right = re.findall(r"\w+", tail)[-1:], re.findall(r"\w+", head)[:1]
        known = left and right and (text_holds(left[0] + right[0]) or text_holds(f"{left[0]}-{right[0]}"))
        return 3.0 if known else 1.5
    return _reused(tail, head, text_holds)


def _reused(tail: str, head: str, text_holds: Callable[[str], int]) -> float:
    """The longest run across the seam, two units on each side at the most, that the text uses anywhere else."""
    if is_cjk(tail[-1]) or is_cjk(head[0]):
        runs = [tail[-b:] + head[:a] for b, a in ((2, 2), (2, 1), (1, 2)) if len(tail) >= b and len(head) >= a]
        weights = (1.5, 1.0, 1.0)
    else:
        left, right = tail.split()[-2:], head.split()[:2]
        runs = [" ".join(left[-b:] + right[:a]) for b, a in ((2, 2), (2, 1), (1, 2), (1, 1))]
        weights = (2.0, 1.5, 1.5, 1.0)  # type: ignore[assignment]
    return max((weight for run, weight in zip(runs, weights, strict=False) if text_holds(run)), default=0.0)


def _brackets(tail: str, head: str) -> float:
    """+ for a pair that the seam splits, − for a bracket that would stay open or close nothing."""
    score = 0.0
    for opening, closing in _PAIRS.items():
        is_open = tail.rfind(opening) > tail.rfind(closing)
        first_close = head.find(closing)
        first_open = head.find(opening)
        closes = first_close >= 0 and (first_open < 0 or first_close < first_open)
        if is_open and closes:
            score += 2.0
        elif is_open != closes:
            score -= 1.0
    return score


@lru_cache(maxsize=4096)
def _is_word(word: str) -> bool:
    import rjieba

    return bool(rjieba.has_word(word))


def _last_tag(text: str) -> str:
    import rjieba

    tagged = rjieba.tag(text, False)
    return str(tagged[-1][1]) if tagged else ""
