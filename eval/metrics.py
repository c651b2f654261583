"""When a retrieved passage counts, and what the counts say: hits, reciprocal ranks, intervals.

Ranks count from 1; a question without a hit has rank None.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from questions import Keys

CUTOFFS = (1, 3, 5, 10)
RESAMPLES = 2000


def normal(text: str) -> str:
    """The form in which strings are compared: NFKC, lower case, no white space."""
    return "".join(unicodedata.normalize("NFKC", text).split()).lower()


def holds(passage: str, keys: Keys) -> bool:
    """Whether the passage holds at least one form of every key."""
    text = normal(passage)
    return all(any(normal(form) in text for form in key) for key in keys)


def first_hit(passages: Sequence[str], groups: Sequence[Keys]) -> int | None:
    """Rank at which the evidence is complete: the first k such that each group is held by a passage among the first k.

    With one group that is the rank of the first passage that holds it. None where a group is held by no passage, or
    there is no group.
    """
    ranks = [next((rank for rank, text in enumerate(passages, 1) if holds(text, keys)), None) for keys in groups]
    found = [rank for rank in ranks if rank is not None]
    return max(found) if found and len(found) == len(ranks) else None


def hits(ranks: Sequence[int | None], k: int) -> list[float]:
    """For each question 1.0 where the hit is among the first k, otherwise 0.0; their mean is hit@k."""
    return [float(rank is not None and rank <= k) for rank in ranks]


def reciprocal_ranks(ranks: Sequence[int | None], depth: int = CUTOFFS[-1]) -> list[float]:
    """1 / rank of each question, 0.0 where there is no hit among the first `depth`; their mean is MRR@depth."""
    return [1 / rank if rank is not None and rank <= depth else 0.0 for rank in ranks]


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
