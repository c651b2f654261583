"""Names of a sentence that its quotes do not hold, as far as they can be told without a model."""

import unicodedata
from collections.abc import Iterator, Sequence

import regex

from rag.answering.verification.dates import MONTHS
from rag.answering.verification.tokens import function_words, stem
from rag.answering.verification.verdict import Problem
from rag.index.normal import normal

_QUOTED = regex.compile(r"《([^《》\n]{1,40})》|“([^“”\n]{1,30})”|「([^「」\n]{1,30})」|\"([^\"\n]{1,30})\"")
_CAPITAL = regex.compile(
    r"(?<![\p{L}\p{N}])(?:[\p{Lu}&&\p{Latin}][\p{Latin}\p{M}\p{N}]*|\p{N}+[\p{Lu}&&\p{Latin}][\p{Latin}\p{N}]*)"
    r"(?:[-'’·][\p{Latin}\p{N}]+)*",
    regex.V1,
)
_START = regex.compile(r"(?:^|[.!?:;\n。！？：；，“\"])\s*$")
_FOREIGN = regex.compile(r"\p{Han}{1,6}(?:[·・‧•]\p{Han}{1,8})+")
_SUFFIX = regex.compile(r"[省市县区州国镇乡村人族语]$")
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
    "钟谭陆汪范石廖贾夏韦傅方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严武戴莫孔向汤"
)
_NAME_TAGS = frozenset({"nr", "ns", "nt", "nz", "nrt", "nrfg"})
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NO_NAMES = frozenset({*MONTHS, *_WEEKDAYS, "q1", "q2", "q3", "q4", "h1", "h2", "i", "us"})
"""Written with a capital: the calendar, which dates.py compares, I and US."""


def name_problems(said: str, held: Sequence[str]) -> Iterator[Problem]:
    """Texts as written; the quotes are of the sentence's language."""
    said, quotes = _form(said), "\n".join(map(_form, held))
    flat = _flat(quotes)
    for match in _QUOTED.finditer(said):
        name = next(group for group in match.groups() if group)
        if _flat(name) and _flat(name) not in flat:
            yield Problem("name", name)
    if regex.search(r"\p{Latin}", quotes):
        yield from _latin(said, quotes)
    if regex.search(r"\p{Han}", quotes):
        yield from _han(said, flat)


def _latin(said: str, quotes: str) -> Iterator[Problem]:
    names = list(_CAPITAL.finditer(said))
    words = regex.findall(r"\p{Latin}[\p{L}\p{M}\p{N}]*", said)
    if len(words) > 3 and len(names) > 0.7 * len(words):
        return  # a heading in capitals
    written = regex.findall(r"[\p{Latin}\p{M}\p{N}]+", quotes)
    forms = {stem(word.casefold()) for word in written} | {word.casefold() for word in written}
    initials = "".join(word[0] for word in written if word[0].isupper())
    own = "".join(match[0][0] for match in names)
    for match in names:
        for part in regex.split(r"[-'’·]", match[0]):
            low = part.casefold()
            if (
                len(part) < 2
                or not regex.search(r"\p{Latin}", part)
                or low in function_words()
                or low in _NO_NAMES
                or low in forms
                or stem(low) in forms
            ):
                continue
            if _START.search(said[: match.start()]) and not _takes_a_name(match, said, quotes):
                continue
            if low.isdigit() or any(len(low) > 4 and form[:4] == low[:4] for form in forms):
                continue  # China, Chinese
            if (part.isupper() and part in initials) or any(
                part[0] in word and word in own for word in written if word.isupper() and len(word) > 2
            ):
                continue  # NFL for National Football League and the other way round
            yield Problem("name", match[0])
            break


def _takes_a_name(match: "regex.Match[str]", said: str, quotes: str) -> bool:
    """Whether a word that has its capital for standing first is a name: it is written with one, or stands for one."""
    if regex.search(r"\p{Lu}|\p{N}", match[0][1:]):
        return True
    behind = regex.match(r"\s+([\p{L}\p{N}]+)", said[match.end() :])
    if not behind:
        return False
    if behind[1][0].isupper():
        return True
    swapped = regex.findall(rf"(?<!\p{{L}})(\p{{Lu}}[\p{{L}}-]+)(?:['’]s)?\s+{regex.escape(behind[1])}\b", quotes)
    said_forms = {word.casefold() for word in regex.findall(r"[\p{L}\p{N}]+", said)}
    return any(name.casefold() not in function_words() and name.casefold() not in said_forms for name in swapped)


def _han(said: str, flat: str) -> Iterator[Problem]:
    import rjieba

    for match in _FOREIGN.finditer(said):
        parts = regex.split(r"[·・‧•]", match[0])
        # The run of characters around the dot may hold words before and behind the name.
        if _flat(parts[0])[-1:] + _flat(parts[1])[:1] not in flat and not any(
            len(p) > 1 and _flat(p) in flat for p in parts
        ):
            yield Problem("name", match[0])
    text = normal(said)
    run = ""
    for word, tag in [*rjieba.tag(text, False), ("", "x")]:
        if len(word) == 1 and regex.match(r"\p{Han}", word) and word not in function_words() and word not in flat:
            run += word
            continue
        if len(run) > 1:
            yield Problem("name", run)
        run = ""
        if tag == "nr" and word[:1] not in _SURNAMES:
            continue  # the dictionary also has 馆内 and 高峰 for persons
        if tag in _NAME_TAGS and len(word) > 1 and regex.match(r"\p{Han}", word) and not _held(word, flat):
            yield Problem("name", word)


def _held(name: str, flat: str) -> bool:
    bare = _SUFFIX.sub("", name) if len(name) > 2 else name
    if bare in flat:
        return True
    # 中科院 of 中国科学院: its characters, in order, close together.
    return regex.search(r"\p{Han}{0,3}".join(map(regex.escape, bare)), flat) is not None


def _form(text: str) -> str:
    return str(regex.sub(r"\p{Cf}", "", unicodedata.normalize("NFKC", text)))


def _flat(text: str) -> str:
    return str(regex.sub(r"[\s\p{P}]", "", normal(text)))
