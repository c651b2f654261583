"""Ask a question set and print how well it was retrieved and answered: python eval/run.py --help"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any

from beir import PASSAGES, ranked, read_beir, values
from cached import index_of, index_of_texts
from compare import as_baseline, compare
from measure import ask_all, ranking_values
from metrics import CUTOFFS, estimate
from page import page
from questions import SPLITS, read_questions
from report import as_json, table, tables, worst
from squad import SquadQuestion, read_squad, with_questions_of
from tqdm import tqdm

from rag import Rag
from rag.errors import RagError

ROOT = Path(__file__).resolve().parent.parent
_BATCH = 64


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0; 1 with one line on bad input, or where the comparison with a baseline finds a loss beyond noise."""
    options = _parser().parse_args(arguments)
    try:
        if options.html and (options.beir or options.squad):
            raise RagError("--html shows questions of our own form; leave it out with --squad and --beir")
        measure = _beir_set if options.beir else _public_set if options.squad else _own_set
        result = measure(options)
        if options.json:
            _write(options.json, json.dumps(result, ensure_ascii=False, indent=1) + "\n")
        # Compared first: both may name the same file.
        lost = bool(options.compare) and compare(options.compare, result)
        if options.baseline:
            _write(options.baseline, as_baseline(result))
    except RagError as error:
        print(f"eval/run.py: {error}", file=sys.stderr)
        return 1
    return int(lost)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python eval/run.py", description=__doc__)
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="documents (default: ingest/corpus)")
    parser.add_argument(
        "--index", type=Path, metavar="FOLDER", help="measure this index instead of building one of PATH…"
    )
    parser.add_argument(
        "--questions", type=Path, metavar="FILE", default=ROOT / "eval" / "questions.jsonl", help="default: our own"
    )
    parser.add_argument("--split", choices=[*SPLITS, "all"], default="dev", help="half of the questions (default: dev)")
    parser.add_argument("--k", type=_positive, default=10, help="passages retrieved per question (default: 10)")
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="print N questions of each kind of failure")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write every figure and outcome to this file")
    parser.add_argument("--baseline", type=Path, metavar="OUT", help="write the outcomes alone, for --compare")
    parser.add_argument(
        "--compare", type=Path, metavar="FILE", help="tell what changed since this result; exit code 1 on a loss"
    )
    parser.add_argument("--squad", type=Path, metavar="GOLD.json", help="a SQuAD-format set instead of our own")
    parser.add_argument(
        "--questions-from", type=Path, metavar="OTHER.json", help="ask --squad in the words of this file"
    )
    parser.add_argument(
        "--html", type=Path, metavar="OUT", help="write one page with plots (our own form of questions)"
    )
    parser.add_argument("--beir", type=Path, metavar="FOLDER", help="a BEIR-format set instead of our own")
    parser.add_argument("--qrels", default="test", metavar="SPLIT", help="its qrels/SPLIT.tsv (default: test)")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _own_set(options: argparse.Namespace) -> dict[str, Any]:
    if options.questions_from:
        raise RagError("--questions-from belongs to --squad GOLD.json")
    if options.index and options.paths:
        raise RagError("give either --index FOLDER or documents, not both")
    questions = [q for q in read_questions(options.questions) if options.split in ("all", q.split)]
    if not questions:
        raise RagError(f"{options.questions} has no question of the split {options.split}")
    rag = Rag.load(options.index or index_of(options.paths or [ROOT / "ingest" / "corpus"]))
    outcomes = ask_all(rag, questions, options.k)
    print(f"{len(questions)} questions ({options.split}), {len(rag.passages)} passages, percent [95 % interval]\n")
    print(tables(outcomes))
    if options.worst > 0:
        print("\n" + worst(outcomes, options.worst))
    if options.html:
        _write(options.html, page(f"{options.questions.name} ({options.split})", outcomes))
    return {"set": options.questions.name, "split": options.split, "k": options.k, **as_json(outcomes)}


def _public_set(options: argparse.Namespace) -> dict[str, Any]:
    if options.index or options.paths:
        raise RagError("--squad brings its own documents; leave out --index and PATH…")
    gold = read_squad(options.squad)
    asked = with_questions_of(gold, read_squad(options.questions_from)) if options.questions_from else gold.questions
    start = perf_counter()
    folder = index_of_texts({name: text for name, (_, text) in gold.paragraphs.items()})
    built = perf_counter() - start
    rag = Rag.load(folder)
    ranks, seconds = _retrieve(rag, asked)
    # A question that was not asked counts as a miss.
    ranks += [None] * (len(gold.questions) - len(asked))
    estimates = {name: estimate(values) for name, values in ranking_values(ranks).items()}
    name = f"{options.questions_from.stem if options.questions_from else 'own questions'} → {options.squad.stem}"
    print(table("set", {name: (len(ranks), estimates)}, [*(f"hit@{k}" for k in CUTOFFS), "mrr"]))
    print(f"\n{len(gold.paragraphs)} paragraphs, {len(rag.passages)} passages; index ready in {built:.1f} s, ", end="")
    print(f"{1000 * seconds / len(asked):.1f} ms a question in batches of {_BATCH}")
    return {
        "set": options.squad.name,
        "questions_from": options.questions_from.name if options.questions_from else None,
        "all": {metric: asdict(e) for metric, e in estimates.items()},
        "questions": [{"id": q.id, "rank": rank} for q, rank in zip(asked, ranks, strict=False)],
    }


def _beir_set(options: argparse.Namespace) -> dict[str, Any]:
    if options.index or options.paths or options.squad or options.questions_from:
        raise RagError("--beir brings its own documents and queries; leave out --squad, --index and PATH…")
    given = read_beir(options.beir, options.qrels)
    files = given.files()
    rag = Rag.load(index_of_texts(files))
    names = dict(zip(files, given.documents, strict=True))
    rankings: dict[str, list[str]] = {}
    queries = list(given.queries.items())
    for first in tqdm(range(0, len(queries), _BATCH), "batches", disable=None, leave=False):
        batch = queries[first : first + _BATCH]
        for (query, _), hits in zip(batch, rag.search_many([text for _, text in batch], k=PASSAGES), strict=True):
            found = [names[Path(rag.documents[h.passage.document].source).stem] for h in hits]
            rankings[query] = ranked(query, found)
    by_query = values(given.grades, rankings)
    columns = list(next(iter(by_query.values())))
    estimates = {name: estimate([v[name] for v in by_query.values()]) for name in columns}
    print(table("set", {f"{options.beir.name}/{options.qrels}": (len(by_query), estimates)}, columns))
    print(f"\n{len(given.documents)} documents, {len(rag.passages)} passages")
    return {
        "set": options.beir.name,
        "split": options.qrels,
        "all": {metric: asdict(e) for metric, e in estimates.items()},
        "questions": [{"id": query, "values": v} for query, v in by_query.items()],
    }


def _retrieve(rag: Rag, asked: Sequence[SquadQuestion]) -> tuple[list[int | None], float]:
    """Rank of the first hit of each question, and the seconds that all searches took."""
    ranks: list[int | None] = []
    seconds = 0.0
    for first in tqdm(range(0, len(asked), _BATCH), "batches", disable=None, leave=False):
        batch = asked[first : first + _BATCH]
        start = perf_counter()
        found = rag.search_many([question.question for question in batch], k=CUTOFFS[-1])
        seconds += perf_counter() - start
        for question, hits in zip(batch, found, strict=True):
            passages = [(Path(rag.documents[h.passage.document].source).stem, h.passage.text) for h in hits]
            ranks.append(question.first_hit(passages))
    return ranks, seconds


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise RagError(f"{path} cannot be written: {error.strerror}") from error


if __name__ == "__main__":
    sys.exit(main())
