"""Hits → an answer that a language model writes, growing by a checked sentence at a time.

Whatever goes wrong with the model, the reader gets the documents' own sentences instead, and is told.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

from rag.answering.generation.budget import fit
from rag.answering.generation.draft import Draft
from rag.answering.generation.evidence import Similar, evidence
from rag.answering.generation.neutral import REFUSAL
from rag.answering.generation.prompt import answer_messages, room_for_passages
from rag.answering.generation.spoken import spoken
from rag.answering.generation.thoughts import without_thoughts
from rag.answering.language import phrase
from rag.llm.generator import Generator, LlmCut, LlmFailed
from rag.records import Answer

log = logging.getLogger(__name__)

MOST_SENTENCES = 12
"""A longer answer is no answer; what the model writes beyond is not waited for."""


def generate(
    generator: Generator, question: str, extractive: Answer, refusal: Answer, similar: Similar
) -> Iterator[Answer]:
    """The answer to `question` from the hits of `extractive`; the last one is whole.

    question    as it was searched for, with what earlier ones were about
    extractive  the answer to give where the model fails, or writes nothing that its sources bear out
    refusal     the answer to give where the model says that the passages hold none
    similar     by the embedding model, for sentences in another language than their sources

    Closing the iterator stops the model.
    """
    began = time.perf_counter()
    for answer in _grow(generator, question, extractive, refusal, similar):
        spent = time.perf_counter() - began
        timings = dict(answer.timings)
        for stage in ("answer", "total"):
            timings[stage] = extractive.timings.get(stage, 0.0) + spent
        yield replace(answer, timings=timings)


def _grow(
    generator: Generator, question: str, extractive: Answer, refusal: Answer, similar: Similar
) -> Iterator[Answer]:
    language = extractive.language
    offered = {o.number: o for o in fit(extractive.hits, room_for_passages(question, generator.context_tokens))}
    if not offered:
        log.warning("RAG_LLM_CONTEXT=%d leaves no room for a passage", generator.context_tokens)
        yield replace(extractive, notice=phrase(language, "failed"))
        return
    draft = Draft(extractive)
    notice = ""
    messages = answer_messages(question, language, list(offered.values()))
    try:
        with closing(without_thoughts(generator.stream(messages))) as pieces:
            for n, (text, numbers) in enumerate(spoken(pieces)):
                if n == MOST_SENTENCES:
                    raise LlmCut(f"the language model writes more than {MOST_SENTENCES} sentences")
                if REFUSAL in text.upper():
                    if not draft.sentences:
                        yield refusal
                        return
                    continue
                if any(text == earlier.text for earlier in draft.sentences):
                    continue  # small models go round in circles
                cited = [offered[number] for number in numbers if number in offered]
                draft.add(text, *evidence(text, cited, similar))
                yield draft.answer()
    except LlmCut as error:
        log.warning("%s", error)
        notice = phrase(language, "cut")
    except LlmFailed as error:
        log.warning("%s", error)
        yield replace(extractive, notice=phrase(language, "failed"))
        return
    if not draft.sentences:
        log.warning("the language model said nothing")
        yield replace(extractive, notice=phrase(language, "failed"))
    elif not draft.supported:
        yield replace(extractive, notice=phrase(language, "unverified"))
    elif notice:
        yield draft.answer(notice)
