"""A follow-up question → the question that stands by itself, by a language model; None where it cannot be trusted."""

import re
from collections.abc import Sequence
from contextlib import closing

from rag.answering.generation.neutral import neutral
from rag.answering.generation.prompt import rewrite_messages
from rag.answering.generation.thoughts import without_thoughts
from rag.answering.language import language_of
from rag.llm.generator import Generator, LlmFailed

_MOST_ADDED = 120
"""Characters that a rewrite may add: names and places, not an essay."""
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_LABEL = re.compile(r"^\s*(?:[\w ]{0,24}question|问题|問題)\s*[:：]\s*", re.IGNORECASE)


def rewrite(generator: Generator, question: str, history: Sequence[str]) -> str | None:
    """The rewritten question. None: there is nothing before it, the model fails, or what it says is no rewrite.

    A rewrite is one line in a language of the conversation, not much longer than the question, with all its numbers.
    """
    earlier = [turn for turn in history if turn.strip()]
    if not earlier or not question.strip():
        return None
    most = len(question) + _MOST_ADDED
    said = ""
    try:
        with closing(without_thoughts(generator.stream(rewrite_messages(question, earlier)))) as pieces:
            for piece in pieces:
                said += piece
                if len(said) > 2 * most:
                    return None
    except LlmFailed:
        return None
    said = _LABEL.sub("", neutral(said)).strip("\"'“”「」* ")
    if not said or "\n" in said or len(said) > most or "not in passages" in said.lower():
        return None
    if not set(_NUMBER.findall(question)) <= set(_NUMBER.findall(said)):
        return None
    known = {_base(language_of(turn)) for turn in (question, *earlier)}
    return said if _base(language_of(said)) in known else None


def _base(tag: str) -> str:
    return tag.split("-")[0]
