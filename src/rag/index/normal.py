"""Text → the form in which terms are compared: the same on the side of the documents and of the question.

Unicode compatibility forms (full-width letters, half-width kana, ligatures), case, Traditional characters, digits of
other scripts and optional marks (Arabic and Hebrew vowels, Russian stress) are taken away. Accents of Latin letters
stay: in Vietnamese they tell words apart (dropping them costs 6 points of hit@1); `without_accents` is for looking up a
word that was typed without them.
"""

import unicodedata
from functools import cache
from typing import Any

import regex

_DIGIT = regex.compile(r"[\p{Nd}--[0-9]]", regex.V1)
# Zero-width and other format characters; lone surrogates, which no encoding can write.
_INVISIBLE = regex.compile(r"[\p{Cf}\p{Cs}]")
# Marks that writers of the script leave out as often as not.
_OPTIONAL_MARK = regex.compile(r"[\u064B-\u065F\u0670\u0640\u0591-\u05C7]|(?<=\p{Cyrillic})[\u0300\u0301\u0308]")
_ALIKE = str.maketrans({"ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ё": "е"})
_ACCENT = regex.compile(r"(?<=[\p{Latin}\p{Greek}]\p{M}*)\p{M}")
# Letters whose stroke Unicode does not decompose.
_STROKED = str.maketrans({"đ": "d", "ø": "o", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"})


def normal(text: str) -> str:
    """Normal form of a text; its length and offsets are not kept."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).casefold()
    text = _INVISIBLE.sub("", text)
    text = _DIGIT.sub(lambda match: str(unicodedata.decimal(match[0])), text)
    # Decomposed, so that an alef with hamza or a stressed vowel loses its mark; composed again at the end.
    text = _OPTIONAL_MARK.sub("", unicodedata.normalize("NFKD", text)).translate(_ALIKE)
    simplified: str = _converter().convert(unicodedata.normalize("NFKC", text))
    return simplified


def without_accents(term: str) -> str:
    """A normal term with the accents of its Latin and Greek letters taken off: café → cafe, được → duoc."""
    if term.isascii():
        return term
    bare = _ACCENT.sub("", unicodedata.normalize("NFKD", term))
    return unicodedata.normalize("NFKC", bare).translate(_STROKED)


@cache
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("t2s")
