"""Evidence → the probability that a passage answers the question.

A logistic regression (weights in `probability.json`, fitted by `eval/fit.py` on dev questions) over what both legs say
of the passage and what the passage says of the question: the same scale for every question and corpus. Within one
question the probabilities never rise with rank.
"""

import json
import math
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.index.contents import indexed_text
from rag.index.normal import normal
from rag.index.terms import words
from rag.records import Passage
from rag.retrieval.legs import Evidence, Floats

FEATURES = (
    "passage", "sentence", "dense_z", "lead", "coverage", "shared", "shared_known", "missing_figures", "missing_names",
)  # fmt: skip
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]+")


def features(
    question: str, evidence: Evidence, fused: Floats, order: NDArray[np.int64], passages: Sequence[Passage]
) -> NDArray[np.float64]:
    """(len(order), len(FEATURES)): what is known of each ranked passage.

    passage, sentence   cosines
    dense_z             how far both cosines stand out of the corpus, at most 8
    lead                fused value less that of the best other passage
    coverage            share of the question's words that the corpus knows
    shared              share of them that the passage holds; shared_known: of those that the corpus knows
    missing_figures     figures of the question that the passage lacks (0…1); missing_names: the same of Latin names
    """
    asked = set(words(question))
    figures, names = set(_FIGURE.findall(normal(question))), set(_NAME.findall(normal(question)))
    table = np.zeros((len(order), len(FEATURES)))
    for n, (i, passage) in enumerate(zip(order, passages, strict=True)):
        text = normal(indexed_text(passage))
        held = asked & set(words(indexed_text(passage)))
        shared = len(held) / len(asked) if asked else 0.0
        others = np.delete(fused, i)
        lead = float(fused[i] - others.max()) if len(others) else 0.0
        known = shared / evidence.coverage if evidence.coverage else 0.0
        table[n] = (
            evidence.passage[i],
            evidence.sentence[i],
            min(float(evidence.dense_z[i]), 8.0),
            max(-4.0, min(lead, 4.0)),
            evidence.coverage,
            shared,
            min(known, 1.0),
            _share_missing(figures, text),
            _share_missing(names, text),
        )
    return table


def probabilities(
    question: str, evidence: Evidence, fused: Floats, order: NDArray[np.int64], passages: Sequence[Passage]
) -> list[float]:
    """One probability (0…1) a ranked passage, not rising with rank."""
    weights = _weights()
    table = features(question, evidence, fused, order, passages)
    result: list[float] = []
    for row in table:
        logit = weights["bias"] + sum(weights["weights"][name] * x for name, x in zip(FEATURES, row, strict=True))
        probability = 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
        result.append(min(probability, result[-1]) if result else probability)
    return result


def _share_missing(wanted: set[str], text: str) -> float:
    return sum(item not in text for item in wanted) / len(wanted) if wanted else 0.0


@cache
def _weights() -> dict[str, Any]:
    weights: dict[str, Any] = json.loads(files("rag.retrieval").joinpath("probability.json").read_text("utf-8"))
    return weights
