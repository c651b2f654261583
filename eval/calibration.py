"""Probabilities and what came true → a reliability diagram's points and the expected calibration error."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from measure import Outcome

BINS = 10


@dataclass(frozen=True, slots=True)
class Calibration:
    """`points`: (mean probability, share right, count) of each bin that is not empty; `error`: NaN where none is."""

    points: tuple[tuple[float, float, int], ...]
    error: float
    count: int


def calibration(chances: Sequence[float], right: Sequence[bool]) -> Calibration:
    """Ten bins of equal width; the error is the mean distance of a bin's share from its probability, by counts.

    Method: Naeini, Cooper and Hauskrecht, Obtaining Well Calibrated Probabilities Using Bayesian Binning (AAAI 2015).
    """
    if not chances:
        return Calibration((), float("nan"), 0)
    values, truths = np.array(chances), np.array(right, float)
    bins = np.clip((values * BINS).astype(int), 0, BINS - 1)
    points = tuple(
        (float(values[bins == b].mean()), float(truths[bins == b].mean()), int((bins == b).sum()))
        for b in sorted(set(bins.tolist()))
    )
    error = sum(abs(chance - share) * count for chance, share, count in points) / len(values)
    return Calibration(points, error, len(values))


def of_hits(outcomes: Sequence[Outcome], first: bool) -> Calibration:
    """The probability of hits, against whether each holds evidence; of unanswerable questions none does.

    first  only the best hit of each question, the one whose probability decides about an answer
    """
    pairs = [
        pair
        for o in outcomes
        for pair in list(zip((hit.score for hit in o.hits), o.right, strict=True))[: 1 if first else None]
    ]
    return calibration([chance for chance, _ in pairs], [right for _, right in pairs])
