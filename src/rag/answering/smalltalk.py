"""A question → what kind of small talk it is, if it is nothing but that: a greeting, thanks, keyboard mash.

Only a text that consists of phrases of `smalltalk.json` from end to end is small talk, so that a greeting in front of a
question leaves the question a question.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias

import regex

Kind: TypeAlias = Literal["greeting", "thanks", "goodbye", "about", "ok", "gibberish"]
# Where a text holds phrases of several kinds ("hello, who are you?"), the first of these is what it is.
_KINDS: tuple[Kind, ...] = ("about", "goodbye", "thanks", "greeting", "ok")
_LONGEST = 120
"""Characters; a text that goes on longer says something."""
_TOKEN = regex.compile(r"[\p{L}\p{M}]+|\p{N}+")
_SPACELESS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю")
# Pairs of letters that words of no language in Latin script hold, nor the syllables of pinyin.
_IMPOSSIBLE = re.compile(
    r"[bcdfghjklmnprstvwxz]q(?!u)|q[bcdfghjklmnprstvwxz]|j[bcfghjklmpqrtvwxz]|v[bfghjmpqwx]|[fhjkvwz]x|x[jkz]|[fgjmpvw]z[bcdfgkpqrt]"
)
_PART_OF_LETTER = "\u3099\u309a\u0306"  # が ぱ й
_SAME = str.maketrans({"\u2019": None, "'": None, "ß": "ss"})
_VOWEL = re.compile(r"[aeiouy]")


@dataclass(frozen=True, slots=True)
class SmallTalk:
    """The kind, and the language of its phrases; "" where they tell none."""

    kind: Kind
    language: str


def smalltalk(text: str, language: str = "und", known: Callable[[str], bool] | None = None) -> SmallTalk | None:
    """None for a question, and for an empty text.

    language  what the text is taken for; of the languages that have its phrases this one is preferred
    known     whether the documents hold a word: such a word is no gibberish
    """
    if not text.strip() or len(text) > _LONGEST:
        return None
    tokens = _TOKEN.findall(_folded(text))
    if all(token.isdigit() for token in tokens):
        return None if tokens else SmallTalk("gibberish", "")
    # One token a line: a phrase then starts and ends where a token does.
    flat = "\n" + "\n".join(tokens) + "\n"
    for own in _preferred(language):
        # A question is none, so that it costs one pattern a language, and not one a kind.
        if not _phrases_only(own).fullmatch(flat):
            continue
        for kind in _KINDS:
            if _pattern(own, kind).fullmatch(flat):
                return SmallTalk(kind, own)
    return SmallTalk("gibberish", "") if _is_mash(text, tokens, known) else None


def _folded(text: str) -> str:
    """Without case, accents and the marks of Arabic, which people leave out as they type."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(c for c in letters if c in _PART_OF_LETTER or unicodedata.category(c) != "Mn")
    return unicodedata.normalize("NFKC", kept).translate(_SAME)


def _preferred(language: str) -> Iterable[str]:
    every = _phrases()["greeting"]
    same = [tag for tag in (language, language.split("-")[0]) if tag in every]
    return dict.fromkeys([*same, *every])


@cache
def _phrases() -> dict[str, dict[str, list[str]]]:
    phrases: dict[str, dict[str, list[str]]] = json.loads(
        files("rag.answering").joinpath("smalltalk.json").read_text("utf-8")
    )
    return phrases


@cache
def _phrases_only(language: str) -> re.Pattern[str]:
    """Matches texts of tokens between line ends that hold nothing but phrases, of any kind."""
    return re.compile(rf"\n*{_any_phrase(language)}*")


@cache
def _pattern(language: str, kind: Kind) -> re.Pattern[str]:
    """Matches those of them that hold a phrase of the kind."""
    anything = _any_phrase(language)
    own = _alternatives(language, kind)
    # Backtracking stays small: the texts are, and phrases end where tokens do (or are of a script without spaces).
    return re.compile(rf"\n*{anything}*(?:{own}){anything}*" if own else r"(?!)")


@cache
def _any_phrase(language: str) -> str:
    every = [_alternatives(language, name) for name in (*_KINDS, "filler")]
    return f"(?:{'|'.join(filter(None, every))})"


def _alternatives(language: str, kind: str) -> str:
    phrases = list(_phrases()[kind].get(language, []))
    if language == "zh-Hant":
        phrases += _phrases()[kind].get("zh", [])
    alternatives = []
    for phrase in sorted(phrases, key=len, reverse=True):
        tokens = _TOKEN.findall(_folded(phrase))
        # Scripts without spaces run on into the next phrase; others end with the word.
        end = r"\n*" if _SPACELESS.search(phrase) else r"\n"
        alternatives.append(r"\n".join(map(re.escape, tokens)) + end)
    return "|".join(alternatives)


def _is_mash(text: str, tokens: Iterable[str], known: Callable[[str], bool] | None) -> bool:
    words = [token for token in tokens if not token.isdigit()]
    if known and any(known(word) for word in words):
        return False
    mashed = [_mashed(word) for word in words]
    # A word of few letters says nothing either way; ABBREVIATIONS are names of something.
    return any(mashed) and all(m or len(w) < 4 for m, w in zip(mashed, words, strict=True)) and not text.isupper()


def _mashed(word: str) -> bool:
    if regex.fullmatch(r"[\u1100-\u11ff]{2,}", word):  # Korean letters that form no syllable
        return True
    if _SPACELESS.search(word):
        return len(word) > 2 and len(set(word)) == 1
    if len(word) < 4:
        return False
    if len(set(word)) <= 2 or re.fullmatch(r"(.{1,4}?)\1{2,}.{0,3}", word):
        return True
    if 2 * sum(map(len, _walks(word))) > len(word):
        return True
    if not word.isascii():
        return False
    impossible = len(_IMPOSSIBLE.findall(word))
    return (len(word) >= 6 and impossible > 0) or (len(word) >= 5 and not _VOWEL.search(word))


def _walks(word: str) -> list[str]:
    """Runs of at least four neighbouring keys, in either direction."""
    runs, start = [], 0
    for end in range(2, len(word) + 1):
        if not any(word[end - 2 : end] in row or word[end - 2 : end] in row[::-1] for row in _ROWS):
            runs.append(word[start : end - 1])
            start = end - 1
    runs.append(word[start:])
    return [run for run in runs if len(run) >= 4]
