"""Ask a question set and print how well it was retrieved and answered: python eval/run.py --help"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from beir import read_beir
from cached import index_of, index_of_texts
from compare import as_baseline, compare
from measure import Outcome, Systems, ask_all
from page import page
from public import beir_outcomes, elsewhere_outcomes, squad_outcomes
from questions import SPLITS, read_questions
from report import as_json, tables, worst
from squad import read_squad, with_questions_of

from rag import Rag
from rag.errors import RagError

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0; 1 with one line on bad input, or where the comparison with a baseline finds a loss beyond noise."""
    options = _parser().parse_args(arguments)
    try:
        measure = _beir_set if options.beir else _squad_set if options.squad else _own_set
        head, outcomes, title = measure(options)
        print(f"{title}; percent [95 % interval]\n\n{tables(outcomes)}")
        if options.worst > 0:
            print("\n" + worst(outcomes, options.worst))
        if options.html:
            _write(options.html, page(title, outcomes))
            print(f"\nplots and the worst questions: {options.html}")
        result = head | as_json(outcomes)
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
        "--elsewhere",
        type=Path,
        metavar="OTHER.json",
        help="ask --squad the questions of this set, too, which it does not answer",
    )
    parser.add_argument("--html", type=Path, metavar="OUT", help="write one page with plots, which needs no other file")
    parser.add_argument(
        "--reranker", metavar="NAME", help="measure this CrossEncoder (a name or a folder) as a second stage, too"
    )
    parser.add_argument("--beir", type=Path, metavar="FOLDER", help="a BEIR-format set instead of our own")
    parser.add_argument("--qrels", default="test", metavar="SPLIT", help="its qrels/SPLIT.tsv (default: test)")
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


Measured = tuple[dict[str, Any], list[Outcome], str]
"""What was run, for JSON and for comparing; its outcomes; a line that says it all."""


def _own_set(options: argparse.Namespace) -> Measured:
    if options.questions_from:
        raise RagError("--questions-from belongs to --squad GOLD.json")
    if options.elsewhere:
        raise RagError("--elsewhere belongs to --squad GOLD.json")
    if options.index and options.paths:
        raise RagError("give either --index FOLDER or documents, not both")
    questions = [q for q in read_questions(options.questions) if options.split in ("all", q.split)]
    if not questions:
        raise RagError(f"{options.questions} has no question of the split {options.split}")
    systems = _systems(options.index or index_of(options.paths or [ROOT / "ingest" / "corpus"]), options.reranker)
    outcomes = ask_all(systems, questions, options.k)
    title = f"{options.questions.name} ({options.split}): {len(questions)} questions, {_size(systems)}"
    return {"set": options.questions.name, "split": options.split, "k": options.k}, outcomes, title


def _squad_set(options: argparse.Namespace) -> Measured:
    if options.index or options.paths:
        raise RagError("--squad brings its own documents; leave out --index and PATH…")
    gold = read_squad(options.squad)
    asked = with_questions_of(gold, read_squad(options.questions_from)) if options.questions_from else gold.questions
    start = perf_counter()
    folder = index_of_texts({name: text for name, (_, text) in gold.paragraphs.items()})
    print(f"index ready in {perf_counter() - start:.1f} s", file=sys.stderr)
    systems = _systems(folder, options.reranker)
    outcomes = squad_outcomes(systems, gold, asked)
    if options.elsewhere:
        outcomes += elsewhere_outcomes(systems, read_squad(options.elsewhere).questions)
    words = options.questions_from.stem if options.questions_from else "own questions"
    title = f"{words} → {options.squad.stem}: {len(outcomes)} questions, {_size(systems)}"
    source = options.questions_from.name if options.questions_from else None
    return {"set": options.squad.name, "questions_from": source}, outcomes, title


def _beir_set(options: argparse.Namespace) -> Measured:
    if options.index or options.paths or options.squad or options.questions_from or options.elsewhere:
        raise RagError("--beir brings its own documents and queries; leave out --squad, --elsewhere, --index and PATH…")
    given = read_beir(options.beir, options.qrels)
    files = given.files()
    systems = _systems(index_of_texts(files), options.reranker)
    outcomes = beir_outcomes(systems, given, dict(zip(files, given.documents, strict=True)))
    name = options.beir.resolve().name
    title = f"{name}/{options.qrels}: {len(outcomes)} queries, {_size(systems)}"
    return {"set": name, "split": options.qrels}, outcomes, title


def _systems(folder: Path, reranker: str | None) -> Systems:
    # Without the second stage that the environment may name: each leg is measured alone.
    return Systems(Rag.load(folder, reranker=""), Rag.load(folder, reranker=reranker) if reranker else None)


def _size(systems: Systems) -> str:
    documents = len(systems.plain.documents)
    return f"{documents} document{'s' * (documents != 1)}, {len(systems.plain.passages)} passages"


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise RagError(f"{path} cannot be written: {error.strerror}") from error


if __name__ == "__main__":
    sys.exit(main())
