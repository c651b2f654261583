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
from cached import index_of, index_of_texts
from fitting import is_held_out, put_first, spread
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
    """A question's candidates: their features (candidates, FEATURES), which answer, and whether fusion's first does."""

    features: NDArray[np.float64]
    answers: NDArray[np.bool_]
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
        examples.append(_example(hits, answers, spec, is_held_out(question)))
    return examples


def _example(hits: Sequence[Hit], answers: Sequence[bool], source: str, held_out: bool) -> Example:
    features = np.array([[hit.why[name] for name in FEATURES] for hit in hits]).reshape(-1, len(FEATURES))
    first = max(range(len(hits)), key=lambda n: hits[n].why["fused"], default=None)
    coverage = hits[0].why["coverage"] if hits else 0.0
    return Example(features, np.array(answers, bool), first is not None and answers[first], coverage, source, held_out)


def fitted(examples: Sequence[Example], names: Sequence[str]) -> dict[str, list[float]]:
    """For each feature its two weights, plain and at home."""
    columns = [FEATURES.index(name) for name in names]
    scale = spread([e.features[:, columns] for e in examples if e.answers.any()])
    plain = [e.features[:, columns] / scale for e in examples]
    tables = [
        np.concatenate([table, table * e.coverage**COVERAGE_POWER], axis=1)
        for table, e in zip(plain, examples, strict=True)
    ]
    weights = put_first(tables, [e.answers for e in examples], [e.source for e in examples], L2)
    pairs = weights.reshape(2, -1) / scale
    return {name: [round(float(w), 3) for w in pairs[:, n]] for n, name in enumerate(names)}


def first_answers(example: Example, weights: dict[str, list[float]]) -> bool:
    """Whether the candidate that the weights put first answers."""
    pairs = np.array([weights.get(name, [0.0, 0.0]) for name in FEATURES])
    values = example.features @ (pairs[:, 0] + pairs[:, 1] * example.coverage**COVERAGE_POWER)
    return bool(len(values) and example.answers[np.argmax(values)])


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
            print(f"  {name} {100 * np.mean([first_answers(e, own_weights) for e in some]):.1f}", end="")
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
