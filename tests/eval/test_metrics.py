"""Hits, ranks and intervals have the values worked out by hand."""

import math
from math import log2

import numpy as np
import pytest
from metrics import (
    RANKING,
    completed,
    estimate,
    evidence_ranks,
    first_hit,
    hits,
    holds,
    ndcg,
    normal,
    ranking_values,
    reciprocal_ranks,
)


def test_normal_form_ignores_width_case_and_white_space() -> None:
    assert normal(" Ｑuafu　１５０ 余\n家 ５６％") == "quafu150余家56%"


def test_a_passage_holds_all_keys_in_one_form_each() -> None:
    keys = (("96所",), ("1000多家", "1000余家"))
    assert holds("高校９６ 所，科研院所1000余\n家", keys)
    assert not holds("高校96所", keys)
    assert not holds("科研院所1000多家，1000余家", keys)


def test_rank_of_one_group_is_that_of_the_first_passage_that_holds_it() -> None:
    group = (("a",), ("b",))
    assert first_hit(["a", "b", "b a", "ab"], [group]) == 3
    assert first_hit(["a", "b"], [group]) is None
    assert first_hit([], [group]) is None
    assert first_hit(["ab"], []) is None


def test_rank_of_more_groups_is_that_at_which_the_last_is_found() -> None:
    groups = ((("a",),), (("b",),))
    assert first_hit(["x", "b", "b", "a"], groups) == 4
    assert first_hit(["ab"], groups) == 1
    assert first_hit(["x", "b"], groups) is None


def test_hits_and_reciprocal_ranks() -> None:
    ranks = [1, 3, None, 11]
    assert hits(ranks, 1) == [1, 0, 0, 0]
    assert hits(ranks, 3) == [1, 1, 0, 0]
    assert reciprocal_ranks(ranks) == pytest.approx([1, 1 / 3, 0, 0])
    assert reciprocal_ranks(ranks, depth=20) == pytest.approx([1, 1 / 3, 0, 1 / 11])


def test_interval_of_a_share_agrees_with_the_binomial_one() -> None:
    values = [1.0] * 60 + [0.0] * 40
    e = estimate(values)
    half = 1.96 * math.sqrt(0.6 * 0.4 / 100)
    assert e.mean == pytest.approx(0.6)
    assert e.count == 100
    assert (e.low, e.high) == pytest.approx((0.6 - half, 0.6 + half), abs=0.015)
    assert estimate(values) == e, "the same values give the same interval"


def test_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(1)
    samples = [estimate(random.random(80) < 0.7, resamples=300, seed=i) for i in range(200)]
    covered = np.mean([e.low <= 0.7 <= e.high for e in samples])
    assert 0.90 <= covered <= 0.99


def test_interval_of_no_or_equal_values() -> None:
    assert estimate([]).count == 0
    assert math.isnan(estimate([]).mean)
    assert (estimate([1.0, 1.0]).low, estimate([1.0, 1.0]).high) == (1.0, 1.0)


def test_gain_is_that_of_the_evidence_not_of_its_copies() -> None:
    assert ndcg([(1,), (3,), (None,), (11,)]) == pytest.approx([1, 1 / log2(4), 0, 0])
    ideal = 1 + 1 / log2(3)
    assert ndcg([(1, 2), (1, None), (2, 4)]) == pytest.approx([1, 1 / ideal, (1 / log2(3) + 1 / log2(5)) / ideal])
    # One passage that holds both is as good as it gets.
    assert ndcg([(1, 1)]) == pytest.approx([1])
    assert ndcg([()]) == [0], "an unanswerable question"


def test_evidence_is_complete_with_its_last_group() -> None:
    groups = ((("a",),), (("b",), ("c", "d")))
    assert evidence_ranks(["b", "bd", "a", "a"], groups) == (3, 2)
    assert completed((3, 2)) == 3
    assert completed((3, None)) is None and completed(()) is None


def test_every_metric_of_every_question() -> None:
    found = ranking_values([(1,), (4,)])
    assert tuple(found) == RANKING
    assert found["hit@3"] == [1, 0] and found["hit@5"] == [1, 1] and found["mrr@10"] == [1, 0.25]
