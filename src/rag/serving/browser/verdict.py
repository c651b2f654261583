"""What a reader says of an answer → a question of the evaluation, with evidence that the documents really hold.

Evidence is compared as `eval/metrics.py` does it: NFKC, lower case, no white space, within one passage. Words that no
passage holds are kept with the line, which then says that it is incomplete; the evaluation counts and skips it.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from rag.records import Answer, Passage, Sentence

if TYPE_CHECKING:
    from rag.rag import Rag

LONGEST_ANSWER = 500
"""Characters of a right answer that is typed in."""
_HISTORY = 10
_SEVERAL = 3
"""Passages that a typed answer may stand in and still be evidence for one question."""
_SHORTEST = 2
_OFFERED = 3
_NEAR = 20
_EDGES = " \t\r\n。．.，,；;！!？?：:“”\"'‘’「」『』"

Note = Literal["good", "absent", "found", "several", "common", "nowhere", "unsaid", "uncited"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """good    the answer, or the abstention, is right
    absent  it is not, because the documents do not answer
    answer  the right answer as it was typed, "" where it was not
    place   document, start and end of a sentence that holds it
    """

    good: bool
    absent: bool = False
    answer: str = ""
    place: tuple[str, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A sentence (`text` is exactly the document's) that may hold the right answer, to choose from."""

    document: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Case:
    """A line for the evaluation, what to tell the reader, and the sentences to choose from."""

    line: dict[str, Any]
    note: Note
    offers: tuple[Offer, ...] = ()


def identity(question: str, history: Sequence[str]) -> str:
    """Of a question as it was asked after others: the same each time."""
    asked = json.dumps([normal(text) for text in (*history[-_HISTORY:], question)])
    return "feedback-" + hashlib.sha256(asked.encode("utf-8", "replace")).hexdigest()[:16]


def case(rag: Rag, question: str, history: Sequence[str], answer: Answer, verdict: Verdict) -> Case:
    """The line for a verdict on the answer to a question that was asked after those of `history`."""
    typed = verdict.answer.strip()[:LONGEST_ANSWER].strip()
    line: dict[str, Any] = {
        "id": identity(question, history),
        "split": "dev",
        "topic": "feedback",
        "kind": "confirmed" if verdict.good else "refused" if answer.abstained else "corrected",
        "language": answer.language or "und",
        "question": question,
    }
    if history:
        line["history"] = list(history[-_HISTORY:])
    if verdict.absent or (verdict.good and answer.abstained):
        line |= {"kind": "absent", "answerable": False, "why": typed or "a reader says so"}
        return Case(line, "absent")
    if verdict.good:
        quotes = list(dict.fromkeys(citation.quote for citation in answer.citations))
        line["answer"] = " ".join(quotes)[:LONGEST_ANSWER]
        if quotes:
            return Case(line | {"evidence": [quotes]}, "good")
        return Case(line | {"incomplete": "the answer cites nothing"}, "uncited")
    if typed:
        line["answer"] = typed
    chosen = _sentence(rag, verdict.place)
    if chosen:
        return Case({"answer": chosen, **line, "evidence": [[chosen]]}, "found")
    if not typed:
        return Case(line | {"incomplete": "nobody has said what the right answer is"}, "unsaid")
    return _typed(rag, answer.resolved or question, typed, line)


def normal(text: str) -> str:
    """The form in which evidence is compared."""
    return "".join(unicodedata.normalize("NFKC", text).split()).lower()


def _typed(rag: Rag, asked: str, typed: str, line: dict[str, Any]) -> Case:
    """The case of an answer that was typed, by how many passages hold it."""
    for words in dict.fromkeys((typed, typed.strip(_EDGES))):
        key = normal(words)
        holding = [passage for passage in rag.passages if key and key in normal(passage.text)]
        if holding:
            break
    else:
        hits = rag.search(f"{asked} {typed}", k=_NEAR)
        near = (_offer(hit.passage, hit.sentence) for hit in hits if hit.sentence)
        return Case(line | {"incomplete": "no passage holds this answer"}, "nowhere", _first(near))
    places = {hit.passage.id: place for place, hit in enumerate(rag.search(asked, k=_NEAR))}
    holding.sort(key=lambda passage: places.get(passage.id, _NEAR))
    sentences = (_offer(passage, sentence) for passage in holding for sentence in passage.sentences)
    offers = _first(offer for offer in sentences if key in normal(offer.text))
    if len(holding) > _SEVERAL or len(key) < _SHORTEST:
        return Case(line | {"incomplete": "too many passages hold this answer"}, "common", offers)
    line = line | {"evidence": [[words]]}
    return Case(line, "found") if len(holding) == 1 else Case(line, "several", offers)


def _sentence(rag: Rag, place: tuple[str, int, int] | None) -> str:
    """The text of a place that is a sentence of a passage, else "": a browser can send anything."""
    if place:
        identity, start, end = place
        for passage in rag.passages:
            if passage.document == identity and Sentence(start, end) in passage.sentences:
                return _offer(passage, Sentence(start, end)).text
    return ""


def _offer(passage: Passage, sentence: Sentence) -> Offer:
    text = passage.text[sentence.start - passage.start : sentence.end - passage.start]
    return Offer(passage.document, sentence.start, sentence.end, text)


def _first(offers: Iterable[Offer]) -> tuple[Offer, ...]:
    """The first few, each text once."""
    return tuple(islice({offer.text: offer for offer in offers if normal(offer.text)}.values(), _OFFERED))
