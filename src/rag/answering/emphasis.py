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
        spans = {span for asked in wanted for span in asked.spans(sentence.text)} if sentence.supported else set()
        sentences.append(replace(sentence, emphasis=tuple(sorted(spans))))
    return replace(answer, sentences=tuple(sentences))
