"""The plain pipeline that ours is measured against: python eval/plain.py [--split dev|test|all] [PATH…]

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
from measure import ranking_values
from metrics import estimate, first_hit
from questions import Question, read_questions

from rag.documents.load import find_files, load
from rag.embedding.load import load_embedder
from rag.errors import RagError

HERE = Path(__file__).resolve().parent
DEPTH = 10


def chunks(paths: Sequence[Path]) -> list[str]:
    """The texts of all files, cut up. Raises RagError for a path that cannot be used."""
    files, problems = find_files(paths)
    if problems or not files:
        raise RagError(problems[0] if problems else "there is no document to read")
    splitter = RecursiveCharacterTextSplitter(chunk_size=500, chunk_overlap=50)
    return [chunk for file in files for chunk in splitter.split_text(load(file, 40).text)]


def ranks(texts: Sequence[str], questions: Sequence[Question]) -> list[int | None]:
    """Rank of each question's first hit. A question that follows others is asked with the one before it in front."""
    embedder = load_embedder()
    passages = embedder.embed_passages(texts)
    asked = embedder.embed_questions([" ".join([*q.history[-1:], q.question]) for q in questions])
    order = np.argsort(-(asked @ passages.T), axis=1)[:, :DEPTH]
    return [first_hit([texts[i] for i in row], q.groups) for row, q in zip(order, questions, strict=True)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, default=[HERE.parent / "ingest" / "corpus"])
    parser.add_argument("--split", choices=("dev", "test", "all"), default="dev")
    given = parser.parse_args()
    questions = [
        q for q in read_questions(HERE / "questions.jsonl") if q.answerable and given.split in (q.split, "all")
    ]
    try:
        texts = chunks(given.paths)
    except RagError as error:
        print(f"plain.py: {error}", file=sys.stderr)
        return 1
    found = ranks(texts, questions)
    print(f"{len(questions)} answerable questions ({given.split}), {len(texts)} chunks, percent [95 % interval]")
    for name, values in ranking_values(found).items():
        value = estimate(values)
        print(f"{name:8} {100 * value.mean:5.1f} [{100 * value.low:.1f}–{100 * value.high:.1f}]")
    return 0


if __name__ == "__main__":
    sys.exit(main())
