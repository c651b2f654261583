"""The question set: a JSONL file in, `Question`s out. The form is described in eval/README.md."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from rag.errors import RagError

Keys: TypeAlias = tuple[tuple[str, ...], ...]
"""Key strings one passage must hold: one of each inner tuple, all of the outer."""

SPLITS = ("dev", "test")
_ALLOWED = {
    *("id", "split", "topic", "kind", "language", "history", "question"),
    *("evidence", "passages", "answer", "answerable", "why"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """`groups` are the evidence of an answerable question: each group is to be held by one of the passages found.

    One group for nearly all questions, more for those of kind "multi-passage", none for unanswerable ones, whose `why`
    says what is missing. `history` holds the questions asked before, oldest first.
    """

    id: str
    split: str
    topic: str
    kind: str
    language: str
    question: str
    history: tuple[str, ...] = ()
    groups: tuple[Keys, ...] = ()
    answer: str = ""
    why: str = ""

    @property
    def answerable(self) -> bool:
        """Whether the documents hold an answer."""
        return bool(self.groups)


def read_questions(path: Path) -> list[Question]:
    """The questions of a file, in its order. Raises RagError, naming the line, for one that is not of the form.

    Lines that say that they are `incomplete` are left out, and standard error says how many.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise RagError(f"the question file {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RagError(f"the question file {path} is not UTF-8 text") from error
    questions: dict[str, Question] = {}
    incomplete = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if row.get("incomplete"):
                incomplete += 1
                continue
            question = _question(row)
            if question.id in questions:
                raise ValueError(f"the id {question.id!r} occurs twice")
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise RagError(f"{path}, line {number}: {reason}; eval/README.md describes the form") from error
        questions[question.id] = question
    if incomplete:
        print(f"{path}: {incomplete} incomplete line{'s' * (incomplete != 1)} left out", file=sys.stderr)
    if not questions:
        raise RagError(f"the question file {path} holds no {'complete ' if incomplete else ''}question")
    return list(questions.values())


def _question(row: Mapping[str, Any]) -> Question:
    if unknown := set(row) - _ALLOWED:
        raise ValueError(f"unknown field {min(unknown)!r}")
    if row["split"] not in SPLITS:
        raise ValueError(f"split is {row['split']!r}, not dev or test")
    groups = row["passages"] if "passages" in row else [row["evidence"]] if "evidence" in row else []
    if bool(groups) != row.get("answerable", True) or ("evidence" in row and "passages" in row):
        raise ValueError('it must have one of "evidence", "passages" and "answerable": false')
    return Question(
        id=_text(row["id"]),
        split=row["split"],
        topic=_text(row.get("topic", "none")),
        kind=_text(row["kind"]),
        language=_text(row["language"]),
        question=_text(row["question"]),
        history=tuple(map(_text, row.get("history", ()))),
        groups=tuple(tuple(tuple(map(_text, _some(key))) for key in _some(group)) for group in groups),
        answer=str(row.get("answer", "")),
        why=str(row.get("why", "")),
    )


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} is not a text")
    return value


def _some(value: object) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise ValueError(f"{value!r} is not a list of evidence")
    return value
