"""The verdict that a page sends → a line of feedback, and what the page shows of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, get_args

from rag.answering.smalltalk import Kind
from rag.errors import RagError
from rag.records import Answer
from rag.serving.browser import views
from rag.serving.browser.feedback import Feedback
from rag.serving.browser.verdict import Verdict, case, identity

if TYPE_CHECKING:
    from rag.rag import Rag

_log = logging.getLogger(__name__)


class Told(Protocol):
    """A question that was answered."""

    @property
    def question(self) -> str:
        """As it was asked."""

    @property
    def answer(self) -> Answer:
        """The whole answer."""


def judged(rag: Rag, feedback: Feedback | None, turns: Sequence[Told], sent: Mapping[str, Any]) -> str:
    """Keeps the verdict and says so in HTML; "" for one about no turn of these. A browser can send anything.

    turns  the conversation so far
    sent   `turn` (its number, from 1), its `question`, `verdict` ("good", "bad", "absent" or "" to take it back),
           `answer` and `place` (see `Verdict`); `n` counts what the page sends
    """
    number, n, named, typed = (sent.get(name) for name in ("turn", "n", "verdict", "answer"))
    at = _place_of(turns, number, sent.get("question"))
    if at is None or not isinstance(n, int) or named not in ("good", "bad", "absent", ""):
        return ""
    asked, answer = turns[at].question, turns[at].answer
    history = [turn.question for turn in turns[:at]]
    outcome: dict[str, Any] = {"number": number, "n": n, "verdict": named, "note": "", "offers": (), "problem": ""}
    if feedback is None:
        return views.frame("outcome", **outcome | {"verdict": "", "note": "off", "file": ""})
    outcome["file"] = feedback.file.name
    try:
        if not named:
            feedback.drop(identity(asked, history))
            return views.frame("outcome", **outcome | {"note": "withdrawn"})
        given = Verdict(named == "good", named == "absent", typed if isinstance(typed, str) else "", _sent_place(sent))
        made = case(rag, asked, history, answer, given)
        feedback.put(made.line)
    except RagError as error:
        return views.frame("outcome", **outcome | {"verdict": "", "problem": str(error)})
    except Exception:
        _log.exception("a verdict in the browser is not kept")
        return views.frame("outcome", **outcome | {"verdict": "", "note": "fault"})
    return views.frame("outcome", **outcome | {"note": made.note, "offers": made.offers})


def _place_of(turns: Sequence[Told], number: object, question: object) -> int | None:
    """Where the turn is that the page gave that number; turns that failed have one there, and are not told here."""
    if not isinstance(number, int) or number < 1:
        return None
    found = [at for at, turn in enumerate(turns[:number]) if turn.question == question]
    return found[-1] if found and turns[found[-1]].answer.reason not in get_args(Kind) else None


def _sent_place(sent: Mapping[str, Any]) -> tuple[str, int, int] | None:
    match sent.get("place"):
        case [str(document), int(start), int(end)]:
            return document, start, end
    return None
