"""Questions of public sets → what a reader learns from: candidate sentences, and where among them the answer stands.

Candidates look like those it will be given: some sentences of the paragraph and of others of the same article, in
reading order. In four of ten examples none answers: the sentence that does is left out, or the paragraph, or the
question is of another figure or name than the text.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from fitting import is_held_out
from squad import SquadQuestion, SquadSet

from rag.documents.sentences import split_sentences

_FIGURE = re.compile(r"\d{1,4}")
_NAME = re.compile(
    r"(?<=\w )[A-ZÀ-Þ][\w'’-]+(?: [A-ZÀ-Þ][\w'’-]+)*"  # capitals within a sentence
    r"|[\u4e00-\u9fff]+·[\u4e00-\u9fff·]+"  # a foreign name in Chinese
)
TITLED = 0.6
"""Share of the examples that tell the titles of their documents."""
ROOM = ((1, 2, 3, 4, 5, 6, 7), (1, 2, 2, 3, 4, 4, 2))
"""How many sentences are read together, and how often so many: one that stands alone, too."""
_STEPS = (-20, -10, -7, -5, -3, -2, -1, 1, 2, 3, 4, 5, 10, 20)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences, and the characters of the text they begin at."""

    sentences: tuple[str, ...]
    starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Spot:
    """A sentence that answers (passage, sentence) and the answer's characters in it, (0, 0) where they are not told."""

    passage: int
    sentence: int
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class ReaderExample:
    """Without a spot none of the sentences answers. `titles` are of each passage's document, or there are none."""

    question: str
    passages: tuple[tuple[str, ...], ...]
    spots: tuple[Spot, ...]
    titles: tuple[str, ...] = ()


class Family:
    """Sets with the same questions in several languages, the first the most important; or one set alone."""

    def __init__(self, sets: Sequence[SquadSet]) -> None:
        self._questions = [{q.id: q for q in one.questions if not is_held_out(q)} for one in sets]
        self._paragraphs = [
            {name: _paragraph(text) for name, (_, text) in one.paragraphs.items() if int(name.split("-")[0]) % 2 == 0}
            for one in sets
        ]
        self._titles = [{name: title.replace("_", " ") for name, (title, _) in one.paragraphs.items()} for one in sets]
        # By article the names in its questions.
        self._names: list[dict[str, list[str]]] = []
        for questions in self._questions:
            names: dict[str, list[str]] = {}
            for question in questions.values():
                names.setdefault(question.document.split("-")[0], []).extend(_NAME.findall(question.question))
            self._names.append(names)
        self._weights = [0.5**n for n in range(len(sets))]
        self.ids = sorted(self._questions[0])

    def example(self, id_: str, rng: random.Random) -> ReaderExample | None:
        """One of the many examples that a question gives; None where it gives none of the kind that was drawn."""
        (n,) = rng.choices(range(len(self._weights)), self._weights)
        (m,) = (n,) if rng.random() < 0.45 else rng.choices(range(len(self._weights)), self._weights)
        gold, asked = self._questions[n].get(id_), self._questions[m].get(id_)
        if gold is None or asked is None:
            return None
        paragraph, question = self._paragraphs[n][gold.document], asked.question
        right = _right(gold, paragraph)
        if not right:
            return None
        kind = rng.choices(("answered", "elsewhere", "without", "changed"), (62, 10, 18, 10))[0]
        if kind == "changed":
            names = self._names[m][asked.document.split("-")[0]]
            question = _changed(question, names, " ".join(paragraph.sentences), rng) or question
            kind = "answered" if question == asked.question else kind
        held = [i for i, sentence in enumerate(paragraph.sentences) if gold.holds_answer(sentence)]
        room = rng.choices(*ROOM)[0]
        others = self._others(n, gold, room, rng) if kind == "elsewhere" or rng.random() < 0.6 else []
        picked: list[int] = []
        if kind != "elsewhere":
            must = [] if kind == "without" else [rng.choice(right)]
            may = [i for i in range(len(paragraph.sentences)) if i not in (held if kind == "without" else must)]
            left = max(0, room - len(must) - sum(map(len, others)))
            near = bool(must) and rng.random() < 0.5
            more = sorted(may, key=lambda i: abs(i - must[0]))[:left] if near else rng.sample(may, min(left, len(may)))
            picked = sorted({*must, *more})
        passages = [[(paragraph.sentences[i], i) for i in picked]] + [
            [(sentence, -1) for sentence in o] for o in others
        ]
        passages = [passage for passage in passages if passage]
        if rng.random() < 0.3:
            rng.shuffle(passages)
        if not passages:
            return None
        spots = [
            Spot(p, s, *_place(gold, sentence))
            for p, passage in enumerate(passages)
            for s, (sentence, i) in enumerate(passage)
            if kind == "answered" and i in right
        ]
        titles: tuple[str, ...] = ()
        if rng.random() < TITLED:  # all are of the same article
            titles = (self._titles[n][gold.document],) * len(passages)
        return ReaderExample(question, tuple(tuple(text for text, _ in p) for p in passages), tuple(spots), titles)

    def _others(self, n: int, gold: SquadQuestion, room: int, rng: random.Random) -> list[list[str]]:
        """Some sentences of one or two other paragraphs, none with the answer: of the article, where it has others."""
        article = gold.document.split("-")[0] + "-"
        names = [name for name in self._paragraphs[n] if name.startswith(article) and name != gold.document]
        names = names or [name for name in self._paragraphs[n] if name != gold.document]
        found = []
        for name in rng.sample(names, min(2, len(names))):
            sentences = [each for each in self._paragraphs[n][name].sentences if not gold.holds_answer(each)]
            count = min(len(sentences), rng.randint(1, max(1, room // 2)))
            if rng.random() < 0.6:
                first = rng.randint(0, len(sentences) - count)
                found.append(sentences[first : first + count])
            else:
                found.append([sentences[i] for i in sorted(rng.sample(range(len(sentences)), count))])
        return found


class Source(Protocol):
    """Where examples are from."""

    ids: list[str]

    def example(self, id_: str, rng: random.Random) -> ReaderExample | None:
        """One of the many examples that a question gives, or None."""
        ...


def examples(sources: Sequence[Source], shares: Sequence[float], rng: random.Random) -> Iterator[ReaderExample]:
    """Without end: from each source its share, of that each question once, in random order, and again."""
    streams = [_again(source, rng) for source in sources]
    while True:
        (stream,) = rng.choices(streams, shares)
        yield next(stream)


def _again(source: Source, rng: random.Random) -> Iterator[ReaderExample]:
    asked = list(source.ids)
    while True:
        rng.shuffle(asked)
        for id_ in asked:
            example = source.example(id_, rng)
            if example is not None:
                yield example


def _paragraph(text: str) -> Paragraph:
    places = split_sentences(text)
    return Paragraph(tuple(text[s.start : s.end] for s in places), tuple(s.start for s in places))


def _right(gold: SquadQuestion, paragraph: Paragraph) -> list[int]:
    """The sentence that the marked answer stands in, or where that is not told, all that hold it."""
    _, start = gold.marked
    at = sum(begin <= start for begin in paragraph.starts) - 1
    held = [i for i, sentence in enumerate(paragraph.sentences) if gold.holds_answer(sentence)]
    return [at] if at in held else held


def _place(gold: SquadQuestion, sentence: str) -> tuple[int, int]:
    begin = sentence.find(gold.marked[0])
    return (begin, begin + len(gold.marked[0])) if begin >= 0 else (0, 0)


def _changed(question: str, names: Sequence[str], text: str, rng: random.Random) -> str | None:
    """The question about another figure, or another name, that the text does not hold."""
    found = [figure for figure in _FIGURE.finditer(question) if figure[0] in text] + [*_NAME.finditer(question)]
    if not found:
        return None
    old = rng.choice(found)
    for _ in range(6):
        figure = old[0].isdigit()
        new = str(max(1, int(old[0]) + rng.choice(_STEPS))) if figure else rng.choice(names or [old[0]])
        if new not in text and new not in question and old[0] not in new:
            return question[: old.start()] + new + question[old.end() :]
    return None
