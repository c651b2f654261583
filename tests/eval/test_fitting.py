"""Weights that put an answer first, on tables whose answer is known."""

import numpy as np
import pytest
from fitting import is_held_out, put_first, spread
from squad import SquadQuestion


def tables(questions, seed=1):
    """The first feature tells the answer, the second is noise; some questions have fewer candidates than others."""
    dice = np.random.default_rng(seed)
    made, answers = [], []
    for n in range(questions):
        count = 2 + n % 4
        right = np.arange(count) == n % count
        made.append(np.stack([right + dice.normal(0, 0.3, count), dice.normal(0, 1, count)], axis=1))
        answers.append(right)
    return made, answers


def test_the_feature_that_tells_the_answer_gets_the_weight():
    made, answers = tables(200)
    weights = put_first(made, answers, ["a"] * 200, 1e-3)
    assert weights[0] > 3 > 10 * abs(weights[1])
    firsts = [right[np.argmax(table @ weights)] for table, right in zip(made, answers, strict=True)]
    assert np.mean(firsts) > 0.9


def test_each_source_weighs_the_same():
    """Two sources that contradict each other, one ten times as large: neither wins."""
    made, answers = tables(110)
    made[:10] = [table * [-1, 1] for table in made[:10]]
    sources = ["small"] * 10 + ["large"] * 100
    assert abs(put_first(made, answers, sources, 1e-3)[0]) < 0.5
    assert put_first(made, answers, ["one"] * 110, 1e-3)[0] > 1


def test_questions_without_an_answer_teach_nothing():
    made, answers = tables(50)
    with_more = put_first([*made, np.ones((3, 2))], [*answers, np.zeros(3, bool)], ["a"] * 51, 1e-3)
    np.testing.assert_allclose(with_more, put_first(made, answers, ["a"] * 50, 1e-3))


def test_spread_is_over_all_candidates():
    np.testing.assert_allclose(spread([np.array([[0.0, 1.0]]), np.array([[2.0, 1.0]])]), [1.0, 0.0], atol=1e-8)


@pytest.mark.parametrize(("document", "expected"), [("0-3", False), ("7-0", True), ("12-1", False)])
def test_odd_articles_are_held_out(document, expected):
    assert is_held_out(SquadQuestion("q", "?", document, ("a",))) is expected
