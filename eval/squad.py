"""Public sets in SQuAD format: a file in; paragraphs, questions and the rank of the first hit out.

A paragraph is a document named ARTICLE-PARAGRAPH, both counted from 0 as they stand in the file. A hit comes from
the paragraph that the question was written on and holds one of its answers, compared as `metrics.normal` says.
Format: Rajpurkar et al., SQuAD: 100,000+ Questions for Machine Comprehension of Text (EMNLP 2016).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from metrics import CUTOFFS, normal

from rag.errors import RagError


@dataclass(frozen=True, slots=True)
class SquadQuestion:
    """`document` names the paragraph; `answers` are normal forms, any of which is right.

    marked  the first answer as it stands in the paragraph, and the character it is said to begin at
    """

    id: str
    question: str
    document: str
    answers: tuple[str, ...]
    marked: tuple[str, int] = ("", -1)

    def first_hit(self, retrieved: Sequence[tuple[str, str]]) -> int | None:
        """Rank of the first hit among (document, passage text) pairs, best first; None where the first 10 hold none."""
        for rank, (document, text) in enumerate(retrieved[: CUTOFFS[-1]], 1):
            if document == self.document and self.holds_answer(text):
                return rank
        return None

    def holds_answer(self, text: str) -> bool:
        """Whether a text holds one of the answers."""
        plain = normal(text)
        return any(answer in plain for answer in self.answers)


@dataclass(frozen=True, slots=True)
class SquadSet:
    """`paragraphs` holds (title of the article, text) by document name; `questions` are in the file's order."""

    paragraphs: dict[str, tuple[str, str]]
    questions: tuple[SquadQuestion, ...]


def read_squad(path: Path) -> SquadSet:
    """Read a file. Raises RagError for one that cannot be read or is not of the format."""
    try:
        data: Any = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise RagError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise RagError(f"{path} is not JSON in UTF-8: {error}") from error
    paragraphs: dict[str, tuple[str, str]] = {}
    questions: dict[str, SquadQuestion] = {}
    try:
        for a, article in enumerate(data["data"]):
            for p, paragraph in enumerate(article["paragraphs"]):
                document = f"{a}-{p}"
                paragraphs[document] = (str(article.get("title") or ""), str(paragraph["context"]))
                for row in paragraph["qas"]:
                    answers = tuple(normal(answer["text"]) for answer in row["answers"])
                    # As in a mapping by id, the last of two questions of one id stands.
                    marked = next(((a["text"], a.get("answer_start", -1)) for a in row["answers"]), ("", -1))
                    questions[str(row["id"])] = SquadQuestion(
                        str(row["id"]), row["question"], document, answers, marked
                    )
    except (KeyError, TypeError, AttributeError) as error:
        raise RagError(f"{path} is not of the SQuAD format (data › paragraphs › context, qas): {error!r}") from error
    if not questions:
        raise RagError(f"{path} holds no question")
    return SquadSet(paragraphs, tuple(questions.values()))


def with_questions_of(gold: SquadSet, other: SquadSet) -> tuple[SquadQuestion, ...]:
    """The questions of `gold`, worded as the question of the same id in `other`; those `other` lacks are left out.

    Raises RagError where the two share no id.
    """
    wording = {question.id: question.question for question in other.questions}
    shared = tuple(replace(q, question=wording[q.id]) for q in gold.questions if q.id in wording)
    if not shared:
        raise RagError("the two files share no question id, so the questions of one do not fit the other's paragraphs")
    return shared
