"""What a question costs over a large index: python eval/cost.py [--passages N] [--profile]

An index of 10,000 passages with their sentences is built by the whole pipeline from made-up Chinese text; only the
vectors are random, because embedding so much takes long, and what a search costs does not depend on their values.
Questions are our own and embedded by the real model, and so is the sample from which the time of building is
extrapolated. Exit code 1 where a search takes more than twice as long as embedding its question alone.
"""

import argparse
import cProfile
import pstats
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from zlib import crc32

import numpy as np
from questions import read_questions

from rag import Rag
from rag.embedding.embedder import Embedder, Progress, Tokens, Vectors, gives_tokens
from rag.embedding.load import load_embedder
from rag.index.terms import words

HERE = Path(__file__).resolve().parent
LIMIT = 2.0
"""Times the embedding of the question that a search may take, embedding included."""
_SAMPLE = 30
_ASKED = 100
_ROUNDS = 3
_SENTENCES = 9
"""Of a made-up passage; together just under the 400 characters of one."""


class RandomPassages:
    """The real embedder, but passages get random vectors (and token states), the same each time for the same text."""

    def __init__(self, real: Embedder) -> None:
        self._real = real
        self.name, self.fingerprint = real.name, real.fingerprint
        self.dimension, self.max_tokens = real.dimension, real.max_tokens
        self.gives_tokens = gives_tokens(real)
        self.embed_questions, self.count_tokens = real.embed_questions, real.count_tokens
        if gives_tokens(real):
            self.embed_questions_with_tokens = real.embed_questions_with_tokens

    def embed_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        vectors = np.stack([_random(text, 1, self.dimension)[0] for text in texts])
        if progress:
            progress(len(texts))
        return vectors

    def embed_passages_with_tokens(
        self, texts: Sequence[str], take: Callable[[int, Tokens], None], progress: Progress | None = None
    ) -> Vectors:
        for i, (text, count) in enumerate(zip(texts, self.count_tokens(texts), strict=True)):
            states = _random(text, count, self.dimension)
            take(i, Tokens(states, np.linspace(0, max(0, len(text) - 1), count).astype(np.int64)))
        return self.embed_passages(texts, progress)


def _random(text: str, count: int, dimension: int) -> Vectors:
    rows = np.random.default_rng(crc32(text.encode())).standard_normal((count, dimension), np.float32)
    unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def made_up(passages: int) -> list[str]:
    """Texts of about a hundred passages: words as frequent as words are (Zipf's law).

    The frequent ones are words of our Chinese questions, so that a search finds many of its own; the rare ones are
    pairs of their characters.
    """
    chance = np.random.default_rng(0)
    asked = [q.question for q in read_questions(HERE / "questions.jsonl") if q.language == "zh"]
    real = sorted({word for question in asked for word in words(question) if "\u4e00" <= word[0] <= "\u9fff"})
    pairs = chance.choice(sorted(set("".join(real))), (30_000, 2))
    vocabulary = np.array([*chance.permutation(real), *map("".join, pairs)])
    frequency = 1 / np.arange(1, len(vocabulary) + 1)
    texts = []
    for first in range(0, passages, 100):
        paragraphs = []
        for _ in range(min(100, passages - first)):
            sizes = chance.integers(17, 24, _SENTENCES)
            drawn = vocabulary[chance.choice(len(vocabulary), sizes.sum(), p=frequency / frequency.sum())]
            ends = np.cumsum(sizes)
            paragraphs.append("".join("".join(drawn[b - n : b]) + "。" for b, n in zip(ends, sizes, strict=True)))
        texts.append("\n\n".join(paragraphs))
    return texts


def built(texts: Sequence[str], folder: Path, embedder: Embedder) -> tuple[Rag, float]:
    """The index of some texts in a folder, and the seconds it took."""
    (folder / "texts").mkdir(parents=True)
    for n, text in enumerate(texts):
        (folder / "texts" / f"{n}.txt").write_text(text, "utf-8")
    start = perf_counter()
    rag = Rag.build(folder / "texts", folder / "index", embedder=embedder)
    return rag, perf_counter() - start


def times(rag: Rag, embedder: Embedder, questions: Sequence[str]) -> tuple[list[float], list[float]]:
    """Seconds that embedding each question takes, and searching for it, embedding included.

    Taken in turns, the best of three: what else the machine does slows both, but not at the same moments.
    """
    rag.warm()
    embedding, searching = [], []
    for question in questions:
        rounds = []
        for _ in range(_ROUNDS):
            start = perf_counter()
            embedder.embed_questions([question])
            middle = perf_counter()
            rag.search(question, k=10)
            rounds.append((middle - start, perf_counter() - middle))
        embedding.append(min(first for first, _ in rounds))
        searching.append(min(second for _, second in rounds))
    return embedding, searching


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0; 1 where a search takes longer than `LIMIT` allows."""
    parser = argparse.ArgumentParser(
        prog="python eval/cost.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--passages", type=int, default=10_000, metavar="N", help="size of the index (default: 10,000)")
    parser.add_argument("--profile", action="store_true", help="print where the searches spent their time")
    options = parser.parse_args(arguments)
    embedder = load_embedder()
    questions = [q.question for q in read_questions(HERE / "questions.jsonl")]
    questions = questions[:: max(1, len(questions) // _ASKED)][:_ASKED]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rag, seconds = built(made_up(options.passages), folder / "large", RandomPassages(embedder))
        sample, real = built(made_up(_SAMPLE), folder / "sample", embedder)
        size = sum(file.stat().st_size for file in (folder / "large" / "index").rglob("*") if file.is_file())
        embedding, searching = times(rag, embedder, questions)
        if options.profile:
            _profile(rag, questions)
    count, sentences = len(rag.passages), sum(len(passage.sentences) for passage in rag.passages)
    per_passage = real / len(sample.passages)
    a, b = 1000 * float(np.median(embedding)), 1000 * float(np.median(searching))
    print(f"index      {count} passages, {sentences} sentences: {size / 1e6:.0f} MB on disk")
    print(f"building   {seconds:.0f} s without embedding")
    print(f"           {1000 * per_passage:.0f} ms a passage with it, over {len(sample.passages)} passages;", end=" ")
    print(f"extrapolated to {count}: {per_passage * count / 60:.0f} min")
    print(f"embedding  {a:.1f} ms a question, median of {len(questions)}")
    print(f"search     {b:.1f} ms, embedding included: {b / a:.2f} times as long (at most {LIMIT:.0f})")
    return int(b / a > LIMIT)


def _profile(rag: Rag, questions: Sequence[str]) -> None:
    profile = cProfile.Profile()
    profile.enable()
    for question in questions:
        rag.search(question, k=10)
    profile.disable()
    pstats.Stats(profile, stream=sys.stdout).sort_stats("cumulative").print_stats(r"rag|bm25s|faiss", 40)


if __name__ == "__main__":
    sys.exit(main())
