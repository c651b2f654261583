"""Fit the weights that order the candidates, and print hit@1 with fusion's order and with theirs.

    python eval/fit_ranking.py [PATH…] [--squad GOLD.json[:QUESTIONS.json] …] [--write]

The default corpus and PATH… are asked the dev half of our questions; each --squad file its own questions or their
translations in another file. Of public sets the even-numbered articles train and the odd ones are held out; our test
questions are never read. Each source weighs the same.
`--write` replaces src/rag/retrieval/ranking.json.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from cached import index_of, index_of_texts
from metrics import holds
from numpy.typing import NDArray
from questions import read_questions
from squad import read_squad, with_questions_of

from rag import Rag
from rag.records import Hit
from rag.retrieval.fuse import COVERAGE_POWER
from rag.retrieval.rank import FEATURES, OF_TOKENS, RANKED

HERE = Path(__file__).resolve().parent
WEIGHTS = HERE.parent / "src" / "rag" / "retrieval" / "ranking.json"
L2 = 1e-3
"""Against weights of features brought to spread 1. 3e-4 and 3e-3 gave the same hit@1 within 0.3 points, held out."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question's candidates: features (RANKED, features; zeros after the last), which of them answer, fusion's value
    and the coverage of the question."""

    features: NDArray[np.float64]
    answers: NDArray[np.bool_]
    real: NDArray[np.bool_]
    fused_first: bool
    coverage: float
    source: str
    held_out: bool


def own(paths: Sequence[Path], source: str) -> list[Example]:
    """Our dev questions that one passage of the documents answers."""
    rag = Rag.load(index_of(paths))
    asked = [q for q in read_questions(HERE / "questions.jsonl") if q.split == "dev" and q.answerable]
    asked = [q for q in asked if not q.history and len(q.groups) == 1]
    found = rag.search_many([q.question for q in asked], RANKED)
    return [
        _example(hits, [holds(hit.passage.text, q.groups[0]) for hit in hits], source, False)
        for q, hits in zip(asked, found, strict=True)
    ]


def public(spec: str) -> list[Example]:
    """GOLD.json[:QUESTIONS.json]."""
    gold_name, _, other_name = spec.partition(":")
    gold = read_squad(Path(gold_name))
    asked = with_questions_of(gold, read_squad(Path(other_name))) if other_name else gold.questions
    rag = Rag.load(index_of_texts({name: text for name, (_, text) in gold.paragraphs.items()}))
    examples = []
    for question, hits in zip(asked, rag.search_many([q.question for q in asked], RANKED), strict=True):
        names = [Path(rag.documents[hit.passage.document].source).stem for hit in hits]
        answers = [
            question.first_hit([(name, hit.passage.text)]) is not None for name, hit in zip(names, hits, strict=True)
        ]
        examples.append(_example(hits, answers, spec, int(question.document.split("-")[0]) % 2 == 1))
    return examples


def _example(hits: Sequence[Hit], answers: Sequence[bool], source: str, held_out: bool) -> Example:
    features = np.zeros((RANKED, len(FEATURES)))
    right, real = np.zeros(RANKED, bool), np.zeros(RANKED, bool)
    for n, (hit, answer) in enumerate(zip(hits, answers, strict=True)):
        features[n] = [hit.why[name] for name in FEATURES]
        right[n], real[n] = answer, True
    first = max(range(len(hits)), key=lambda n: hits[n].why["fused"], default=0)
    coverage = hits[0].why["coverage"] if hits else 0.0
    return Example(features, right, real, bool(right[first]), coverage, source, held_out)


def fitted(examples: Sequence[Example], names: Sequence[str]) -> dict[str, list[float]]:
    """For each feature its two weights: those under which a candidate that answers is likeliest to be the best (softmax
    over the candidates, log loss)."""
    columns = [FEATURES.index(name) for name in names]
    some = [e for e in examples if e.answers.any()]
    plain = np.stack([e.features[:, columns] for e in some])
    real = np.stack([e.real for e in some])
    spread = plain[real].std(axis=0) + 1e-9
    gates = np.array([e.coverage**COVERAGE_POWER for e in some])[:, None, None]
    inputs = torch.tensor(np.concatenate([plain / spread, plain / spread * gates], axis=2))
    right, absent = torch.tensor(np.stack([e.answers for e in some])), torch.tensor(~real)
    counts = {source: sum(e.source == source for e in some) for source in {e.source for e in some}}
    shares = torch.tensor([1 / len(counts) / counts[e.source] for e in some], dtype=torch.float64)
    weights = torch.zeros(inputs.shape[2], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights], max_iter=500, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        chances = torch.log_softmax((inputs @ weights).masked_fill(absent, -1e9), dim=1)
        missed = -torch.logsumexp(chances.masked_fill(~right, -1e9), dim=1)
        value = (shares * missed).sum() + L2 * (weights**2).sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    pairs = weights.detach().numpy().reshape(2, -1) / spread
    return {name: [round(float(w), 3) for w in pairs[:, n]] for n, name in enumerate(names)}


def scores(example: Example, weights: dict[str, list[float]]) -> NDArray[np.float64]:
    """A value for each candidate, the best highest."""
    pairs = np.array([weights.get(name, [0.0, 0.0]) for name in FEATURES])
    values = example.features @ (pairs[:, 0] + pairs[:, 1] * example.coverage**COVERAGE_POWER)
    return np.where(example.real, values, -np.inf)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, help="a document that our questions are about")
    parser.add_argument("--squad", action="append", default=[], metavar="GOLD.json[:QUESTIONS.json]")
    parser.add_argument("--only-measure", action="append", default=[], metavar="GOLD.json[:QUESTIONS.json]")
    parser.add_argument("--write", action="store_true", help="replace the shipped weights")
    given = parser.parse_args()
    examples = [e for path in [HERE.parent / "ingest" / "corpus", *given.paths] for e in own([path], path.name)]
    for spec in given.squad:
        examples += public(spec)
    train = [e for e in examples if not e.held_out]
    weights = {
        "with tokens": fitted(train, FEATURES),
        "without tokens": fitted(train, [name for name in FEATURES if name not in OF_TOKENS]),
    }
    for spec in given.only_measure:
        examples += public(spec)
    for name, own_weights in weights.items():
        print(name, json.dumps(own_weights))
    for source, held_out in sorted({(e.source, e.held_out) for e in examples}):
        some = [e for e in examples if (e.source, e.held_out) == (source, held_out)]
        print(f"{source[-60:]:60} {'held out' if held_out else '':8} {len(some):5}", end="")
        print(f"  fusion {100 * np.mean([e.fused_first for e in some]):.1f}", end="")
        for name, own_weights in weights.items():
            first = [e.answers[np.argmax(scores(e, own_weights))] for e in some]
            print(f"  {name} {100 * np.mean(first):.1f}", end="")
        print()
    if given.write:
        lines = [
            f' "{name}": {{\n' + ",\n".join(f'  "{f}": {json.dumps(pair)}' for f, pair in own.items()) + "\n }"
            for name, own in weights.items()
        ]
        WEIGHTS.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
