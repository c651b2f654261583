"""Questions in, outcomes out: what was retrieved for each, whether it was answered, and how long it took."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from metrics import CUTOFFS, Estimate, estimate, first_hit, hits, reciprocal_ranks
from questions import Question
from tqdm import tqdm

from rag import Rag
from rag.records import Answer, Hit

METRICS = (*(f"hit@{k}" for k in CUTOFFS), "mrr", "refused", "answered")
"""`refused`: share of answerable questions that got no answer. `answered`: share of unanswerable ones that got one."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question asked: the first k passages, and the rank at which they complete the evidence (`first_hit`)."""

    question: Question
    hits: tuple[Hit, ...]
    rank: int | None
    answer: Answer
    search_seconds: float
    ask_seconds: float


def ask_all(rag: Rag, questions: Sequence[Question], k: int) -> list[Outcome]:
    """Retrieve k passages for each question, then have it answered in the way a user would (its own k)."""
    rag.warm()  # what only the first question of a process pays is not its latency
    return [_ask(rag, question, k) for question in tqdm(questions, "questions", disable=None, leave=False)]


def _ask(rag: Rag, question: Question, k: int) -> Outcome:
    start = perf_counter()
    # What a follow-up question is about stands in the ones before, and only `ask` takes those.
    found = (
        rag.ask(question.question, k=k, history=question.history).hits
        if question.history
        else rag.search(question.question, k=k)
    )
    middle = perf_counter()
    answer = rag.ask(question.question, history=question.history)
    end = perf_counter()
    rank = first_hit([hit.passage.text for hit in found[:k]], question.groups)
    return Outcome(question, tuple(found[:k]), rank, answer, middle - start, end - middle)


def summary(outcomes: Iterable[Outcome]) -> dict[str, Estimate]:
    """Each of METRICS over the questions it is about; those about none of the questions are left out."""
    outcomes = list(outcomes)
    ranks = [outcome.rank for outcome in outcomes if outcome.question.answerable]
    values = ranking_values(ranks) | {
        "refused": [float(o.answer.abstained) for o in outcomes if o.question.answerable],
        "answered": [float(not o.answer.abstained) for o in outcomes if not o.question.answerable],
    }
    return {name: estimate(values[name]) for name in METRICS if values[name]}


def ranking_values(ranks: Sequence[int | None]) -> dict[str, list[float]]:
    """hit@k and reciprocal rank of each question."""
    return {**{f"hit@{k}": hits(ranks, k) for k in CUTOFFS}, "mrr": reciprocal_ranks(ranks)}


def latency(seconds: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile, in milliseconds."""
    median, p95 = np.percentile(seconds, [50, 95])
    return {"median_ms": 1000 * float(median), "p95_ms": 1000 * float(p95)}
