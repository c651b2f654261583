"""Evidence → the probability that a passage answers the question.

A logistic regression over what both legs and late interaction say of the passage and what the passage says of the
question: the same scale for every question and corpus. Each feature has two weights in `probability.json`, plain and
for a question in the passage's language, fitted by `eval/fit.py` on dev questions. Within one question the
probabilities never rise with rank.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from rag.index.contents import indexed_text
from rag.index.lexical import LexicalIndex
from rag.index.normal import normal
from rag.index.terms import words
from rag.records import Passage
from rag.retrieval.legs import Evidence, Floats

FEATURES = (
    "sentence",
    "passage",
    "dense_z",
    "lead",
    "coverage",
    "home",
    "home_shared",
    "unknown",
    "missing_figures",
    "tokens",
    "window",
)
OF_TOKENS = frozenset({"tokens", "window"})
_HOME = 0.6
"""Coverage from which a question is taken to be in the corpus's language (see `LexicalIndex.coverage`)."""
_HANDFUL, _CAUTIOUS = 6, (2.0, 0.7)
"""Passages; `dense_z` and `lead`, both well below those of a right first hit on the article (3.0 and 2.0)."""
_HAN, _KANA = re.compile(r"[\u3400-\u9fff]"), re.compile(r"[\u3040-\u30fa]")
_FIGURE = re.compile(r"\d+(?:\.\d+)?")


def features(
    question: str,
    evidence: Evidence,
    fused: Floats,
    order: NDArray[np.int64],
    passages: Sequence[Passage],
    lexical: LexicalIndex,
    late: Mapping[int, tuple[float, float]],
) -> NDArray[np.float64]:
    """(len(order), len(FEATURES)): what is known of each ranked passage.

    sentence         cosine of the question and the passage's closest sentence; passage: of the passage itself
    dense_z          how far the cosines stand out of the corpus, at most 8
    lead             fused value less that of the best other passage, within ±4
    coverage         share of the question's words that the corpus knows
    home             1 for a question in the passage's language; the words of any other prove nothing
    home_shared      at home, the square of the share of the question's content words that the passage holds
    unknown          at home, the share of its content words that the whole corpus lacks
    missing_figures  share of the question's figures that the passage lacks
    tokens, window   late interaction with the passage and with its best window: `late`, by position in `evidence`
    """
    asked = set(words(question))
    content = asked - question_words() or asked
    figures = set(_FIGURE.findall(normal(question)))
    chinese = _is_chinese(question)
    unknown = 1 - lexical.known(content)
    # Hardly anything can stand out of a handful of passages: there cautious values are taken instead.
    least_z, least_lead = _CAUTIOUS if lexical.passages < _HANDFUL else (-np.inf, -4.0)
    table = np.zeros((len(order), len(FEATURES)))
    for n, (i, passage) in enumerate(zip(order, passages, strict=True)):
        text = indexed_text(passage)
        shared = len(content & _words_of(text)) / len(content) if content else 0.0
        home = float(evidence.coverage >= _HOME or (chinese and _is_chinese(passage.text)))
        others = np.delete(fused, i)
        lead = float(fused[i] - others.max()) if len(others) else 0.0
        table[n] = (
            evidence.sentence[i],
            evidence.passage[i],
            max(least_z, min(float(evidence.dense_z[i]), 8.0)),
            max(least_lead, min(lead, 4.0)),
            evidence.coverage,
            home,
            home * shared**2,
            home * unknown,
            _share_missing(figures, normal(text)),
            *late.get(int(i), (0.0, 0.0)),
        )
    return table


@lru_cache(maxsize=4096)  # the same passages are found again and again, and cutting one into words takes a millisecond
def _words_of(text: str) -> frozenset[str]:
    return frozenset(words(text))


@cache
def question_words() -> frozenset[str]:
    """Words that return in the generic questions of a language: they ask, and say nothing of what is asked about."""
    questions: dict[str, list[str]] = json.loads(
        files("rag.embedding").joinpath("generic_questions.json").read_text("utf-8")
    )
    counts = (Counter(word for question in own for word in set(words(question))) for own in questions.values())
    return frozenset(word for count in counts for word, times in count.items() if times >= 2)


def probabilities(table: NDArray[np.float64], with_tokens: bool) -> list[float]:
    """One probability (0…1) for each row of `features`, not rising from one to the next."""
    bias, plain, home = _weights("with tokens" if with_tokens else "without tokens")
    result: list[float] = []
    for row in table:
        logit = bias + float(row @ (plain + home * row[FEATURES.index("home")]))
        probability = 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
        result.append(min(probability, result[-1]) if result else probability)
    return result


def _is_chinese(text: str) -> bool:
    """Mostly Chinese characters, and no kana: the words of two such texts are of one language, whoever knows them."""
    return _KANA.search(text) is None and len(_HAN.findall(text)) > 0.5 * sum(c.isalnum() for c in text)


def _share_missing(wanted: set[str], text: str) -> float:
    return sum(item not in text for item in wanted) / len(wanted) if wanted else 0.0


@cache
def _weights(name: str) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    shipped = json.loads(files("rag.retrieval").joinpath("probability.json").read_text("utf-8"))[name]
    plain, home = np.array([shipped["weights"].get(feature, [0.0, 0.0]) for feature in FEATURES], float).T
    return float(shipped["bias"]), plain, home
