"""When a retrieved passage counts, and what the counts say: hits, reciprocal ranks, discounted gains, intervals.

Ranks count from 1; a question without a hit has rank None.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from questions import Keys

CUTOFFS = (1, 3, 5, 10)
DEPTH = CUTOFFS[-1]
RANKING = (*(f"hit@{k}" for k in CUTOFFS), "mrr@10", "ndcg@10")
EvidenceRanks: TypeAlias = tuple[int | None, ...]
"""For each group of a question's evidence the rank at which it was first found."""
RESAMPLES = 2000


def normal(text: str) -> str:
    """The form in which strings are compared: NFKC, lower case, no white space."""
    return "".join(unicodedata.normalize("NFKC", text).split()).lower()


def holds(passage: str, keys: Keys) -> bool:
    """Whether the passage holds at least one form of every key."""
    text = normal(passage)
    return all(any(normal(form) in text for form in key) for key in keys)


def evidence_ranks(passages: Sequence[str], groups: Sequence[Keys]) -> EvidenceRanks:
    """For each group the rank of the first passage that holds it."""
    return tuple(next((rank for rank, text in enumerate(passages, 1) if holds(text, keys)), None) for keys in groups)


def completed(ranks: EvidenceRanks) -> int | None:
    """Rank at which the evidence is complete: the first k such that each group is held by a passage among the first k.

    With one group that is its own rank. None where a group is held by no passage, or there is no group.
    """
    found = [rank for rank in ranks if rank is not None]
    return max(found) if found and len(found) == len(ranks) else None


def first_hit(passages: Sequence[str], groups: Sequence[Keys]) -> int | None:
    """Rank of the passage that completes the evidence."""
    return completed(evidence_ranks(passages, groups))


def hits(ranks: Sequence[int | None], k: int) -> list[float]:
    """For each question 1.0 where the hit is among the first k, otherwise 0.0; their mean is hit@k."""
    return [float(rank is not None and rank <= k) for rank in ranks]


def reciprocal_ranks(ranks: Sequence[int | None], depth: int = DEPTH) -> list[float]:
    """1 / rank of each question, 0.0 where there is no hit among the first `depth`; their mean is MRR@depth."""
    return [1 / rank if rank is not None and rank <= depth else 0.0 for rank in ranks]


def ndcg(evidence: Sequence[EvidenceRanks], depth: int = DEPTH) -> list[float]:
    """Normalised discounted cumulative gain of each question, 0…1, by ir-measures (trec_eval's nDCG).

    What is judged is the evidence, not the passage: the first passage that holds a group gains 1 for it, a later one
    that holds it again gains nothing. So it does not matter how often the documents repeat a fact, nor how they are cut
    up. With one group at rank r that is 1 / log2(1 + r); a question of two passages gains by the first of them already,
    which hit@k does not see. A passage that holds two groups stands for both, one after the other.
    """
    import ir_measures
    from ir_measures import nDCG

    grades = {str(n): {f"group {g}": 1 for g in range(len(ranks))} for n, ranks in enumerate(evidence) if ranks}
    run: dict[str, dict[str, float]] = {}
    for n, ranks in enumerate(evidence):
        found = {f"group {g}": float(-rank) for g, rank in enumerate(ranks) if rank is not None}
        others = {f"passage {rank}": float(-rank) for rank in range(1, depth + 1) if rank not in ranks}
        run[str(n)] = found | others
    values = [0.0] * len(evidence)
    for metric in ir_measures.iter_calc([nDCG @ depth], grades, run):
        values[int(metric.query_id)] = float(metric.value)
    return values


def ranking_values(evidence: Sequence[EvidenceRanks]) -> dict[str, list[float]]:
    """Each of RANKING for each question."""
    ranks = [completed(found) for found in evidence]
    by_cutoff = {f"hit@{k}": hits(ranks, k) for k in CUTOFFS}
    return {**by_cutoff, "mrr@10": reciprocal_ranks(ranks), "ndcg@10": ndcg(evidence)}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its 95 % interval, over `count` questions. All are 0…1; NaN where there is no question."""

    mean: float
    low: float
    high: float
    count: int


def estimate(values: ArrayLike, resamples: int = RESAMPLES, seed: int = 0) -> Estimate:
    """Mean with a percentile bootstrap interval: the middle 95 % of the means of resampled questions.

    The same values give the same interval. Method: Efron and Tibshirani, An Introduction to the Bootstrap (1993),
    chapter 13. The interval of values that are all equal is a point, whatever their number: it says nothing there.
    """
    sample = np.asarray(values, dtype=float)
    if not sample.size:
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    chosen = np.random.default_rng(seed).integers(sample.size, size=(resamples, sample.size))
    low, high = np.quantile(sample[chosen].mean(axis=1), [0.025, 0.975])
    return Estimate(float(sample.mean()), float(low), float(high), sample.size)
