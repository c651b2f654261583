"""Fit the weights that decide whether the documents answer, and print how well they tell.

    python eval/fit_decision.py [PATH…] [--squad GOLD.json[:QUESTIONS.json] …] [--every N]
        [--elsewhere QUESTIONS.json …] [--write]

The default corpus and PATH… are asked the dev half of our questions, and every tenth question of each --elsewhere file,
which they do not answer. Of each --squad file every other paragraph is left out of the index: the questions on it are
near misses, on the subject of what is there. Even-numbered articles train and the odd ones are held out; our test
questions are never read. Every so many-th question of `written.jsonl` is asked, too, of the documents that the reader
has not learned from. Train the reader and fit the sentences' weights before: what is learned here stands on them.
`--write` replaces src/rag/answering/decision.json.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from cached import index_of, index_of_texts
from fitting import is_held_out
from numpy.typing import NDArray
from questions import read_questions
from squad import read_squad, with_questions_of
from tqdm import tqdm
from written import read_written

from rag import Rag
from rag.answering import readings
from rag.answering.answerer import LEAST_PROBABILITY, RELATIVE
from rag.answering.decision import FEATURES, decision_features
from rag.answering.followup import resolved
from rag.answering.reader import reader_for
from rag.answering.sentences import candidates
from rag.retrieval.searcher import Search

HERE = Path(__file__).resolve().parent
WEIGHTS = HERE.parent / "src" / "rag" / "answering" / "decision.json"
K = 5
WRITTEN = "written"
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Example:
    """A question: its features, whether it has an answer, its kind, and whether it is asked of its public set.

    id  the same of a question that is asked of several documents
    """

    features: NDArray[np.float64]
    answerable: bool
    source: str
    kind: str
    held_out: bool
    id: str
    public: bool = False


def own(path: Path, elsewhere: Sequence[Path]) -> Iterator[Example]:
    """Our dev questions over the documents, and others that are on other subjects."""
    rag = Rag.load(index_of([path]))
    asked = [q for q in read_questions(HERE / "questions.jsonl") if q.split == "dev"]
    for question in tqdm(asked, path.name, disable=None):
        meant = resolved(question.question, question.history)
        search = readings.search(rag.searcher, question.question, meant, K, None)
        yield from _example(rag, search, question.id, question.answerable, path.name, question.kind, False)
    for file in elsewhere:
        for other in tqdm(read_squad(file).questions[::10], f"{path.name} elsewhere", disable=None):
            (search,) = rag.searcher.searches([other.question], K)
            named = f"{path.name}, elsewhere"
            yield from _example(rag, search, other.id, False, named, "elsewhere", is_held_out(other))


def public(spec: str, every: int) -> Iterator[Example]:
    """GOLD.json[:QUESTIONS.json], with every other paragraph left out; every so many-th question."""
    gold_name, _, other_name = spec.partition(":")
    gold = read_squad(Path(gold_name))
    asked = with_questions_of(gold, read_squad(Path(other_name))) if other_name else gold.questions
    kept = {name: text for n, (name, (_, text)) in enumerate(gold.paragraphs.items()) if n % 2 == 0}
    rag = Rag.load(index_of_texts(kept))
    for question in tqdm(asked[::every], Path(spec).name, disable=None):
        (search,) = rag.searcher.searches([question.question], K)
        found = question.document in kept
        # Another paragraph may answer, too.
        if found or not any(question.holds_answer(hit.passage.text) for hit in search.hits):
            for example in _example(rag, search, question.id, found, spec, "near-miss", is_held_out(question)):
                yield replace(example, public=True)


def written(every: int) -> Iterator[Example]:
    """The held-out documents of `written.jsonl`, near misses and all; every so many-th question."""
    documents = [document for document in read_written() if document.held_out]
    rag = Rag.load(index_of_texts({document.name: document.markdown for document in documents}, ending="md"))
    asked = [question for document in documents for question in document.questions]
    for question in tqdm(asked[::every], WRITTEN, disable=None):
        (search,) = rag.searcher.searches([question.question], K)
        found = question.sentence is not None
        yield from _example(rag, search, question.question, found, WRITTEN, "near-miss", False)


def _example(
    rag: Rag, search: Search, id_: str, answerable: bool, source: str, kind: str, held_out: bool
) -> Iterator[Example]:
    if search.hits:
        found = candidates(search, rag.searcher, RELATIVE, reader_for(rag.embedder))
        yield Example(decision_features(search, found), answerable, source, kind, held_out, id_)


def fitted(examples: Sequence[Example]) -> tuple[float, NDArray[np.float64]]:
    """Logistic regression: bias and weights. Each source weighs the same, but public sets a quarter: their near misses
    are easier."""
    from sklearn.linear_model import LogisticRegression

    features = np.array([e.features for e in examples])
    spread = features.std(axis=0) + 1e-9
    counts = {source: sum(e.source == source for e in examples) for source in {e.source for e in examples}}
    shares = np.array([(0.25 if e.public else 1) / counts[e.source] for e in examples])
    shares *= len(examples) / shares.sum()
    model = LogisticRegression(C=0.1, max_iter=2000)
    model.fit(features / spread, [e.answerable for e in examples], shares)
    return float(model.intercept_[0]), model.coef_[0] / spread


def chances(examples: Sequence[Example], bias: float, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities that they are answered."""
    odds: NDArray[np.float64] = bias + np.array([e.features for e in examples]) @ weights
    return 1 / (1 + np.exp(-odds))


def unseen(examples: Sequence[Example]) -> NDArray[np.float64]:
    """Probabilities by weights that were fitted without the question, whatever documents it was asked of."""
    folds = {id_: place % FOLDS for place, id_ in enumerate(dict.fromkeys(e.id for e in examples))}
    told = np.zeros(len(examples))
    for fold in range(FOLDS):
        out = [n for n, e in enumerate(examples) if folds[e.id] == fold]
        rest = [e for e in examples if not e.held_out and folds[e.id] != fold]
        told[out] = chances([examples[n] for n in out], *fitted(rest))
    return told


def report(examples: Sequence[Example], of: NDArray[np.float64], baseline: NDArray[np.float64]) -> None:
    """By source: AUROC of these and of the best hit's probability alone, calibration, refusals."""
    from sklearn.metrics import roc_auc_score

    for source, held_out in sorted({(e.source, e.held_out) for e in examples}):
        some = np.array([(e.source, e.held_out) == (source, held_out) for e in examples])
        right = np.array([e.answerable for e in examples])[some]
        near = right | np.array([e.kind == "near-miss" for e in examples])[some]
        line = f"{source[-60:]:60} {'held out' if held_out else 'train':8} {some.sum():5}"
        if len(set(right[near].tolist())) == 2:
            line += f"  near misses: AUROC {roc_auc_score(right[near], of[some][near]):.3f}"
            line += f" (evidence alone {roc_auc_score(right[near], baseline[some][near]):.3f})"
        bins = np.clip((of[some] * 10).astype(int), 0, 9)
        error = sum(
            abs(of[some][bins == b].mean() - right[bins == b].mean()) * (bins == b).mean() for b in set(bins.tolist())
        )
        line += f"  ECE {error:.3f}"
        if right.any():
            line += f"  refused {np.mean(of[some][right] < LEAST_PROBABILITY):.3f}"
            line += f" quantiles {' '.join(f'{q:.2f}' for q in np.quantile(of[some][right], [0.03, 0.1, 0.5]))}"
        if not right.all():
            line += f"  answered {np.mean(of[some][~right] >= LEAST_PROBABILITY):.3f}"
        print(line)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "paths", nargs="*", type=Path, help="a document that our questions are about, beside the corpus"
    )
    parser.add_argument("--squad", action="append", default=[], metavar="GOLD.json[:QUESTIONS.json]")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="ask every Nth question but of ours")
    parser.add_argument("--elsewhere", action="append", default=[], type=Path, metavar="QUESTIONS.json")
    parser.add_argument("--write", action="store_true", help="replace the shipped weights")
    given = parser.parse_args()
    examples = [e for path in [HERE.parent / "ingest" / "corpus", *given.paths] for e in own(path, given.elsewhere)]
    examples += [e for spec in given.squad for e in public(spec, given.every)]
    examples += written(given.every)
    bias, weights = fitted([e for e in examples if not e.held_out])
    shipped = {
        "bias": round(bias, 4),
        "weights": {name: round(float(w), 4) for name, w in zip(FEATURES, weights, strict=True)},
    }
    print(json.dumps(shipped))
    report(examples, unseen(examples), np.array([e.features[FEATURES.index("evidence")] for e in examples]))
    if given.write:
        WEIGHTS.write_text(json.dumps(shipped, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
