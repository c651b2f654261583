"""Directions and negations of a sentence that its quotes turn round: 增长 for 下降, a 不 or "not" lost or added."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import regex

from rag.answering.verification.tokens import Token, function_words, stem, tokens
from rag.answering.verification.verdict import Problem

_WINDOW = 5
_SCOPE = 4
_ALIKE = 3
"""Content words around two negations that make them one, though what stands behind them differs (没有, 从不出现)."""


_NO_OTHER = regex.compile(
    r"(?:no|none of the) others?\b|nothing else\b|nobody else\b|没有(?:任何)?(?:其他|别的|另一|哪|一)"
)
_COMPARED = regex.compile(r"\b(?:more|less|fewer|as|so|(?!other)\w+er)\b|更|比|那么|这么|如此")
_THAN = regex.compile(r"\bthan\b|比")
_ONLY = regex.compile(r"\b(?:only|sole)\b|唯一|仅有|独有|独家")
_MOST = regex.compile(r"\b(?:than|of) (?:any|every|all)\b|\b(?:most|least|\w+est)\b|最|任何|首屈一指|居首|第一")


@dataclass(frozen=True, slots=True)
class Pole:
    """A word with a direction: the pair it belongs to and its side; `near` are the content words around it in
    its clause, `far` those beyond as well."""

    pair: int
    side: int
    word: str
    start: int
    end: int
    near: frozenset[str]
    far: frozenset[str]
    beside: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Negation:
    """`heads`: the content words behind it, in order, as far as its clause goes; `near`: those before it as well."""

    word: str
    start: int
    end: int
    heads: tuple[str, ...]
    near: frozenset[str]


def polarity_problems(said: str, held: Sequence[str]) -> list[Problem]:
    """Texts in normal form; the quotes are of the sentence's language."""
    problems = list(_turned(said, held))
    if not problems:
        problems = list(_negated(said, held))
    return problems


def turned_across(said: str, held: Sequence[str]) -> list[Problem]:
    """The same between languages, where only a direction that the quotes have just the other way round can be told."""
    quoted = {(pole.pair, pole.side) for quote in held for pole in poles(quote)}
    return [
        Problem("polarity", pole.word)
        for pole in poles(said)
        if pole.pair < _across() and (pole.pair, -pole.side) in quoted and (pole.pair, pole.side) not in quoted
    ]


def _turned(said: str, held: Sequence[str]) -> Iterator[Problem]:
    quoted = [pole for quote in held for pole in _as_negated(quote)]
    for pole in _as_negated(said):
        rivals = [other for other in quoted if other.pair == pole.pair]
        same = max((_alike(pole, other) for other in rivals if other.side == pole.side), default=-1.0)
        opposite = max((_alike(pole, other) for other in rivals if other.side == -pole.side), default=0.0)
        held_so = same < 0 and len(pole.word) > 1 and _occurs_in(pole.word, held)
        if opposite > same and opposite >= 1 and not held_so and not any(_sides_changed(said, q) for q in held):
            yield Problem("polarity", pole.word)
    for token in tokens(said):
        for bare in _without_prefix(token):
            forms = {other.form for quote in held for other in tokens(quote)}
            if bare in forms and token.form not in forms:
                yield Problem("polarity", said[token.start : token.end])
    for quote in held:
        forms = {token.form for token in tokens(said)}
        ours = {token.form for token in tokens(quote)}
        for token in tokens(quote):
            for bare in _without_prefix(token):
                if bare in forms and token.form not in forms and bare not in ours and len(bare) > 3:
                    yield Problem("polarity", bare)


def _as_negated(text: str) -> list[Pole]:
    """Poles, those right behind a negation turned: "not support" as "oppose". Of amounts "not more" is not "less"."""
    ends = {negation.end for negation in negations(text)}
    return [
        replace(pole, side=-pole.side, pair=pole.pair or -1)
        if any(0 <= pole.start - end <= 1 for end in ends)
        else pole
        for pole in poles(text)
    ]


def _sides_changed(said: str, quote: str) -> bool:
    """Whether both compare the same two, the other way round: "A has fewer than B" and "B has more than A"."""
    (ours, against), (theirs, beside) = _compared(said), _compared(quote)
    return bool(ours & beside and theirs & against and not against & beside)


def _compared(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Content words of what is compared and of what it is compared with; none where nothing is."""
    than = _THAN.search(text)
    if than is None:
        return frozenset(), frozenset()
    words = [token for token in tokens(text) if token.content]
    before = [token for token in words if token.end <= than.start()]
    clause = max((token.clause for token in before), default=0)
    left = [token.form for token in before if token.clause == clause][:2]
    right = [token.form for token in words if token.start >= than.end() and token.clause == clause][:2]
    return frozenset(left), frozenset(right)


def _occurs_in(word: str, held: Sequence[str]) -> bool:
    """Whether a Chinese word is in the quotes, if as part of a longer one; "normal" is no part of "abnormal"."""
    return word > "\u2e7f" and any(word in quote for quote in held)


def _without_prefix(token: Token) -> Iterator[str]:
    for prefix in ("un", "in", "im", "ir", "il", "dis", "non", "mis"):
        if not token.han and token.form.startswith(prefix) and len(token.form) > len(prefix) + 3:
            yield token.form[len(prefix) :]


def _alike(one: Pole, other: Pole) -> float:
    beside = sum(
        (0.5 if a in function_words() else 1.5) for a, b in zip(one.beside, other.beside, strict=True) if a and a == b
    )
    shared = one.near & other.near
    figures = sum(form[:1].isdigit() for form in shared)  # two falls by 8 % are one
    return len(shared) + 1.5 * figures + beside + 0.25 * len(one.far & other.far)


@lru_cache(maxsize=1024)
def poles(text: str) -> tuple[Pole, ...]:
    """Words with a direction of a text in normal form."""
    single, pattern = _lexicon()
    words = tokens(text)
    found: list[tuple[int, int, list[tuple[int, int]]]] = []
    inner = {place for t in words for place in range(t.start + 1, t.end)}
    whole = {(t.start, t.end) for t in words}
    taken: set[int] = set()
    for match in pattern.finditer(text, overlapped=True):
        start, end = match.span()
        # 其后|退出 holds no 后退: a word that crosses the end of another is none, one within another (增长率) is.
        within = any(a <= start and end <= b for a, b in whole)
        if not taken.intersection(range(start, end)) and (within or not inner & {start, end}):
            found.append((start, end, single[match[0]]))
            taken.update(range(start, end))
    for token in words:
        if token.start in taken:
            continue
        written = text[token.start : token.end]
        by_form = single.get(token.form, []) if not token.han or len(written) == 1 else []
        entry = [*single.get(f"={written}", []), *by_form]
        if entry:
            found.append((token.start, token.end, entry))
    result = []
    for start, end, entry in sorted(found):
        near, far, beside = _around(words, start, end)
        result += [Pole(pair, side, text[start:end], start, end, near, far, beside) for pair, side in entry]
    return tuple(result)


def _around(words: Sequence[Token], start: int, end: int) -> tuple[frozenset[str], frozenset[str], tuple[str, str]]:
    before = [t for t in words if t.end <= start]
    after = [t for t in words if t.start >= end]
    clause = next((t.clause for t in words if t.end > start), 0)
    window = [*[t for t in before if t.content][-_WINDOW:], *[t for t in after if t.content][:_WINDOW]]
    near = frozenset(t.form for t in window if t.clause == clause)
    beside = (before[-1].form if before else "", after[0].form if after else "")
    return near, frozenset(t.form for t in window), beside


def _negated(said: str, held: Sequence[str]) -> Iterator[Problem]:
    ours = negations(said)
    theirs = [(negation, quote) for quote in held for negation in negations(quote)]
    free = list(range(len(theirs)))
    for negation in ours:
        likeness = {n: _shared(negation, theirs[n][0]) for n in free}
        best = max(likeness, key=lambda n: likeness[n], default=None)
        if best is not None and likeness[best] > 0:
            free.remove(best)
        elif (
            any(_occurs(head, quote) for head in negation.heads[:2] for quote in held)
            and not _as_opposite(negation, said, held)
            and not _as_most(negation, said, held)
        ):
            yield Problem("polarity", negation.word)
    for n in free:
        negation, quote = theirs[n]
        head = next((h for h in negation.heads if h not in _words("adverbs") and not h.endswith("地")), None)
        if head is None or not _occurs(head, said) or _as_opposite(negation, quote, [said]):
            continue
        plain, quoted = _plain(head, said), sum(_plain(head, q) for q in held)
        whole = sum(_count(head, q) for q in held) == _count(head, said)
        if (plain > quoted and (plain > 0 or whole)) or (
            plain > 0 and not _closer_elsewhere(head, negation, said, held)
        ):
            yield Problem("polarity", negation.word)


def _plain(head: str, text: str) -> int:
    """How often a text holds a word outside the reach of its negations."""
    return _count(head, text) - sum(any(head in own for own in negation.heads) for negation in negations(text))


def _count(head: str, text: str) -> int:
    return text.count(head) if head > "\u2e7f" else sum(token.form == head for token in tokens(text))


def _shared(one: Negation, other: Negation) -> float:
    heads = sum(any(a == b or (a > "\u2e7f" and (a in b or b in a)) for b in other.heads) for a in one.heads)
    if one.heads and other.heads and not heads and len(one.near & other.near) < _ALIKE:
        return 0
    return 2 * heads + len(one.near & other.near) + (5 if one.heads[:1] == other.heads[:1] else 0)


def _occurs(head: str, text: str) -> bool:
    return head in text if head and head[0] > "\u2e7f" else any(token.form == head for token in tokens(text))


def _as_opposite(negation: Negation, text: str, others: Sequence[str]) -> bool:
    """Whether "not support" stands for "oppose" there, where the one is the other's opposite."""
    ahead = [pole for pole in poles(text) if 0 <= pole.start - negation.end <= 1]
    return any(
        other.pair == pole.pair and other.side == -pole.side
        for pole in ahead
        for o in others
        if not _occurs(pole.word, o)
        for other in poles(o)
    )


def _as_most(negation: Negation, text: str, others: Sequence[str]) -> bool:
    """Whether "no other has more" stands for "more than any other" or "the most", "no other has" for "the only"."""
    if not _NO_OTHER.match(text, negation.start):
        return False
    compared = _COMPARED.search(text, negation.end)
    return any(_ONLY.search(other) or (compared and _MOST.search(other)) for other in others)


def _closer_elsewhere(head: str, negation: Negation, said: str, held: Sequence[str]) -> bool:
    """Whether the quotes also hold the word without a negation, in words that are more like the sentence's."""
    ours = frozenset(token.form for token in tokens(said) if token.content)
    negated = len(ours & negation.near)
    for quote in held:
        words = tokens(quote)
        scopes = [(n.start, n.heads) for n in negations(quote)]
        for token in words:
            if token.form == head and not any(start < token.start and head in heads for start, heads in scopes):
                _, near, _ = _around(words, token.start, token.end)
                if len(ours & near) >= negated:
                    return True
    # The word alone is not enough: 所没有的功能 says nothing about the 功能 of another clause.
    return negated < min(2, len(ours))


@lru_cache(maxsize=1024)
def negations(text: str) -> tuple[Negation, ...]:
    """Negations of a text in normal form that negate; two that undo each other are none."""
    found = [(m.start(), m.end(), m[0]) for m in _negation_pattern().finditer(text) if m.lastgroup == "negation"]
    words = tokens(text)
    result = []
    for start, end, word in found:
        clause = next((t.clause for t in words if t.end > start), 0)
        inside = [text[end : t.end] for t in words if t.start < end < t.end and t.han]
        ahead = [t for t in words if t.start >= end and t.clause == clause]
        ahead = ahead if ahead or inside else [t for t in words if t.start >= end][:_SCOPE]
        heads = [part for part in inside if part not in _words("auxiliaries")]
        heads += [t.form for t in ahead if t.content and t.form not in _words("auxiliaries")]
        if not heads:  # "要注意的不是，…": what is negated stands behind the comma
            heads = [t.form for t in words if t.start >= end and t.content][:_SCOPE]
        # 认为 of "不认为，…" holds no content, but is what is negated.
        heads = heads or [t.form for t in ahead if t.form not in _words("auxiliaries")][:1]
        before = [t.form for t in words if t.end <= start and t.clause == clause and t.content]
        result.append(Negation(word, start, end, tuple(heads[:_SCOPE]), frozenset(before[-_WINDOW:] + heads[:_SCOPE])))
    return tuple(result)


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(_data()[name].split())


@cache
def _negation_pattern() -> Any:
    data = _data()
    harmless = "|".join(sorted(map(regex.escape, data["not_negations"]["zh"].split()), key=len, reverse=True))
    zh = "|".join(sorted(data["negations"]["zh"].split(), key=len, reverse=True))
    en = "|".join([*data["negations"]["en"].split(), *data["negations"]["others"].split()])
    verbal = r"\bno longer\b|\bfail(?:s|ed|ing)? to\b|\bunable to\b"
    negating = rf"{verbal}|{zh}|\b(?:{en})\b|\b\w+n['’]t\b|(?<!\p{{Han}})别(?![人的处])"
    return regex.compile(rf"(?:{harmless})|\b(?:{data['not_negations']['en']})\b|(?P<negation>{negating})")


@cache
def _lexicon() -> tuple[dict[str, list[tuple[int, int]]], Any]:
    """Words → (pair, side), and a pattern of the Chinese ones. In polarity.json an English word stands for its
    inflections unless marked with =; the pairs of `across` mean the same direction in every sentence, so they are
    compared between languages too.
    """
    table: dict[str, list[tuple[int, int]]] = {}
    for n, (one, other) in enumerate([*_data()["across"], *_data()["pairs"]]):
        for side, words in ((1, one), (-1, other)):
            for word in words.split():
                written = not word.isascii() or word[0] == "="
                for key in [word] if written else sorted(_stems(word)):
                    table.setdefault(key, []).append((n, side))
    for word in [word for word in table if word[0] == "最" and word[1:] in table]:
        # 最便宜 stands against 最贵 and against 昂贵, 最昂贵.
        table[word] = [*table[word], *table[word[1:]]]
    han = sorted((word for word in table if not word.isascii() and len(word) > 1), key=len, reverse=True)
    return table, regex.compile("|".join(han))


def _stems(word: str) -> set[str]:
    """Stems of an English word and of its regular forms, which the stemmer does not always cut alike."""
    return {stem(word + end) for end in ("", "s", "ed", "ing", f"{word[-1]}ed", f"{word[-1]}ing")}


def _across() -> int:
    return len(_data()["across"])


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(files(__package__).joinpath("polarity.json").read_text("utf-8"))
    return data
