"""When to refuse: how well an answer's confidence tells questions with an answer from those without, and what each
threshold costs on either side."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from measure import Outcome
from metrics import RESAMPLES, Estimate
from numpy.typing import NDArray
from scipy.stats import rankdata

THRESHOLDS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)


@dataclass(frozen=True, slots=True)
class Point:
    """Where a question is answered if the answer's confidence is at least `threshold`.

    refused   share of answerable questions that get no answer: false refusals
    answered  share of unanswerable ones that get one: false answers
    coverage  share of all questions that are answered
    risk      share of those whose first passage does not answer; 0 where none is answered
    """

    threshold: float
    refused: float
    answered: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class Abstention:
    """`auroc` by what the questions without an answer are ("all", and their kinds where there are several); `points`
    at each threshold; `curve`: (coverage, risk) as fewer and fewer are refused; `area`: mean risk along it."""

    auroc: dict[str, Estimate]
    points: tuple[Point, ...]
    curve: tuple[tuple[float, float], ...]
    area: float


def confidence(outcome: Outcome) -> float:
    """The answer's, where the question was put; of one that was searched for only, the first hit's probability."""
    if outcome.answer is not None:
        return outcome.answer.confidence
    return outcome.hits[0].score if outcome.hits else 0.0


def abstention(outcomes: Iterable[Outcome]) -> Abstention | None:
    """None where the questions are all answerable, or none is.

    Risk and coverage: Geifman and El-Yaniv, Selective Classification for Deep Neural Networks (NIPS 2017).
    """
    outcomes = list(outcomes)
    asked = [o for o in outcomes if o.answerable]
    absent = [o for o in outcomes if not o.answerable]
    if not asked or not absent:
        return None
    of_asked = [confidence(o) for o in asked]
    kinds = dict.fromkeys(o.labels["kind"] for o in absent if o.labels)
    groups = {"all": absent} | (
        {kind: [o for o in absent if o.labels and o.labels["kind"] == kind] for kind in kinds} if len(kinds) > 1 else {}
    )
    points = tuple(_point(outcomes, least) for least in THRESHOLDS)
    curve = _curve(outcomes)
    return Abstention(
        {name: auroc(of_asked, [confidence(o) for o in group]) for name, group in groups.items()},
        points,
        curve,
        float(np.mean([risk for _, risk in curve])),
    )


def auroc(of_answerable: Sequence[float], of_others: Sequence[float], seed: int = 0) -> Estimate:
    """Chance that a question with an answer is the surer one of a pair (ties: half), with a 95 % bootstrap interval.

    It is the Mann–Whitney statistic: Hanley and McNeil, The meaning and use of the area under a ROC curve (1982).
    """
    high, low = np.asarray(of_answerable, float), np.asarray(of_others, float)
    random = np.random.default_rng(seed)
    resampled = [
        _area(high[random.integers(high.size, size=high.size)], low[random.integers(low.size, size=low.size)])
        for _ in range(RESAMPLES // 4)
    ]
    bounds = np.quantile(resampled, [0.025, 0.975])
    return Estimate(_area(high, low), float(bounds[0]), float(bounds[1]), low.size)


def _area(high: NDArray[np.float64], low: NDArray[np.float64]) -> float:
    ranks = rankdata(np.concatenate([high, low]))[: high.size]
    return float((ranks.sum() - high.size * (high.size + 1) / 2) / (high.size * low.size))


def _point(outcomes: Sequence[Outcome], least: float) -> Point:
    given = [o for o in outcomes if confidence(o) >= least]
    asked = sum(o.answerable for o in outcomes)
    right = sum(o.answerable for o in given)
    wrong = sum(not _right(o) for o in given)
    return Point(
        least,
        1 - right / asked,
        (len(given) - right) / (len(outcomes) - asked),
        len(given) / len(outcomes),
        wrong / len(given) if given else 0.0,
    )


def _curve(outcomes: Sequence[Outcome]) -> tuple[tuple[float, float], ...]:
    surest = sorted(outcomes, key=lambda o: -confidence(o))
    wrong = np.cumsum([not _right(o) for o in surest])
    count = np.arange(1, len(surest) + 1)
    return tuple(zip((count / len(surest)).tolist(), (wrong / count).tolist(), strict=True))


def _right(outcome: Outcome) -> bool:
    return outcome.answerable and bool(outcome.right) and outcome.right[0]
