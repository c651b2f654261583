"""Follow-up questions, and what turns before a question that needs none cost it: python eval/followups.py --help"""

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path

from cached import index_of
from measure import values_by_leg
from metrics import evidence_ranks
from questions import Question, read_questions
from tqdm import tqdm

from rag import Rag
from rag.errors import RagError
from rag.records import Answer

ROOT = Path(__file__).resolve().parent.parent
_SHOWN = ("hit@1", "hit@3", "hit@5")
_SEED = 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0; 1 with one line on bad input, or where earlier turns cost a question more than a point."""
    options = _parser().parse_args(arguments)
    try:
        rag = Rag.load(index_of(options.paths or [ROOT / "ingest" / "corpus"]), reranker="")
        own = [q for q in read_questions(options.questions) if q.split == options.split and q.answerable]
        followups = [q for q in own if q.history]
        if options.split == "dev":
            followups += read_questions(ROOT / "eval" / "followups.jsonl")
        alone = [q for q in own if not q.history]
        if not followups or not alone:
            raise RagError(f"{options.questions} needs questions with and without history in the half {options.split}")
    except RagError as error:
        print(f"eval/followups.py: {error}", file=sys.stderr)
        return 1
    print(f"{'':44}" + "".join(f"{name:>9}" for name in _SHOWN) + f"{'refused':>9}{'n':>6}")
    _row("follow-ups, with what was asked before", rag, followups, [q.history for q in followups], options.worst)
    _row("the same, asked alone", rag, followups, [()] * len(followups))
    before = _row("questions that need none, asked alone", rag, alone, [()] * len(alone))
    after = _row("the same, after 1 to 3 unrelated ones", rag, alone, unrelated(alone), options.worst)
    lost = [b - a for b, a in zip(before[:2], after[:2], strict=True)]
    print("lost: " + ", ".join(f"{name} {points:.1f}" for name, points in zip(_SHOWN, lost, strict=False)))
    return int(max(lost) > 1.0)


def unrelated(questions: Sequence[Question]) -> list[tuple[str, ...]]:
    """For each question 1 to 3 others on other topics, the same ones every time."""
    chance = random.Random(_SEED)
    return [
        tuple(
            other.question
            for other in chance.sample(
                [o for o in questions if o.topic != q.topic or (q.topic == "none" and o.groups != q.groups)],
                chance.randint(1, 3),
            )
        )
        for q in questions
    ]


def _row(
    name: str, rag: Rag, questions: Sequence[Question], histories: Sequence[Sequence[str]], worst: int = 0
) -> list[float]:
    answers = [
        rag.ask(q.question, history=history, k=10, llm=False)
        for q, history in zip(tqdm(questions, name, disable=None, leave=False), histories, strict=True)
    ]
    ranks = [
        evidence_ranks([h.passage.text for h in answer.hits], q.groups)
        for q, answer in zip(questions, answers, strict=True)
    ]
    values = [row["asked"] for row in values_by_leg({"asked": ranks})]
    percent = [100 * sum(row[shown] for row in values) / len(values) for shown in _SHOWN]
    refused = 100 * sum(answer.abstained for answer in answers) / len(answers)
    print(f"{name:44}" + "".join(f"{x:9.1f}" for x in [*percent, refused]) + f"{len(questions):6}")
    missed = [(q, h, a) for q, h, a, row in zip(questions, histories, answers, values, strict=True) if not row["hit@1"]]
    for q, history, answer in missed[:worst]:
        print(f"   {q.id} {' → '.join([*history, q.question])}  ⇒ {_searched(answer)}")
    return percent


def _searched(answer: Answer) -> str:
    return answer.resolved or answer.question


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python eval/followups.py", description=__doc__)
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="documents (default: ingest/corpus)")
    parser.add_argument("--questions", type=Path, metavar="FILE", default=ROOT / "eval" / "questions.jsonl")
    parser.add_argument("--split", choices=("dev", "test"), default="dev", help="half of the questions (default: dev)")
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="print so many that miss")
    return parser


if __name__ == "__main__":
    sys.exit(main())
