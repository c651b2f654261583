"""Sentence vectors of their own, or pooled from the passage's token states ("late chunking", Günther et al. 2024,
arXiv:2409.04701)? Prints hit@k of dense ranking by each and the time that each takes.

    python eval/late_chunking.py GOLD.json [--questions-from OTHER.json]

Dense ranking as the product does it: the cosine of the passage plus that of its best sentence, languages centred.
"""

import argparse
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
from cached import index_of_texts
from metrics import CUTOFFS, hits
from numpy.typing import NDArray
from squad import read_squad, with_questions_of

from rag import Rag
from rag.embedding.embedder import Tokens, gives_tokens
from rag.embedding.languages import language_means
from rag.embedding.load import load_embedder
from rag.index.contents import indexed_text, sentence_texts
from rag.index.vectors import rows_of


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--questions-from", type=Path)
    given = parser.parse_args()
    gold = read_squad(given.gold)
    asked = with_questions_of(gold, read_squad(given.questions_from)) if given.questions_from else gold.questions
    embedder = load_embedder()
    assert gives_tokens(embedder)
    index = Rag.load(index_of_texts({name: text for name, (_, text) in gold.paragraphs.items()})).index
    texts = [indexed_text(passage) for passage in index.passages]
    pooled: list[NDArray[np.float32]] = [np.zeros((0, embedder.dimension), np.float32)] * len(texts)

    def pool(row: int, tokens: Tokens) -> None:
        passage = index.passages[row]
        shift = len(texts[row]) - len(passage.text) - passage.start
        # A token that begins at the blank before a sentence belongs to it.
        starts = np.searchsorted(tokens.starts, [max(0, s.start + shift - 1) for s in passage.sentences])
        ends = [*starts[1:], len(tokens.states)]
        means = [tokens.states[a : max(b, a + 1)].mean(axis=0) for a, b in zip(starts, ends, strict=True)]
        pooled[row] = np.stack(means) if means else pooled[row]

    start = perf_counter()
    embedder.embed_passages_with_tokens(texts, pool)
    once = perf_counter() - start
    start = perf_counter()
    embedder.embed_passages([text for passage in index.passages for text in sentence_texts(passage)])
    again = perf_counter() - start
    rows = np.concatenate(pooled)
    late = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    questions = language_means(embedder).centred(embedder.embed_questions([q.question for q in asked]))
    passages = questions @ rows_of(index.passage_vectors).T
    names = [Path(index.documents[passage.document].source).stem for passage in index.passages]
    for name, sentences in (("own", rows_of(index.sentence_vectors)), ("pooled", late), ("none", None)):
        values = passages.copy()
        if sentences is not None:
            cosines = questions @ sentences.T
            for row in range(len(names)):
                own = cosines[:, index.sentence_starts[row] : index.sentence_starts[row + 1]]
                values[:, row] += own.max(axis=1) if own.shape[1] else passages[:, row]
        order = np.argsort(-values, axis=1)[:, :10]
        ranks = [
            question.first_hit([(names[row], index.passages[row].text) for row in best])
            for question, best in zip(asked, order, strict=True)
        ]
        shares = " ".join(f"hit@{k} {100 * np.mean(hits(ranks, k)):.1f}" for k in CUTOFFS)
        print(f"{name + ' sentence vectors':24} {shares}")
    print(f"passages with tokens {once:.1f} s, sentences again {again:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
