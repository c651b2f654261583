"""One person's conversation: a question goes in, the turn comes out again and again as its answer grows."""

from __future__ import annotations

import logging
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rag.errors import RagError
from rag.records import Answer

if TYPE_CHECKING:
    from rag.serving.browser.warm import Warm

LONGEST_QUESTION = 4000
"""Characters; what is longer is no question but a document."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and what there is of its answer. `number` counts from 1 within the conversation.

    state    "warming" (the model is loading), "waiting", "streaming", "done" or "failed"
    problem  for "failed": one line a user can act on, "" where the fault is the program's
    """

    number: int
    question: str
    state: str
    answer: Answer | None = None
    problem: str = ""


def converse(warm: Warm, question: str, turns: Sequence[Turn]) -> Generator[Turn]:
    """The next turn as it grows; the last one is "done" or "failed". Nothing for an empty question."""
    question = question.strip()[:LONGEST_QUESTION]
    if not question:
        return
    turn = Turn(turns[-1].number + 1 if turns else 1, question, "waiting" if warm.ready else "warming")
    yield turn
    try:
        rag = warm.rag()
        history = [earlier.question for earlier in turns]
        with closing(rag.stream(question, history=history)) as answers:
            for answer in answers:
                turn = replace(turn, state="streaming", answer=answer)
                yield turn
        yield replace(turn, state="done")
    except RagError as error:
        yield replace(turn, state="failed", problem=str(error))
    except Exception:
        _log.exception("no answer to a question in the browser")
        yield replace(turn, state="failed")
