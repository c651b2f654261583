"""Questions in, outcomes out: what each leg retrieved, whether it was answered, and how long it took."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
from answers import ANSWERING, answer_values, of_keys
from metrics import RANKING, Estimate, EvidenceRanks, completed, estimate, evidence_ranks, holds, ranking_values
from questions import Question
from tqdm import tqdm

from rag import Rag
from rag.answering.followup import resolve
from rag.records import Answer, Hit
from rag.retrieval.searcher import Leg

METRICS = (*RANKING, "refused", "answered", *ANSWERING)
"""`refused`: share of answerable questions that got no answer. `answered`: share of unanswerable ones that got one."""
SINGLE: tuple[Leg, ...] = ("lexical", "dense")
_BATCH = 64
_TIMED = 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question, asked of every leg. The last leg is what a user gets; what names no leg is about that one.

    asked     the question, after those asked before it where it follows some
    labels    what it is grouped by ({"kind": …, "language": …}); {} for public sets
    expected  gold answer, or why there is none
    values    by leg: its metrics, 0…1; {} for an unanswerable question
    evidence  rank at which each group of the evidence was found; () where it is not known by groups (BEIR)
    answering what the answer is worth (`answers.ANSWERING`); {} for an unanswerable question
    hits, names, right   passages, best first; the documents they are of; whether each holds evidence
    """

    id: str
    asked: str
    answerable: bool
    values: Mapping[str, Mapping[str, float]]
    hits: tuple[Hit, ...]
    names: tuple[str, ...]
    right: tuple[bool, ...]
    evidence: EvidenceRanks = ()
    labels: Mapping[str, str] | None = None
    expected: str = ""
    answer: Answer | None = None
    answering: Mapping[str, float] = field(default_factory=dict)
    search_seconds: float | None = None
    ask_seconds: float | None = None

    @property
    def rank(self) -> int | None:
        """Rank at which the evidence is complete; for BEIR of the first passage of a relevant document."""
        return completed(self.evidence) if self.evidence else next((n for n, r in enumerate(self.right, 1) if r), None)

    @property
    def leg(self) -> str:
        """What a user gets: the last of the legs."""
        return next(reversed(list(self.values)), "")


@dataclass(frozen=True, slots=True)
class Systems:
    """One index as it is searched: without a second stage and, where one is measured, with it."""

    plain: Rag
    reranked: Rag | None = None

    @property
    def product(self) -> Rag:
        """What a user would ask."""
        return self.reranked or self.plain

    def rankings(self, asked: Sequence[str], k: int) -> dict[str, list[list[Hit]]]:
        """By leg, k passages for each question; the last leg is the product's."""
        found = {leg: _search(self.plain, asked, k, leg) for leg in (*SINGLE, "hybrid")}
        return found | ({"reranked": _search(self.reranked, asked, k, "hybrid")} if self.reranked else {})


def _search(rag: Rag, asked: Sequence[str], k: int, leg: Leg) -> list[list[Hit]]:
    batches = range(0, len(asked), _BATCH)
    shown = tqdm(batches, f"{leg}, batches", disable=None, leave=False)
    return [hits for first in shown for hits in rag.search_many(asked[first : first + _BATCH], k=k, leg=leg)]


def names_of(rag: Rag, hits: Iterable[Hit]) -> tuple[str, ...]:
    """Source of each hit."""
    return tuple(rag.documents[hit.passage.document].source for hit in hits)


def ask_all(systems: Systems, questions: Sequence[Question], k: int) -> list[Outcome]:
    """Retrieve k passages for each question by each leg, then have it answered in the way a user would (its own k)."""
    rag = systems.product
    rag.warm()  # what only the first question of a process pays is not its latency
    # What a follow-up question is about stands in the ones before; the product searches for it as it was asked, too.
    rankings = systems.rankings([resolve(q.question, q.history) for q in questions], k)
    product = list(rankings.values())[-1]
    for n, q in enumerate(questions):
        if q.history:
            product[n] = list(rag.ask(q.question, k=k, history=q.history, llm=False).hits)
    evidence = {
        leg: [
            evidence_ranks([h.passage.text for h in hits], q.groups) for q, hits in zip(questions, ranking, strict=True)
        ]
        for leg, ranking in rankings.items()
    }
    values = values_by_leg(evidence)
    outcomes = []
    for n, q in enumerate(tqdm(questions, "answers", disable=None, leave=False)):
        start = perf_counter()
        answer = rag.ask(q.question, history=q.history, llm=False)
        seconds = perf_counter() - start
        hits = product[n]
        outcomes.append(
            Outcome(
                id=q.id,
                asked=" → ".join([*q.history, q.question]),
                answerable=q.answerable,
                values=values[n] if q.answerable else {},
                hits=tuple(hits),
                names=names_of(rag, hits),
                right=tuple(any(holds(hit.passage.text, keys) for keys in q.groups) for hit in hits),
                evidence=list(evidence.values())[-1][n],
                labels={"kind": q.kind, "language": q.language, "topic": q.topic},
                expected=q.answer if q.answerable else q.why,
                answer=answer,
                answering=answer_values(answer, of_keys(q.groups)) if q.answerable else {},
                search_seconds=answer.timings["search"],
                ask_seconds=seconds,
            )
        )
    return outcomes


def values_by_leg(evidence: Mapping[str, Sequence[EvidenceRanks]]) -> list[dict[str, dict[str, float]]]:
    """For each question, by leg: its metrics."""
    columns = {leg: ranking_values(found) for leg, found in evidence.items()}
    count = len(next(iter(evidence.values())))
    return [
        {leg: {name: column[n] for name, column in values.items()} for leg, values in columns.items()}
        for n in range(count)
    ]


def search_seconds(rag: Rag, asked: Sequence[str], k: int) -> dict[int, float]:
    """Seconds that single searches took, by the question's place: of up to 100 questions, evenly spread."""
    rag.warm()
    seconds = {}
    for n in np.unique(np.linspace(0, len(asked) - 1, min(len(asked), _TIMED)).astype(int)).tolist():
        start = perf_counter()
        rag.search(asked[n], k=k)
        seconds[n] = perf_counter() - start
    return seconds


def summary(outcomes: Iterable[Outcome], leg: str | None = None) -> dict[str, Estimate]:
    """Each metric over the questions it is about; those about none of the questions are left out.

    `leg` asks for one leg's ranking, by default for the product's and what became of the answers.
    """
    outcomes = list(outcomes)
    rows = [o.values[leg or o.leg] for o in outcomes if o.values]
    columns = {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}
    if leg is None:
        columns |= {
            "refused": [float(o.answer.abstained) for o in outcomes if o.answer and o.answerable],
            "answered": [float(not o.answer.abstained) for o in outcomes if o.answer and not o.answerable],
        }
        columns |= {name: [o.answering[name] for o in outcomes if name in o.answering] for name in ANSWERING}
    return {name: estimate(column) for name, column in columns.items() if column}


def legs_of(outcomes: Iterable[Outcome]) -> dict[str, dict[str, Estimate]]:
    """The summary of each leg's ranking."""
    outcomes = list(outcomes)
    return {leg: summary(outcomes, leg) for leg in next((o.values for o in outcomes if o.values), ())}


def latency(seconds: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile, in milliseconds."""
    median, p95 = np.percentile(seconds, [50, 95])
    return {"median_ms": 1000 * float(median), "p95_ms": 1000 * float(p95)}
