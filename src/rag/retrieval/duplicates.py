"""Ranked texts → which of them nearly repeat a higher one, so that copies do not crowd the first places out.

A text repeats another where nearly all of its character shingles stand in the other (containment, Broder 1997, "On the
resemblance and containment of documents"), whatever the punctuation, width, case or script variant. It is no repetition
where it may say something else: another figure or a negation more or less is another fact, and so is a word of the
question that the other text lacks. Only texts with much in common besides are taken for copies: rows of a table and
sections of a form differ in too large a part of their few characters, headings included.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
import regex
from numpy.typing import NDArray

from rag.index.normal import normal
from rag.index.terms import words

PLACES = 10
"""Places that copies are kept out of."""
_LEAST = 0.9
"""Containment of a copy. In a passage of 400 Chinese characters some eight changed words take it below."""
_LENGTH = 4
_ALIKE = 0.8
"""Texts of this ratio of lengths or more are versions of one text; a shorter one is an excerpt."""
_SYMBOLS = regex.compile(r"[^\p{L}\p{M}\p{N}]+")
_NUMBERS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion "
    "half third quarter"
)
_NEGATIONS = (
    "not no never none without nor cannot nicht kein keine keinen ohne ne pas sans sin nunca non não sem не нет без"
)
_FACT = regex.compile(
    r"(?:(?<!\w)[-−+])?\p{Sc}?\d+(?:[.,:/]\d+)*%?|[〇零一二三四五六七八九十百千万亿两]+|[不没未无非否勿]|ない|ません|n['’]t\b|"
    rf"\b(?:{'|'.join((_NUMBERS + ' ' + _NEGATIONS).split())})\b"
)


def repeated(question: str, texts: Sequence[str]) -> list[int | None]:
    """For each text, best first, the position of the higher text that it nearly repeats; None for one of its own."""
    shingles = [_shingles(text) for text in texts]
    contained = _containment(shingles)
    asked = set(words(question))
    result: list[int | None] = []
    for low, text in enumerate(texts):
        result.append(
            next(
                (
                    high
                    for high in range(low)
                    if result[high] is None
                    and contained[low, high] >= _LEAST
                    and _adds_nothing(text, texts[high], asked)
                ),
                None,
            )
        )
    return result


def copies(question: str, count: int, text: Callable[[int], str]) -> list[int | None]:
    """`repeated` for the first of `count` ranked texts: as many as it takes to have `PLACES` of their own."""
    size = PLACES
    while True:
        found = repeated(question, [text(n) for n in range(min(size, count))])
        if size >= count or found.count(None) >= PLACES:
            return found
        size *= 2


def _adds_nothing(low: str, high: str, asked: set[str]) -> bool:
    low, high = normal(low), normal(high)
    own, others = _FACT.findall(low), _FACT.findall(high)
    if own != others:
        if len(low) >= _ALIKE * len(high):
            return False
        if not any(others[n : n + len(own)] == own for n in range(len(others) - len(own) + 1)):
            return False
    return not (asked & set(words(low))) - set(words(high))


@lru_cache(maxsize=4096)
def _shingles(text: str) -> NDArray[np.uint64]:
    """Hashes of the different runs of `_LENGTH` letters and digits; of a shorter text the whole."""
    points = np.frombuffer(_SYMBOLS.sub("", normal(text)).encode("utf-32-le", "surrogatepass"), np.uint32)
    if not len(points):
        return np.zeros(0, np.uint64)
    points = np.pad(points, (0, max(0, _LENGTH - len(points)))).astype(np.uint64)
    runs = np.lib.stride_tricks.sliding_window_view(points, _LENGTH)
    return np.unique(runs @ np.array([1, 1_000_003, 998_244_353_117, 777_767_777_777_777], np.uint64))


def _containment(sets: Sequence[NDArray[np.uint64]]) -> NDArray[np.float32]:
    """[i, j]: share of set i that is in set j; 0 for an empty one."""
    known, places = np.unique(np.concatenate([*sets, np.zeros(0, np.uint64)]), return_inverse=True)
    member = np.zeros((len(sets), max(1, len(known))), np.float32)
    sizes = np.array([len(own) for own in sets], np.int64)
    member[np.repeat(np.arange(len(sets)), sizes), places] = 1
    common: NDArray[np.float32] = member @ member.T
    return common / np.maximum(sizes, 1).astype(np.float32)[:, None]
