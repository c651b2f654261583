"""Public sets in BEIR format: a folder in; documents, queries, judgements and what a run is worth out.

Format: Thakur et al., BEIR: A Heterogeneous Benchmark for Zero-shot Evaluation of Information Retrieval Models
(NeurIPS Datasets and Benchmarks 2021).
"""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metrics import CUTOFFS, DEPTH

from rag.errors import RagError

PASSAGES = 5 * DEPTH
"""Passages retrieved for them: a long document has many."""


@dataclass(frozen=True, slots=True)
class BeirSet:
    """Texts by document id, queries by query id (only the judged ones), and grades by query id and document id."""

    documents: dict[str, str]
    queries: dict[str, str]
    grades: dict[str, dict[str, int]]

    def files(self) -> dict[str, str]:
        """The texts by the name of the file they are indexed from: an id is foreign text and no file name."""
        return {str(n): text for n, text in enumerate(self.documents.values())}


def read_beir(folder: Path, split: str = "test") -> BeirSet:
    """Read corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv. Raises RagError for what is not of the format."""
    documents = {
        str(row["_id"]): f"{row.get('title') or ''}\n\n{row['text']}".strip()
        for row in _rows(folder / "corpus.jsonl", ("_id", "text"))
    }
    texts = {str(row["_id"]): str(row["text"]) for row in _rows(folder / "queries.jsonl", ("_id", "text"))}
    grades = _grades(folder / "qrels" / f"{split}.tsv")
    queries = {name: texts[name] for name in grades if name in texts}
    if not documents or not queries:
        raise RagError(f"{folder} holds no {'judged query' if documents else 'document'}")
    return BeirSet(documents, queries, {name: grades[name] for name in queries})


def ranked(query: str, retrieved: Sequence[str]) -> list[str]:
    """The first documents of the retrieved passages' documents, best first.

    As BEIR does it, a document whose id is the query's is left out: some sets ask with their own documents.
    """
    return [name for name in dict.fromkeys(retrieved) if name != query][:DEPTH]


def values(
    grades: Mapping[str, Mapping[str, int]], rankings: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, float]]:
    """hit@k, reciprocal rank, nDCG@10 and recall@10 of each query of `grades`; zeros where nothing was retrieved."""
    import ir_measures
    from ir_measures import RR, R, Success, nDCG

    names = {Success @ k: f"hit@{k}" for k in CUTOFFS}
    names |= {RR @ DEPTH: f"mrr@{DEPTH}", nDCG @ DEPTH: f"ndcg@{DEPTH}", R @ DEPTH: f"recall@{DEPTH}"}
    # Scores that fall strictly, because equal ones are put into an order of the library's own.
    run = {query: {name: float(-n) for n, name in enumerate(ranking)} for query, ranking in rankings.items()}
    found: dict[str, dict[str, float]] = {query: dict.fromkeys(names.values(), 0.0) for query in grades}
    for metric in ir_measures.iter_calc(list(names), {q: dict(g) for q, g in grades.items()}, run):
        found[metric.query_id][names[metric.measure]] = float(metric.value)
    return found


def _rows(path: Path, needed: Sequence[str]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise RagError(f"{path}, line {number}: not JSON: {error}") from error
        if not isinstance(row, dict) or any(row.get(name) is None for name in needed):
            raise RagError(f"{path}, line {number}: no object with {' and '.join(needed)}")
        yield row


def _grades(path: Path) -> dict[str, dict[str, int]]:
    grades: dict[str, dict[str, int]] = {}
    rows = csv.reader(_text(path).split("\n"), delimiter="\t", quoting=csv.QUOTE_NONE)
    for number, row in enumerate(rows, 1):
        if not row or (number == 1 and not row[-1].lstrip("-").isdigit()):
            continue  # the line that names the columns
        if len(row) != 3 or not row[2].lstrip("-").isdigit():
            raise RagError(f"{path}, line {number}: not query id, document id and grade between tabs")
        grades.setdefault(row[0], {})[row[1]] = int(row[2])
    return grades


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise RagError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RagError(f"{path} is not UTF-8 text") from error
