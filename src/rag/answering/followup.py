"""A question and those before it → the question that stands by itself, without a language model.

The parallel part of the question before is replaced where it can be told (`rag.answering.parallel`), a pronoun or a
missing subject of a Chinese question is filled in, and else what the last turns were about is put in front.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answering.leaning import Lean, lacks_subject, lean
from rag.answering.parallel import replaced
from rag.index.terms import has_han

_PRONOUN = re.compile(
    r"^(?:那么|那)?[，,]?(?:(?P<thing>它们|它們|它)|(?P<person>他们|她们|他們|她們|他|她))(?=的|[^的])"
)
_SUBJECT = re.compile(r"^(?P<subject>[^，,？?]{2,24}?)(?:一共|总共|總共|共)?(?:有|是|为|為|在|占|达|由|叫|要|超过)")
_SHORTEST = 5
"""Characters; 还有吗 has a verb and says nothing."""
_ASKS = re.compile(r"[几谁哪何幾誰]|多少|什么|什麼|怎")


@dataclass(frozen=True, slots=True)
class Resolved:
    """The question to search for, and how much the question as it was asked leans on what was asked before."""

    text: str
    lean: Lean


def resolve(question: str, history: Sequence[str]) -> str:
    """The question that stands by itself."""
    return resolved(question, history).text


def resolved(question: str, history: Sequence[str]) -> Resolved:
    """`resolve`, with how sure it is that the question leans: Lean.NO where the question is left alone."""
    # Each turn is understood by those before it, so that a chain of follow-ups leads back to its subject.
    topic: tuple[str, ...] = ()
    for turn in history:
        if turn.strip():
            topic = _step(turn.strip(), topic)
    leaning = lean(question) if topic else Lean.NO
    if leaning is Lean.NO:
        return Resolved(question, Lean.NO)
    filled = _filled(question.strip(), topic[-1])
    return Resolved(" ".join(_with(topic, filled) if filled else (*topic, question.strip())), leaning)


def _step(turn: str, topic: tuple[str, ...]) -> tuple[str, ...]:
    """What is talked about after a turn: the question that named the subject, and the last one where it did not."""
    leaning = lean(turn) if topic else Lean.NO
    if leaning is Lean.NO or (leaning is Lean.PERHAPS and not lacks_subject(turn)):
        return (turn,)
    filled = _filled(turn, topic[-1])
    return _with(topic, filled) if filled else (topic[0], turn)


def _with(topic: tuple[str, ...], filled: str) -> tuple[str, ...]:
    """What was made of the last turn, behind the question that named the subject where that turn needs it."""
    return (*topic[:-1], filled) if lean(topic[-1]) is Lean.SURELY else (filled,)


def _filled(question: str, earlier: str) -> str | None:
    return replaced(question, earlier) or _with_subject(question, earlier)


def _with_subject(question: str, earlier: str) -> str | None:
    """A Chinese question whose pronoun, or whose missing subject, is the subject of the one before."""
    found = _SUBJECT.match(earlier)
    if not found or not has_han(question) or _ASKS.search(found["subject"]):
        return None
    subject = found["subject"].removeprefix("那么").removeprefix("那")
    pronoun = _PRONOUN.match(question)
    if pronoun:
        # 他们 after 这篇文章是谁写的 are those asked for, not the subject.
        people = pronoun["person"] and re.search(r"谁|誰|哪[位些]", earlier)
        return None if people else subject + question[pronoun.end() :]
    return subject + question if lacks_subject(question) and len(question) > _SHORTEST else None
