"""Fit the weights that turn evidence into a probability, and print how well they do.

    python eval/fit.py [PATH…] [--squad GOLD.json[:QUESTIONS.json] …] [--elsewhere QUESTIONS.json …] [--write]

The default corpus and PATH… are asked the dev half of our questions; each --squad file its own questions or those of
another file, with the same ids (a translation) or with others (which it then does not answer). Of public sets the
even-numbered articles train and the odd ones are held out; our test questions are never read. Every fifth question of
an --elsewhere file is asked of the corpus and of PATH…, which do not answer it: what off-topic looks like when a corpus
is small.
`--write` replaces src/rag/retrieval/probability.json.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from cached import index_of, index_of_texts
from fitting import is_held_out
from metrics import holds
from numpy.typing import NDArray
from questions import read_questions
from squad import SquadQuestion, read_squad, with_questions_of

from rag import Rag
from rag.errors import RagError
from rag.records import Hit
from rag.retrieval.probability import FEATURES, OF_TOKENS

HERE = Path(__file__).resolve().parent
WEIGHTS = HERE.parent / "src" / "rag" / "retrieval" / "probability.json"
K = 3
"""Hits of a question that are learned from: those that could be shown first."""


@dataclass(frozen=True, slots=True)
class Example:
    """One hit: its features, whether it answers, whether it is the first of its question, and where it comes from."""

    features: tuple[float, ...]
    answers: bool
    first: bool
    answerable: bool
    source: str
    held_out: bool


def own(paths: Sequence[Path], source: str) -> Iterator[Example]:
    """Our dev questions over the documents."""
    rag = Rag.load(index_of(paths))
    for question in read_questions(HERE / "questions.jsonl"):
        if question.split == "dev":
            hits = rag.ask(question.question, k=K, history=question.history, llm=False).hits
            answers = [any(holds(hit.passage.text, keys) for keys in question.groups) for hit in hits]
            yield from _examples(hits, answers, question.answerable, source, False)


def elsewhere(paths: Sequence[Path], source: str, files: Sequence[Path]) -> Iterator[Example]:
    """Questions on other subjects over the documents."""
    rag = Rag.load(index_of(paths))
    for file in files:
        asked = read_squad(file).questions[::5]
        for question, hits in zip(asked, rag.search_many([q.question for q in asked], K), strict=True):
            yield from _examples(hits, [False] * len(hits), False, f"{source}, asked elsewhere", is_held_out(question))


def public(spec: str) -> Iterator[Example]:
    """GOLD.json[:QUESTIONS.json]."""
    gold_name, _, other_name = spec.partition(":")
    gold = read_squad(Path(gold_name))
    asked: Sequence[SquadQuestion] = gold.questions
    answerable = True
    if other_name:
        other = read_squad(Path(other_name))
        try:
            asked = with_questions_of(gold, other)
        except RagError:
            asked, answerable = other.questions, False
    rag = Rag.load(index_of_texts({name: text for name, (_, text) in gold.paragraphs.items()}))
    found = rag.search_many([question.question for question in asked], K)
    for question, hits in zip(asked, found, strict=True):
        names = [Path(rag.documents[hit.passage.document].source).stem for hit in hits]
        answers = [
            answerable and question.first_hit([(name, hit.passage.text)]) is not None
            for name, hit in zip(names, hits, strict=True)
        ]
        yield from _examples(hits, answers, answerable, spec, is_held_out(question))


def _examples(
    hits: Sequence[Hit], answers: Sequence[bool], answerable: bool, source: str, held_out: bool
) -> Iterator[Example]:
    for n, (hit, right) in enumerate(zip(hits, answers, strict=True)):
        yield Example(tuple(hit.why[name] for name in FEATURES), right, n == 0, answerable, source, held_out)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "paths", nargs="*", type=Path, help="a document that our questions are about, beside the corpus"
    )
    parser.add_argument("--squad", action="append", default=[], metavar="GOLD.json[:QUESTIONS.json]")
    parser.add_argument("--elsewhere", action="append", default=[], type=Path, metavar="QUESTIONS.json")
    parser.add_argument("--write", action="store_true", help="replace the shipped weights")
    given = parser.parse_args()
    examples: list[Example] = []
    for path in [HERE.parent / "ingest" / "corpus", *given.paths]:
        examples += own([path], path.name)
        examples += elsewhere([path], path.name, given.elsewhere)
    for spec in given.squad:
        examples += public(spec)
    train = [e for e in examples if not e.held_out]
    weights = {
        "with tokens": fitted(train, FEATURES),
        "without tokens": fitted(train, [name for name in FEATURES if name not in OF_TOKENS]),
    }
    print(json.dumps(weights))
    for name, each in weights.items():
        print(name)
        report(examples, each)
    if given.write:
        WEIGHTS.write_text(json.dumps(weights, indent=1) + "\n", "utf-8")
    return 0


def fitted(examples: Sequence[Example], names: Sequence[str]) -> dict[str, Any]:
    """Logistic regression, each source weighing the same: a bias, and for each feature a weight plain and at home."""
    from sklearn.linear_model import LogisticRegression

    features = _doubled(examples)[:, [2 * FEATURES.index(name) + n for name in names for n in (0, 1)]]
    spread = features.std(axis=0) + 1e-9
    counts = {source: sum(e.source == source for e in examples) for source in {e.source for e in examples}}
    shares = np.array([len(examples) / len(counts) / counts[e.source] for e in examples])
    model = LogisticRegression(C=1.0, max_iter=1000)
    model.fit(features / spread, [e.answers for e in examples], shares)
    slopes = model.coef_[0] / spread
    return {
        "bias": round(float(model.intercept_[0]), 4),
        "weights": {name: slopes[2 * n : 2 * n + 2].round(4).tolist() for n, name in enumerate(names)},
    }


def _doubled(examples: Sequence[Example]) -> NDArray[np.float64]:
    """(examples, 2 · FEATURES): each feature, and beside it the same at home (see FEATURES), else 0."""
    plain = np.array([e.features for e in examples])
    return np.stack([plain, plain * plain[:, [FEATURES.index("home")]]], axis=2).reshape(len(plain), -1)


def report(examples: Sequence[Example], weights: dict[str, Any]) -> None:
    """Per source: AUROC of the first hit's probability for telling answerable questions, calibration error, shares."""
    from sklearn.metrics import roc_auc_score

    vector = np.array([weights["weights"].get(name, [0.0, 0.0]) for name in FEATURES]).ravel()
    groups = {(e.source, e.held_out) for e in examples}
    for source, held_out in sorted(groups):
        some = [e for e in examples if (e.source, e.held_out) == (source, held_out)]
        chances = 1 / (1 + np.exp(-(_doubled(some) @ vector + weights["bias"])))
        first = np.array([e.first for e in some])
        right = np.array([e.answers for e in some])
        answerable = np.array([e.answerable for e in some])[first]
        bins = np.clip((chances * 10).astype(int), 0, 9)
        error = sum(
            abs(chances[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean() for b in set(bins.tolist())
        )
        both = len(set(answerable.tolist())) == 2
        auroc = f"{roc_auc_score(answerable, chances[first]):.3f}" if both else "    –"
        quantiles = " ".join(f"{q:.2f}" for q in np.quantile(chances[first], [0.03, 0.1, 0.5, 0.9, 0.97]))
        print(
            f"{source[-60:]:60} {'held out' if held_out else 'train':8} {len(some):5} hits"
            f"  AUROC {auroc}  ECE {error:.3f}  right first {right[first].mean():.3f}  first hits {quantiles}"
        )


if __name__ == "__main__":
    sys.exit(main())
