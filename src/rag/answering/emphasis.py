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
    """The answer with `AnswerSentence.emphasis`; `question` as it was understood. Unsupported sentences have none.

    A sentence's emphasis so far is what the reader told of it.
    """
    whole = asked_by(question)
    wanted = [asked_by(part) for part in parts(question)] or [whole]
    sentences = []
    for sentence in answer.sentences:
        spans: tuple[tuple[int, int], ...] = ()
        if sentence.supported:
            counted = set(whole.counted(sentence.text))  # 硕士 and 博士 of one "how many" may be two parts
            kinds: set[tuple[int, int]] = set()
            for asked in wanted:
                own = set(asked.counted(sentence.text))
                counted |= own
                kinds |= {span for span in asked.spans(sentence.text) if not own or _meets(span, own)}
            # That there is but one figure is the weakest sign, so it is looked at last, for all parts of a question.
            figures = {span for asked in wanted for span in asked.figure(sentence.text)}
            read = [span for told in sentence.emphasis for span in _with_kind(told, kinds)]
            spans = _joined(counted | kinds if counted else read or kinds or figures)
        sentences.append(replace(sentence, emphasis=spans))
    return replace(answer, sentences=tuple(sentences))


def _with_kind(told: tuple[int, int], kinds: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """What the reader told, or what of the kind asked for stands in it; with the unit behind a figure."""
    met = [span for span in kinds if _meets(span, [told])]
    inside = [span for span in met if told[0] <= span[0] and span[1] <= told[1]]
    return inside or [told, *met]


def _meets(one: tuple[int, int], others: Iterable[tuple[int, int]]) -> bool:
    return any(one[0] < end and start < one[1] for start, end in others)


def _joined(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """In order, those that overlap as one."""
    result: list[tuple[int, int]] = []
    for span in sorted(spans):
        if result and span[0] <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], span[1]))
        else:
            result.append(span)
    return tuple(result)
