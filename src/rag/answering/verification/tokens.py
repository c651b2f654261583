"""Text in normal form → words with their places: words of the dictionary in Chinese, stems of alphabetic words."""

import json
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

import regex

_RUN = regex.compile(
    r"(?P<han>\p{Han}+)|(?P<word>[\p{L}\p{M}--\p{Han}]+(?:['’][\p{L}--\p{Han}]+)?)"
    r"|(?P<number>[0-9]+(?:[.,][0-9]+)*)|(?P<break>[,;:.!?，。；：！？、()（）—–\n\0])",
    regex.V1,
)
_ENDINGS = ("ingly", "edly", "iest", "ing", "ied", "ies", "ier", "est", "ed", "es", "ly", "er", "s")


@dataclass(frozen=True, slots=True)
class Token:
    """`form` is what is compared; `clause` counts the stretches between punctuation."""

    form: str
    start: int
    end: int
    clause: int
    content: bool
    han: bool


def stem(word: str) -> str:
    """An English word without its ending, alike for the forms of one word: approved, approves and approving."""
    if len(word) < 4 or not word.isascii():
        return word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word[-1] in "eyi" else word


@lru_cache(maxsize=512)
def tokens(text: str) -> tuple[Token, ...]:
    """Words and numbers of a text in normal form, in order."""
    import rjieba

    result: list[Token] = []
    clause = 0
    for match in _RUN.finditer(text):
        if match["break"]:
            clause += not (match[0] in ".," and text[match.end() : match.end() + 1].isdigit())
        elif match["han"]:
            at = match.start()
            for word in rjieba.cut(match[0], False):
                result.append(Token(word, at, at + len(word), clause, word not in function_words(), True))
                at += len(word)
        else:
            word = regex.sub(r"['’]s$", "", match[0])
            content = word not in function_words() and (len(word) > 1 or word.isdigit())
            result.append(
                Token(stem(word) if match["word"] else word, match.start(), match.end(), clause, content, False)
            )
    return tuple(result)


@cache
def function_words() -> frozenset[str]:
    """Words that say how others belong together, not what about."""
    data = json.loads(files(__package__).joinpath("function_words.json").read_text("utf-8"))
    return frozenset(word for words in data.values() for word in words.split())
