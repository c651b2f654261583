"""The best candidates of fusion → their final order, by all evidence there is and weights fitted on dev questions.

score = Σ (plain + home · coverage⁴) · feature, with two weights for each feature in `ranking.json`: what a feature is
worth depends on whether the question is asked in the corpus's words (coverage, see `fuse`). `eval/fit_ranking.py` fits
them, so that the passage that answers has the highest score of the candidates.
"""

import json
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from rag.index.contents import Index, indexed_text
from rag.index.normal import normal
from rag.retrieval.fuse import COVERAGE_POWER
from rag.retrieval.late import late_interaction
from rag.retrieval.legs import Evidence, Floats

RANKED = 32
"""Candidates that are ranked; the others follow in fusion's order. 99 % of XQuAD's answers are among the first 20."""
FEATURES = ("passage_z", "sentence_z", "words_z", "grams_z", "tokens", "window", "run")
"""passage_z, sentence_z, words_z, grams_z  standard scores of each part of the legs' evidence
tokens, window  late interaction with the passage and with its best window
run             longest run of the question's characters that the passage holds, as a share of the question"""
OF_TOKENS = frozenset({"tokens", "window"})


def ranking_features(
    index: Index, question: str, tokens: Floats | None, evidence: Evidence, some: NDArray[np.int64]
) -> NDArray[np.float64]:
    """(len(some), len(FEATURES)) for candidates given by their positions in `evidence`.

    `tokens` are the question's (see `late_interaction`), None where the model or the index has none.
    """
    table = np.zeros((len(some), len(FEATURES)))
    for column, values in enumerate((evidence.passage_z, evidence.sentence_z, evidence.words_z, evidence.grams_z)):
        table[:, column] = values[some]
    if tokens is not None and index.tokens is not None:
        table[:, 4], table[:, 5] = late_interaction(index.tokens, tokens, evidence.rows[some])
    asked = _bare(question)
    for n, i in enumerate(some):
        table[n, 6] = longest_run(asked, _bare(indexed_text(index.passages[int(evidence.rows[i])])))
    return table


def ranked_values(
    table: NDArray[np.float64], with_tokens: bool, fused: Floats, some: NDArray[np.int64], coverage: float
) -> Floats:
    """Fusion's values with those of the candidates `some` replaced by their scores, all above the others'."""
    plain, home = _weights("with tokens" if with_tokens else "without tokens")
    scores = table @ (plain + home * coverage**COVERAGE_POWER)
    values = fused.astype(np.float32).copy()
    rest = np.delete(fused, some)
    if len(rest) and len(some):
        values += min(0.0, float(scores.min() - rest.max())) - 1
    values[some] = scores
    return values


def longest_run(asked: str, text: str) -> float:
    """Share (0…1) of `asked` that its longest run of characters standing in `text` is."""
    best = 0
    for start in range(len(asked)):
        while start + best < len(asked) and asked[start : start + best + 1] in text:
            best += 1
    return best / len(asked) if asked else 0.0


@lru_cache(maxsize=4096)
def _bare(text: str) -> str:
    return "".join(normal(text).split())


@cache
def _weights(name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    shipped = json.loads(files("rag.retrieval").joinpath("ranking.json").read_text("utf-8"))[name]
    plain, home = np.array([shipped.get(feature, [0.0, 0.0]) for feature in FEATURES], float).T
    return plain, home
