"""The probability's weights are for its features, and it never rises with rank."""

import json
from importlib.resources import files

import numpy as np
import pytest

from rag.retrieval import probability
from rag.retrieval.probability import FEATURES, OF_TOKENS, probabilities


def test_the_shipped_weights_are_for_these_features():
    shipped = json.loads(files("rag.retrieval").joinpath("probability.json").read_text("utf-8"))
    assert set(shipped["with tokens"]["weights"]) == set(FEATURES)
    assert set(shipped["without tokens"]["weights"]) == set(FEATURES) - OF_TOKENS


def test_a_feature_weighs_more_at_home(monkeypatch):
    plain, home = np.zeros(len(FEATURES)), np.zeros(len(FEATURES))
    plain[FEATURES.index("lead")], home[FEATURES.index("lead")] = 1.0, 2.0
    monkeypatch.setattr(probability, "_weights", lambda _name: (0.5, plain, home))
    row = np.zeros(len(FEATURES))
    row[FEATURES.index("lead")] = 0.7
    abroad, at_home = row.copy(), row.copy()
    at_home[FEATURES.index("home")] = 1.0
    assert probabilities(abroad[None], True) == [pytest.approx(1 / (1 + np.exp(-1.2)))]
    assert probabilities(at_home[None], True) == [pytest.approx(1 / (1 + np.exp(-2.6)))]
    assert probabilities(np.stack([abroad, at_home]), True)[1] == pytest.approx(1 / (1 + np.exp(-1.2)))


def test_figures_that_overflow_are_still_probabilities():
    for extreme in (-1e6, 1e6):
        assert 0 < probabilities(np.full((1, len(FEATURES)), extreme), False)[0] < 1
