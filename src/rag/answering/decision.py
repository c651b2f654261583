"""A search and its candidate sentences → the probability that the documents answer the question.

The probability of the best hit says that its passage is about what is asked; the reader says whether a sentence holds
what is asked for. A logistic regression takes both, with the weights of `decision.json`, which `eval/fit_decision.py`
fits on dev questions. Without a reader the best hit's probability stands for itself.
"""

import json
import math
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from rag.answering.sentence_features import FEATURES as OF_SENTENCES
from rag.answering.sentences import Candidates
from rag.retrieval.searcher import Search

OF_HIT = ("home", "home_shared", "coverage", "unknown", "missing_figures")
OF_SENTENCE = tuple(name for name in OF_SENTENCES if name != "read")
AT_HOME = ("read", "sentence cosine")
FEATURES = (
    *("evidence", "unlikely", "read", "second", "lead"),
    *OF_HIT,
    *(f"sentence {name}" for name in OF_SENTENCE),
    *(f"{name} at home" for name in AT_HOME),
)
"""evidence  log odds of the best hit's probability, within ±6; unlikely: how far they are below −3 (0…−3), where the
          reader's word should not count for much: it has learned little from passages on something else
read      what the reader says of the sentence it finds best, within ±12; second: of the next best one
lead      score of the sentence that would be cited first, less the next one's
of the best hit what `rag.retrieval.probability` tells, and of the sentence that would be cited what
`rag.answering.sentence_features` does
at home   the same once more where the question is in the passage's language, else 0: across languages both say less"""
_MOST, _UNLIKELY = 6.0, 3.0


def answerable(search: Search, found: Candidates) -> float:
    """0…1; 0 where nothing was found."""
    if not search.hits or not found.sentences:
        return 0.0
    if not found.read:
        return search.hits[0].score
    bias, weights = _weights()
    odds = bias + float(decision_features(search, found) @ weights)
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


def decision_features(search: Search, found: Candidates) -> NDArray[np.float64]:
    """(len(FEATURES),) of a search that found something, with candidates that were read."""
    best = search.hits[0]
    score = min(max(best.score, 1e-9), 1 - 1e-9)
    read = np.sort(found.features[:, OF_SENTENCES.index("read")])[::-1]
    second = read[1] if len(read) > 1 else -12.0
    lead = found.sentences[0].score - found.sentences[1].score if len(found.sentences) > 1 else 3.0
    evidence = max(-_MOST, min(_MOST, math.log(score / (1 - score))))
    plain = [
        evidence,
        min(evidence + _UNLIKELY, 0.0),
        read[0],
        second,
        lead,
        *(best.why[name] for name in OF_HIT),
        *found.features[0, [OF_SENTENCES.index(name) for name in OF_SENTENCE]],
    ]
    return np.array(plain + [plain[FEATURES.index(name)] * best.why["home"] for name in AT_HOME])


@cache
def _weights() -> tuple[float, NDArray[np.float64]]:
    shipped = json.loads(files("rag.answering").joinpath("decision.json").read_text("utf-8"))
    return float(shipped["bias"]), np.array([shipped["weights"].get(feature, 0.0) for feature in FEATURES])
