"""The characters of an answer that are the figure, date or name asked for, where that can be told."""

from dataclasses import replace

from rag.answering.asked import asked_by
from rag.answering.parts import parts
from rag.records import Answer


def emphasised(answer: Answer, question: str) -> Answer:
    """The answer with `AnswerSentence.emphasis`; `question` as it was understood. Unsupported sentences have none."""
    wanted = [asked_by(part) for part in parts(question) or (question,)]
    sentences = []
    for sentence in answer.sentences:
        spans: set[tuple[int, int]] = set()
        if sentence.supported:
            # That there is but one figure is the weakest sign, so it is looked at last, for all parts of a question.
            spans = {span for asked in wanted for span in asked.spans(sentence.text)}
            spans = spans or {span for asked in wanted for span in asked.figure(sentence.text)}
        sentences.append(replace(sentence, emphasis=tuple(sorted(spans))))
    return replace(answer, sentences=tuple(sentences))
