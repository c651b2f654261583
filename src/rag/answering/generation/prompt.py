"""A question and the passages offered for it → the messages that ask a language model; worded in prompts/*.txt."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from rag.answering.generation.budget import Offered, estimated_tokens
from rag.answering.generation.neutral import neutral
from rag.llm.generator import Message

ANSWER_TOKENS = 768
"""Estimated tokens of the context that are kept for the answer."""
_EARLIER = 4
"""Questions of a conversation that a rewrite looks back at."""
_LONGEST = 600
"""Characters of each of them."""


def answer_messages(question: str, language: str, offered: Sequence[Offered]) -> list[Message]:
    """`language`: BCP-47 tag of the question, "und" where it is not known."""
    passages = "\n\n".join(
        _prompt("passage").format(number=o.number, heading=_heading(o), text=neutral(o.text)) for o in offered
    )
    named = "" if language == "und" else f" ({language})"
    return [
        Message("system", _prompt("answer").format(language=named)),
        Message("user", _prompt("question").format(passages=passages, question=neutral(question))),
    ]


def rewrite_messages(question: str, history: Sequence[str]) -> list[Message]:
    """`history`: the questions before, oldest first."""
    earlier = "\n".join(" ".join(neutral(turn[:_LONGEST]).split()) for turn in history[-_EARLIER:])
    return [
        Message("system", _prompt("rewrite")),
        Message("user", _prompt("conversation").format(earlier=earlier, question=neutral(question))),
    ]


def room_for_passages(question: str, context_tokens: int) -> int:
    """Estimated tokens that the rest of the prompt and the answer leave for passages."""
    rest = answer_messages(question, "zh-Hant", [])
    return context_tokens - ANSWER_TOKENS - sum(estimated_tokens(message.content) for message in rest)


def _heading(offered: Offered) -> str:
    heading = " ".join(neutral(offered.passage.heading).split())
    return f"{heading}\n" if heading else ""


@cache
def _prompt(name: str) -> str:
    return files("rag.answering.generation").joinpath(f"prompts/{name}.txt").read_text("utf-8").rstrip("\n")
