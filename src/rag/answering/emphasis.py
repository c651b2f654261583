"""The characters of an answer that are what was asked for, where that can be told.

The reader tells of a sentence that it quotes (`rag.answering.reader`); otherwise the kind of answer that the question
asks for does: a figure, a date, a name.
"""

from collections.abc import Iterable
from dataclasses import replace

from rag.answering.asked import asked_by
from rag.answering.parts import parts
from rag.records import Answer


def emphasised(answer: Answer, question: str) -> Answer:
    """The answer with `AnswerSentence.emphasis`, kept where there is one; `question` as it was understood.

    Unsupported sentences have none.
    """
    wanted = [asked_by(part) for part in parts(question) or (question,)]
    sentences = []
    for sentence in answer.sentences:
        spans: tuple[tuple[int, int], ...] = ()
        if sentence.supported:
            kinds = {span for asked in wanted for span in asked.spans(sentence.text)}
            # That there is but one figure is the weakest sign, so it is looked at last, for all parts of a question.
            figures = {span for asked in wanted for span in asked.figure(sentence.text)}
            read = [span for told in sentence.emphasis for span in _with_kind(told, kinds)]
            spans = _joined(read or kinds or figures)
        sentences.append(replace(sentence, emphasis=spans))
    return replace(answer, sentences=tuple(sentences))


def _with_kind(told: tuple[int, int], kinds: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """What the reader told, or what of the kind asked for stands in it; with the unit behind a figure."""
    met = [span for span in kinds if _meet(span, told)]
    inside = [span for span in met if told[0] <= span[0] and span[1] <= told[1]]
    return inside or [told, *met]


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _joined(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """In order, those that overlap as one."""
    result: list[tuple[int, int]] = []
    for span in sorted(spans):
        if result and _meet(result[-1], span):
            result[-1] = (result[-1][0], max(result[-1][1], span[1]))
        else:
            result.append(span)
    return tuple(result)
