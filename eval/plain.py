"""The plain pipeline that ours is measured against: python eval/plain.py --help

What most tutorials build: the file as it is, chunks of 500 characters with 50 of overlap
(RecursiveCharacterTextSplitter's defaults), the same embedding model, the nearest chunks by cosine. Printed by the same
metrics as `run.py`; the reader (encodings, PDF) is ours, reflow and everything after it is not.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from langchain_text_splitters import RecursiveCharacterTextSplitter
from metrics import DEPTH, EvidenceRanks, estimate, evidence_ranks, ranking_values
from questions import Question, read_questions
from squad import SquadQuestion, SquadSet, read_squad, with_questions_of

from rag.documents.load import find_files, load
from rag.embedding.embedder import Embedder
from rag.embedding.load import load_embedder
from rag.errors import RagError

HERE = Path(__file__).resolve().parent


def chunks(text: str) -> list[str]:
    """A text, cut up."""
    found: list[str] = RecursiveCharacterTextSplitter(chunk_size=500, chunk_overlap=50).split_text(text)
    return found


def ranks_of_own(embedder: Embedder, texts: Sequence[str], questions: Sequence[Question]) -> list[EvidenceRanks]:
    """Ranks of each question's evidence. A question that follows others is asked with the one before it in front."""
    order = nearest(embedder, texts, [" ".join([*q.history[-1:], q.question]) for q in questions])
    return [evidence_ranks([texts[i] for i in row], q.groups) for row, q in zip(order, questions, strict=True)]


def ranks_of_squad(
    embedder: Embedder, passages: Sequence[tuple[str, str]], gold: SquadSet, asked: Sequence[SquadQuestion]
) -> list[EvidenceRanks]:
    """Rank of each question's first hit among (paragraph, chunk); one of the set that is not asked has none."""
    order = nearest(embedder, [text for _, text in passages], [q.question for q in asked])
    ranks = [q.first_hit([passages[i] for i in row]) for row, q in zip(order, asked, strict=True)]
    return [(rank,) for rank in [*ranks, *[None] * (len(gold.questions) - len(asked))]]


def nearest(embedder: Embedder, texts: Sequence[str], questions: Sequence[str]) -> list[list[int]]:
    """For each question the `DEPTH` texts of the highest cosine, best first."""
    passages = embedder.embed_passages(texts)
    cosines = embedder.embed_questions(questions) @ passages.T
    order: list[list[int]] = np.argsort(-cosines, axis=1, kind="stable")[:, :DEPTH].tolist()
    return order


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0; 1 with one line on bad input."""
    parser = argparse.ArgumentParser(
        prog="python eval/plain.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="documents (default: ingest/corpus)")
    parser.add_argument("--split", choices=("dev", "test", "all"), default="dev", help="half of our questions")
    parser.add_argument("--squad", type=Path, metavar="GOLD.json", help="a SQuAD-format set instead of our own")
    parser.add_argument("--questions-from", type=Path, metavar="OTHER.json", help="ask --squad in its words")
    options = parser.parse_args(arguments)
    try:
        found, title = _squad(options) if options.squad else _own(options)
    except RagError as error:
        print(f"eval/plain.py: {error}", file=sys.stderr)
        return 1
    print(f"{title}, percent [95 % interval]")
    for name, values in ranking_values(found).items():
        value = estimate(values)
        print(f"{name:8} {100 * value.mean:5.1f} [{100 * value.low:.1f}–{100 * value.high:.1f}]")
    return 0


def _own(options: argparse.Namespace) -> tuple[list[EvidenceRanks], str]:
    if options.questions_from:
        raise RagError("--questions-from belongs to --squad GOLD.json")
    files, problems = find_files(options.paths or [HERE.parent / "ingest" / "corpus"])
    if problems or not files:
        raise RagError(problems[0] if problems else "there is no document to read")
    every = read_questions(HERE / "questions.jsonl")
    questions = [q for q in every if q.answerable and options.split in (q.split, "all")]
    texts = [chunk for file in files for chunk in chunks(load(file, 40).text)]
    title = f"{len(questions)} answerable questions ({options.split}), {len(texts)} chunks"
    return ranks_of_own(load_embedder(), texts, questions), title


def _squad(options: argparse.Namespace) -> tuple[list[EvidenceRanks], str]:
    if options.paths:
        raise RagError("--squad brings its own documents; leave out PATH…")
    gold = read_squad(options.squad)
    asked = with_questions_of(gold, read_squad(options.questions_from)) if options.questions_from else gold.questions
    passages = [(name, chunk) for name, (_, text) in gold.paragraphs.items() for chunk in chunks(text)]
    words = options.questions_from.stem if options.questions_from else "own questions"
    title = f"{words} → {options.squad.stem}: {len(gold.questions)} questions, {len(passages)} chunks"
    return ranks_of_squad(load_embedder(), passages, gold, asked), title


if __name__ == "__main__":
    sys.exit(main())
