"""One person's conversation: a question goes in, the turn comes out again and again as its answer grows."""

from __future__ import annotations

import logging
from collections.abc import Collection, Generator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rag.errors import RagError
from rag.index.contents import Index
from rag.records import Answer
from rag.serving.browser.kept import Talk

if TYPE_CHECKING:
    from rag.serving.browser.warm import Warm

LONGEST_QUESTION = 4000
"""Characters; what is longer is no question but a document."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and what there is of its answer. `number` counts from 1 within the conversation.

    state    "warming" (the model is loading), "waiting", "streaming", "done" or "failed"
    problem  for "failed": one line a user can act on, "" where `fault` names a line of the page's words
    link     id of the conversation, once the turn is kept in it
    within   titles of the documents that were searched, () for all
    gone     numbers of citations whose document was changed or removed since
    era      the page's name for the conversation it showed when it asked: what comes after it has moved on is dropped
    """

    number: int
    question: str
    state: str
    answer: Answer | None = None
    problem: str = ""
    fault: str = "turn.fault"
    link: str = ""
    within: tuple[str, ...] = ()
    gone: frozenset[int] = frozenset()
    era: str = ""


def converse(warm: Warm, question: str, talk: Talk, chosen: Collection[str] = (), era: str = "") -> Generator[Turn]:
    """The next turn as it grows; the last one is "done" or "failed". Nothing for an empty question.

    chosen  ids of the documents to search in, all where it is empty
    """
    question = question.strip()[:LONGEST_QUESTION]
    if not question:
        return
    turn = Turn(talk.number(), question, "waiting" if warm.ready else "warming", era=era)
    yield turn
    try:
        options = {}
        if chosen:
            held = warm.rag().documents
            known = [identity for identity in dict.fromkeys(chosen) if identity in held]
            if not known:
                # To search in all the others is not what was asked for.
                yield replace(turn, state="failed", fault="turn.unchosen")
                return
            options = {"documents": known}
            turn = replace(turn, within=tuple(held[identity].title for identity in known))
        with closing(talk.conversation.stream(question, **options)) as answers:
            for answer in answers:
                turn = replace(turn, state="streaming", answer=answer)
                yield turn
        yield replace(turn, state="done", link=talk.id if talk.save() else "")
    except RagError as error:
        yield replace(turn, state="failed", problem=str(error))
    except Exception:
        _log.exception("no answer to a question in the browser")
        yield replace(turn, state="failed")


def told(talk: Talk, index: Index) -> list[Turn]:
    """What was said so far, as the page shows it, with what the index no longer bears out."""
    return [
        Turn(
            number,
            turn.question,
            "done",
            turn.answer,
            link=talk.id,
            within=turn.within,
            gone=frozenset(citation.number for citation in turn.changed(index)),
        )
        for number, turn in enumerate(talk.conversation.turns, 1)
    ]
