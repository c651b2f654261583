"""A `Rag` without a model: the real documents, passages and offsets, with shared pairs of characters as relevance."""

import contextlib
import copy
import io
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Self

from rag.documents.extract import Extract
from rag.documents.load import load, read_bytes
from rag.documents.reflow import reflow
from rag.documents.split import split
from rag.index.update import Change
from rag.ingest import FileReport, IngestReport, Progress
from rag.records import Answer, AnswerSentence, Citation, Document, Hit, Passage, Sentence

ABSTAIN_BELOW = 0.4
CORPUS = Path(__file__).parents[2] / "ingest/corpus/beijing-innovation-centre.md"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving(load, users="", port=0, **options):
    """The address of a server that runs until the block ends; `options` are those of an `Offer`."""
    from rag.serving.browser.offer import Offer
    from rag.serving.browser.serve import start

    page, _ = start(load, "127.0.0.1", port or free_port(), Offer(users, **options))
    try:
        yield page.local_url
    finally:
        page.close(verbose=False)


def a_pdf(*pages: str, **canvas: object) -> bytes:
    """A PDF with a page for each text, its lines at the top and "Page N" at the foot; "" is a page without anything."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    buffer = io.BytesIO()
    paper = Canvas(buffer, **canvas)
    for number, page in enumerate(pages, 1):
        for n, line in enumerate(page.splitlines()):
            paper.setFont("STSong-Light", 12)
            paper.drawString(60, 760 - 20 * n, line)
        if page:
            paper.drawString(280, 30, f"Page {number}")
        paper.showPage()
    paper.save()
    return buffer.getvalue()


def _pairs(text: str) -> set[str]:
    text = "".join(c for c in text.lower() if c.isalnum())
    return {text[i : i + 2] for i in range(len(text) - 1)}


class FakeRag:
    """The interface of `rag.Rag` that the browser chat uses. `pause` is slept before each sentence of a stream."""

    def __init__(self, paths: Sequence[Path], pause: float = 0.0) -> None:
        self.pause = pause
        self.documents: dict[str, Document] = {}
        self.passages: list[Passage] = []
        for path in paths:
            self._take(load(path, 10))

    @property
    def index(self) -> SimpleNamespace:
        return SimpleNamespace(documents=self.documents, manifest=SimpleNamespace(generation=""))

    def snapshot(self) -> Self:
        return copy.copy(self)

    def ingest(self, given: Mapping[str, bytes], *, progress: Progress) -> IngestReport:
        """One file; each step of the embedding takes `pause`."""
        ((name, data),) = given.items()
        before = {document.source for document in self.documents.values()}
        progress("read", 1, 1)
        for step in range(1, 4):
            time.sleep(self.pause)
            progress("embed", step, 3)
        report = self._take(read_bytes(name, data, 10))
        added = (name,) if name not in before else ()
        change = Change(added, () if added else (name,), (), (), (), report.passages, 0, True, self.index)
        return IngestReport((report,), (), change, 0)

    def remove(self, identity: str) -> Change:
        documents = {id_: document for id_, document in self.documents.items() if id_ != identity}
        self.documents, self.passages = documents, [p for p in self.passages if p.document != identity]
        return Change((), (), (), (identity,), (), 0, 0, True, self.index)

    def _take(self, extract: Extract) -> FileReport:
        document, report = reflow(extract)
        others = {id_: each for id_, each in self.documents.items() if each.source != document.source}
        passages = split(document, lambda texts: [len(text) for text in texts], 400, 400)
        self.documents = {**others, document.id: document}
        self.passages = [passage for passage in self.passages if passage.document in others] + passages
        return FileReport(document.source, document, extract.notes, report, len(passages))

    def warm(self) -> None:
        time.sleep(self.pause)

    def search(self, question: str, k: int = 5, documents: Sequence[str] | None = None) -> list[Hit]:
        hits = []
        for passage in self.passages:
            if documents is not None and passage.document not in documents:
                continue
            document = self.documents[passage.document]
            sentences = [(self._score(question, passage.heading, document, s), s) for s in passage.sentences]
            score, sentence = max(sentences, key=lambda pair: pair[0], default=(0.0, None))
            hits.append(Hit(passage, score, sentence, {"passage": score * 0.9, "lexical": score * 2, "coverage": 1.0}))
        return sorted(hits, key=lambda hit: -hit.score)[:k]

    def ask(self, question: str, *, history: Sequence[str] = (), llm: bool = True) -> Answer:  # noqa: ARG002
        return list(self._answers(question, history))[-1]

    def stream(
        self, question: str, *, history: Sequence[str] = (), documents: Sequence[str] | None = None
    ) -> Iterator[Answer]:
        for answer in self._answers(question, history, documents):
            time.sleep(self.pause)
            yield answer

    def _score(self, question: str, heading: str, document: Document, sentence: Sentence) -> float:
        asked = _pairs(question)
        held = _pairs(heading + " " + document.text[sentence.start : sentence.end])
        return len(asked & held) / len(asked) if asked else 0.0

    def _answers(
        self, question: str, history: Sequence[str], documents: Sequence[str] | None = None
    ) -> Iterator[Answer]:
        if "raise" in question:
            raise ZeroDivisionError
        hits = tuple(self.search(question, documents=documents))
        timings = {"search": 0.012, "total": 0.034}
        language = "zh" if any("\u4e00" <= c <= "\u9fff" for c in question) else "en"
        if not hits or hits[0].score < ABSTAIN_BELOW:
            text = "资料里没有谈到这一点。" if language == "zh" else "The documents do not say."
            yield Answer(question, text, (), (), hits, True, "no passage answers", language, timings)
            return
        sentences: list[AnswerSentence] = []
        citations: list[Citation] = []
        if history:
            sentences.append(AnswerSentence(f"[{len(history)}]", ()))
        for hit in hits[:2]:
            document, sentence = self.documents[hit.passage.document], hit.sentence
            quote = document.text[sentence.start : sentence.end]
            citations.append(Citation(len(citations) + 1, hit.passage, sentence.start, sentence.end, quote))
            sentences.append(AnswerSentence(quote, (len(citations),)))
            text = "".join(s.text + "".join(f"[{n}]" for n in s.citations) for s in sentences)
            yield Answer(question, text, tuple(sentences), tuple(citations), hits, False, "", language, timings)
