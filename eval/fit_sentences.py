"""Fit the weights that choose the sentence that answers, and print how often it holds the answer.

    python eval/fit_sentences.py [PATH…] [--squad GOLD.json …] [--write]

First the weights of all that is known without reading; by them the candidates are chosen that the reader reads, and
over these the weights together with what it says ("with reader") are fitted, so train the reader before.
Answer-sentence@1: the share of questions for which the best sentence of the first three passages holds a gold answer.
The default corpus and PATH… are asked the dev half of our questions, each --squad file its own. Of public sets the
even-numbered articles train and the odd ones are held out. `--write` replaces src/rag/answering/sentences.json.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from cached import index_of, index_of_texts
from fitting import is_held_out, put_first, spread
from metrics import holds
from numpy.typing import NDArray
from questions import read_questions
from squad import read_squad
from tqdm import tqdm

from rag import Rag
from rag.answering.reader import Reader, reader_for
from rag.answering.sentence_features import FEATURES, content_of, sentence_features, sentence_text
from rag.answering.sentences import MOST, ToRead, read, read_values, title_of, worth_reading
from rag.embedding.load import load_embedder
from rag.retrieval.searcher import Search
from rag.settings import DEFAULT_MODEL

HERE = Path(__file__).resolve().parent
WEIGHTS = HERE.parent / "src" / "rag" / "answering" / "sentences.json"
OF_TOKENS = {"tokens", "pair", "least"}
L2 = 1e-2
"""Against weights of features brought to spread 1. 3e-3 and 3e-2 are within a point, held out."""
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Example:
    """The sentences of a question's first passages: features (sentences, FEATURES) and which hold an answer.

    question, texts  the question, and the sentences in order of the hits
    """

    features: NDArray[np.float64]
    answers: NDArray[np.bool_]
    source: str
    held_out: bool
    question: str
    texts: tuple[ToRead, ...]

    def read(self, weights: NDArray[np.float64], reader: Reader) -> "Example":
        """Only the likeliest by these weights, with what the reader says of them: as `candidates` does it."""
        scores = self.features @ weights
        ranked = np.argsort(-scores, kind="stable")
        best = sorted(ranked[: worth_reading(scores[ranked].tolist())].tolist())
        texts = tuple(self.texts[i] for i in best)
        features = self.features[best]
        features[:, FEATURES.index("read")] = read_values(read(reader, self.question, texts))
        return replace(self, features=features, answers=self.answers[best], texts=texts)


def public(path: Path) -> Iterator[Example]:
    """Every question of a set that found something."""
    gold = read_squad(path)
    rag = Rag.load(index_of_texts({name: text for name, (_, text) in gold.paragraphs.items()}))
    for first in range(0, len(gold.questions), _BATCH):
        asked = gold.questions[first : first + _BATCH]
        searches = rag.searcher.searches([question.question for question in asked], MOST)
        for question, search in zip(asked, searches, strict=True):
            yield from _examples(rag, search, question.holds_answer, path.name, is_held_out(question))


def own(path: Path) -> Iterator[Example]:
    """Our dev questions that one passage of the documents answers."""
    rag = Rag.load(index_of([path]))
    for question in read_questions(HERE / "questions.jsonl"):
        if question.split == "dev" and question.answerable and not question.history and len(question.groups) == 1:
            (search,) = rag.searcher.searches([question.question], MOST)
            keys = question.groups[0]
            yield from _examples(rag, search, partial(holds, keys=keys), path.name, False)


def _examples(
    rag: Rag, search: Search, holds_answer: Callable[[str], bool], source: str, held_out: bool
) -> Iterator[Example]:
    content = content_of(search, rag.searcher)
    tables = [sentence_features(search, n, rag.searcher, content) for n in range(len(search.hits))]
    texts = [
        ToRead(sentence_text(hit.passage, sentence), n, title_of(hit.passage))
        for n, hit in enumerate(search.hits)
        for sentence in hit.passage.sentences
    ]
    if texts:
        answers = np.array([holds_answer(text.quote) for text in texts])
        yield Example(np.concatenate(tables), answers, source, held_out, search.question, tuple(texts))


def fitted(some: Sequence[Example], names: Sequence[str]) -> dict[str, float]:
    """A weight for each feature."""
    columns = [FEATURES.index(name) for name in names]
    scale = spread([e.features[:, columns] for e in some if e.answers.any()])
    tables = [e.features[:, columns] / scale for e in some]
    weights = put_first(tables, [e.answers for e in some], [e.source for e in some], L2) / scale
    return {name: round(float(weight), 3) for name, weight in zip(names, weights, strict=True)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "paths", nargs="*", type=Path, help="a document that our questions are about, beside the corpus"
    )
    parser.add_argument("--squad", action="append", default=[], type=Path, metavar="GOLD.json")
    parser.add_argument("--write", action="store_true", help="replace the shipped weights")
    given = parser.parse_args()
    every = [e for path in [HERE.parent / "ingest" / "corpus", *given.paths] for e in own(path)]
    every += [e for path in given.squad for e in public(path)]
    train = [e for e in every if not e.held_out]
    unread = [name for name in FEATURES if name != "read"]
    weights = {
        "with tokens": fitted(train, unread),
        "without tokens": fitted(train, [name for name in unread if name not in OF_TOKENS]),
    }
    reader = reader_for(load_embedder(DEFAULT_MODEL))
    assert reader is not None, "train the reader first: eval/fit_reader.py"
    by = np.array([weights["with tokens"].get(name, 0.0) for name in FEATURES])
    told = [e.read(by, reader) for e in tqdm(every, "reading", disable=None)]
    weights["with reader"] = fitted([e for e in told if not e.held_out], FEATURES)
    print(json.dumps(weights, indent=1))
    for source, held_out in sorted({(e.source, e.held_out) for e in every}):
        of = dict.fromkeys(("cosine", "with tokens", "without tokens"), every) | {"with reader": told}
        some = [e for e in every if (e.source, e.held_out) == (source, held_out)]
        print(f"{source:24} {'held out' if held_out else 'trained on':10} {len(some):5}", end="")
        columns = {"cosine": {"cosine": 1.0}, **weights}
        for name, column in columns.items():
            vector = np.array([column.get(feature, 0.0) for feature in FEATURES])
            some = [e for e in of[name] if (e.source, e.held_out) == (source, held_out)]
            print(f"  {name} {100 * np.mean([e.answers[np.argmax(e.features @ vector)] for e in some]):.1f}", end="")
        print()
    if given.write:
        WEIGHTS.write_text(json.dumps(weights, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
