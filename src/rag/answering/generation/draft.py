"""A generated answer while it grows: sentences, and the citations they share, numbered as they are first used."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rag.answering.generation.evidence import Place
from rag.answering.language import phrase
from rag.answering.verification import Problem
from rag.records import Answer, AnswerSentence, Citation


@dataclass(slots=True)
class Draft:
    """`base` gives the rest of the answer: question, hits, language."""

    base: Answer
    sentences: list[AnswerSentence] = field(default_factory=list)
    citations: dict[tuple[str, int, int], Citation] = field(default_factory=dict)

    def add(self, text: str, places: Sequence[Place], problems: Sequence[Problem]) -> None:
        """A sentence that the places bear out; without any it is unsupported, for the reasons given."""
        numbers = tuple(dict.fromkeys(self._number(place) for place in places))
        self.sentences.append(
            AnswerSentence(text, numbers, bool(numbers), () if numbers else tuple(map(str, problems)))
        )

    @property
    def supported(self) -> bool:
        """Whether anything in it is."""
        return any(sentence.supported for sentence in self.sentences)

    def answer(self, notice: str = "") -> Answer:
        """What there is so far."""
        return replace(
            self.base,
            text=self._text(),
            sentences=tuple(self.sentences),
            citations=tuple(self.citations.values()),
            abstained=False,
            reason="answered",
            origin="generated",
            notice=notice,
        )

    def _number(self, place: Place) -> int:
        passage, start, end = place
        key = (passage.id, start, end)
        if key not in self.citations:
            quote = passage.text[start - passage.start : end - passage.start]
            self.citations[key] = Citation(len(self.citations) + 1, passage, start, end, quote)
        return self.citations[key].number

    def _text(self) -> str:
        """In plain text too, a sentence without support says so."""
        label = phrase(self.base.language, "unsupported")
        text = ""
        for sentence in self.sentences:
            wide = sentence.text[-1:] > "\u2e7f"  # CJK text takes no spaces
            marks = "".join(f"[{number}]" for number in sentence.citations)
            text += sentence.text + (marks or (f"（{label}）" if wide else f" ({label})")) + ("" if wide else " ")
        return text.strip()
