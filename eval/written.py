"""Documents and questions written for training, near misses above all → what a reader learns from.

`written.jsonl` holds a document a line: `language`, `subject`, `passages` (lists of sentences) and `questions`, each
with its `language` and either the `answer`, characters of the sentence that `sentence` counts to through all passages,
or `why` the document has none. Documents and figures are invented. Every fifth document is held out of training.

`near_misses.jsonl` holds questions that a paragraph of a public set does not answer, a paragraph a line: `set` (a
file's name without `.json`), `document` (as `squad.py` names it) and `questions`, each with `language` and `why`. All
are of even-numbered articles.
"""

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from reader_examples import ROOM, TITLED, ReaderExample, Spot
from squad import SquadQuestion, SquadSet

from rag.documents.sentences import split_sentences
from rag.embedding.text_embedder import TextEmbedder

FILE = Path(__file__).resolve().parent / "written.jsonl"
NEAR_MISSES = FILE.with_name("near_misses.jsonl")
_NOISE = 0.03
"""Of the cosines by which sentences are drawn: about what lies between the nearest sentences of a question."""
_BARE = 0.5
"""Share of the examples with a title whose sentences leave out whom the title names."""
_DATED = re.compile(r"[^，。]{0,12}[0-9]{4}年[^，。]{0,6}，")
_ELSEWHERE = 0.1
"""Share of the examples whose sentences are those of other documents that are nearest to the question."""


@dataclass(frozen=True, slots=True)
class WrittenQuestion:
    """`sentence` and the answer's characters in it, or None where the document does not answer."""

    question: str
    language: str
    sentence: int | None
    begin: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class WrittenDocument:
    """`passages` holds sentences; `homes` tells of each sentence, through all of them, the passage."""

    name: str
    language: str
    passages: tuple[tuple[str, ...], ...]
    questions: tuple[WrittenQuestion, ...]
    held_out: bool
    title: str = ""

    @property
    def sentences(self) -> list[str]:
        """Of all passages."""
        return [sentence for passage in self.passages for sentence in passage]

    @property
    def homes(self) -> list[int]:
        """Of each sentence the passage it stands in."""
        return [n for n, passage in enumerate(self.passages) for _ in passage]

    @property
    def markdown(self) -> str:
        """The title and a paragraph for each passage."""
        between = "" if self.language in ("zh", "zh-Hant", "ja") else " "
        return "\n\n".join([f"# {self.title}", *(between.join(passage) for passage in self.passages)])


def read_written(path: Path = FILE) -> list[WrittenDocument]:
    """The documents of the file."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [_document(n, row) for n, row in enumerate(rows)]


def _document(n: int, row: Mapping[str, object]) -> WrittenDocument:
    passages = tuple(tuple(passage) for passage in row["passages"])  # type: ignore[attr-defined]
    flat = [sentence for passage in passages for sentence in passage]
    questions = []
    for asked in row["questions"]:  # type: ignore[attr-defined]
        at = asked.get("sentence") if asked.get("answer") is not None else None
        begin = flat[at].index(asked["answer"]) if at is not None else 0
        end = begin + len(asked["answer"]) if at is not None else 0
        questions.append(WrittenQuestion(asked["question"], asked["language"], at, begin, end))
    held_out, title = n % 5 == 4, str(row["subject"])
    return WrittenDocument(f"w{n:03}", str(row["language"]), passages, tuple(questions), held_out, title)


def read_near_misses(sets: Mapping[str, SquadSet], named: str, path: Path = NEAR_MISSES) -> list[WrittenDocument]:
    """The paragraphs that near misses are written on, each once for each of the sets, with what else is asked of it.

    sets   translations of each other by language; `named` is the `set` of the lines that are on them
    """
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    documents = []
    for language, one in sets.items():
        asked: dict[str, list[SquadQuestion]] = {}
        for question in one.questions:
            asked.setdefault(question.document, []).append(question)
        for row in (row for row in rows if row["set"] == named):
            text = one.paragraphs[row["document"]][1]
            places = split_sentences(text)
            sentences = tuple(text[place.start : place.end] for place in places)
            questions = [WrittenQuestion(each["question"], each["language"], None) for each in row["questions"]]
            for gold in asked.get(row["document"], []):
                answer, start = gold.marked
                at = sum(place.start <= start for place in places) - 1
                if at >= 0 and answer in sentences[at]:
                    begin = sentences[at].index(answer)
                    questions.append(WrittenQuestion(gold.question, language, at, begin, begin + len(answer)))
            name = f"{named}:{language}:{row['document']}"
            if len(sentences) > 1:
                title = one.paragraphs[row["document"]][0].replace("_", " ")
                documents.append(WrittenDocument(name, language, (sentences,), tuple(questions), False, title))
    return documents


class WrittenFamily:
    """Examples of the documents that are not held out."""

    def __init__(self, documents: Sequence[WrittenDocument], embedder: TextEmbedder) -> None:
        self._documents = {d.name: d for d in documents if not d.held_out}
        self._asked = {name: _embed_questions(document, embedder) for name, document in self._documents.items()}
        read = {name: embedder.embed_passages(document.sentences) for name, document in self._documents.items()}
        self._near = {name: asked @ read[name].T for name, asked in self._asked.items()}
        self._read = np.concatenate([*read.values()])
        self._places = [(name, i) for name in read for i in range(len(read[name]))]
        self.ids = sorted(f"{d.name}#{n}" for d in self._documents.values() for n in range(len(d.questions)))

    def example(self, id_: str, rng: random.Random) -> ReaderExample | None:
        """One of the many examples that a question gives: some sentences, those near to it more often than others."""
        name, _, number = id_.partition("#")
        document = self._documents[name]
        asked = document.questions[int(number)]
        titled = rng.random() < TITLED
        if rng.random() < _ELSEWHERE:
            elsewhere, homes_of = self._elsewhere(name, int(number), rng)
            told = tuple(self._documents[home].title for home in homes_of) if titled else ()
            return ReaderExample(asked.question, elsewhere, (), told) if elsewhere else None
        left_out = asked.sentence is not None and rng.random() < 0.12
        must = [] if asked.sentence is None or left_out else [asked.sentence]
        may = [i for i in range(len(document.sentences)) if i != asked.sentence]
        room = rng.choices(*ROOM)[0] - len(must)
        if rng.random() < 0.7:
            near = self._near[name][int(number)]
            may.sort(key=lambda i: -near[i] - rng.gauss(0, _NOISE))
        else:
            rng.shuffle(may)
        picked = sorted({*must, *may[:room]})
        homes = document.homes
        passages = [[i for i in picked if homes[i] == home] for home in sorted({homes[i] for i in picked})]
        if rng.random() < 0.3:
            rng.shuffle(passages)
        bare = titled and rng.random() < _BARE
        dropped = [subject(sentence, document) if bare else (0, 0) for sentence in document.sentences]
        texts = [tuple(_without(document.sentences[i], dropped[i]) for i in passage) for passage in passages]
        titles = [document.title] * len(texts)
        if rng.random() < 0.3:
            another = rng.choice(self._alike(document))
            texts.append(_some_of(another, rng))
            titles.append(another.title)
        spots = [
            Spot(p, passage.index(i), *_moved((asked.begin, asked.end), dropped[i]))
            for p, passage in enumerate(passages)
            for i in must
            if i in passage
        ]
        return ReaderExample(asked.question, tuple(texts), tuple(spots), tuple(titles) if titled else ())

    def _elsewhere(
        self, name: str, number: int, rng: random.Random
    ) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
        """Sentences near to a question of documents on something else, by document, and the documents' names."""
        values = self._read @ self._asked[name][number]
        others = (i for i in np.argsort(-values).tolist() if _article(self._places[i][0]) != _article(name))
        near = sorted(islice(others, 60), key=lambda i: -values[i] - rng.gauss(0, _NOISE))
        picked = [self._places[i] for i in sorted(near[: rng.randint(3, 6)])]
        homes = list(dict.fromkeys(home for home, _ in picked))
        rng.shuffle(homes)
        passages = [tuple(self._documents[home].sentences[i] for h, i in picked if h == home) for home in homes]
        return tuple(passages), tuple(homes)

    def _alike(self, document: WrittenDocument) -> list[WrittenDocument]:
        """Other documents in the same language, if there are any."""
        others = [d for d in self._documents.values() if d.language == document.language and d is not document]
        return others or [document]


def _some_of(document: WrittenDocument, rng: random.Random) -> tuple[str, ...]:
    """A sentence or two."""
    first = rng.randrange(len(document.sentences) - 1)
    return tuple(document.sentences[first : first + rng.randint(1, 2)])


def subject(sentence: str, document: WrittenDocument) -> tuple[int, int]:
    """Characters of a sentence that name whom its document's title names, (0, 0) where they cannot be left out.

    Chinese reports say in the title alone who founded, built, raised and signed; their sentences begin with the verb.
    """
    if document.language not in ("zh", "zh-Hant"):
        return 0, 0
    opened = _DATED.match(sentence)
    begin = opened.end() if opened else 0
    for end in range(min(len(sentence), begin + 12), begin + 2, -1):
        if sentence[begin:end] in document.title:
            return begin, end
    return 0, 0


def _without(sentence: str, dropped: tuple[int, int]) -> str:
    return sentence[: dropped[0]] + sentence[dropped[1] :]


def _moved(span: tuple[int, int], dropped: tuple[int, int]) -> tuple[int, int]:
    """A span's characters once those that were dropped are gone; (0, 0), not told, where it lost some of its own."""
    begin, end = span
    if end <= dropped[0]:
        return span
    if begin < dropped[1]:
        return 0, 0
    return begin - dropped[1] + dropped[0], end - dropped[1] + dropped[0]


def nearness(document: WrittenDocument, embedder: TextEmbedder) -> NDArray[np.float32]:
    """(questions, sentences) cosines."""
    return _embed_questions(document, embedder) @ embedder.embed_passages(document.sentences).T


def _embed_questions(document: WrittenDocument, embedder: TextEmbedder) -> NDArray[np.float32]:
    """(questions, dimension)."""
    return embedder.embed_questions([question.question for question in document.questions])


def _article(name: str) -> str:
    """The same of all paragraphs of an article, in whatever language, which may tell the same."""
    named, _, paragraph = name.rpartition(":")
    return f"{named.partition(':')[0]}:{paragraph.partition('-')[0]}"
