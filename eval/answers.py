"""An answer and the evidence of its question → whether its sentences are the ones that answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from metrics import holds
from questions import Keys

from rag.records import Answer

ANSWERING = ("sentence@1", "complete", "cited")
"""sentence@1  the first sentence of the answer holds the evidence (questions of one passage); no answer holds none
complete    the sentences of the answer hold all of the evidence together; no answer holds none
cited       citation precision: share of the cited quotes that hold evidence, or a part of it (answered questions)"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """How to tell that text answers a question: `parts` are needed all, `any_of` tells whether it holds a part."""

    parts: Sequence[Callable[[str], bool]]
    any_of: Callable[[str], bool]


def of_keys(groups: Sequence[Keys]) -> Evidence:
    """Our own form: keys that one passage must hold, or some passage each. A sentence may hold some of the keys."""
    keys = [(key,) for group in groups for key in group]
    return Evidence(
        [lambda text, group=group: holds(text, group) for group in groups],  # type: ignore[misc]
        lambda text: any(holds(text, key) for key in keys),
    )


def of_any(holds_answer: Callable[[str], bool]) -> Evidence:
    """Public sets: any of the gold answers."""
    return Evidence([holds_answer], holds_answer)


def answer_values(answer: Answer, evidence: Evidence) -> Mapping[str, float]:
    """Each of ANSWERING that the question has, 0…1."""
    said = [] if answer.abstained else [sentence.text for sentence in answer.sentences]
    whole = "\n".join(said)
    values = {}
    if len(evidence.parts) == 1:
        values["sentence@1"] = float(bool(said) and evidence.parts[0](said[0]))
    values["complete"] = float(bool(said) and all(part(whole) for part in evidence.parts))
    if not answer.abstained and answer.citations:
        right = [evidence.any_of(citation.quote) for citation in answer.citations]
        values["cited"] = sum(right) / len(right)
    return values
