"""The SQuAD reader, and agreement of its hits with the reference scorer where that is beside the project."""

import importlib.util
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from metrics import hits, reciprocal_ranks
from squad import read_squad, with_questions_of

from rag.errors import RagError

BENCH = Path(__file__).resolve().parents[3] / "shared" / "bench"
SCORER = BENCH / "score.py"


def squad_file(path: Path, articles: list[list[tuple[str, list[tuple[str, str, list[str]]]]]]) -> Path:
    data = [
        {
            "title": f"T{number}",
            "paragraphs": [
                {
                    "context": context,
                    "qas": [
                        {
                            "id": id_,
                            "question": question,
                            "answers": [{"text": text, "answer_start": 0} for text in answers],
                        }
                        for id_, question, answers in questions
                    ],
                }
                for context, questions in paragraphs
            ],
        }
        for number, paragraphs in enumerate(articles)
    ]
    path.write_text("\ufeff" + json.dumps({"data": data}), "utf-8")
    return path


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return squad_file(
        tmp_path / "gold.json",
        [
            [("The Cat sat.", [("1", "Who sat?", ["the cat", "cat"])]), ("A dog ran.", [("2", "Who ran?", ["dog"])])],
            [("The cat ran.", [("3", "Who ran?", ["ＣＡＴ"])])],
        ],
    )


def test_paragraphs_are_documents_named_by_their_places(small: Path) -> None:
    gold = read_squad(small)
    assert gold.paragraphs == {
        "0-0": ("T0", "The Cat sat."),
        "0-1": ("T0", "A dog ran."),
        "1-0": ("T1", "The cat ran."),
    }
    assert [(q.id, q.document, q.answers) for q in gold.questions] == [
        ("1", "0-0", ("thecat", "cat")),
        ("2", "0-1", ("dog",)),
        ("3", "1-0", ("cat",)),
    ]


def test_a_hit_is_of_the_right_paragraph_and_holds_an_answer(small: Path) -> None:
    first, _, third = read_squad(small).questions
    retrieved = [("1-0", "The cat ran."), ("0-0", "sat."), ("0-0", "The C at")]
    assert first.first_hit(retrieved) == 3
    assert third.first_hit(retrieved) == 1
    assert first.first_hit([("0-1", "x")] * 10 + [("0-0", "cat")]) is None, "only the first ten count"


def test_questions_of_another_file_are_asked_of_the_same_paragraphs(small: Path, tmp_path: Path) -> None:
    other = squad_file(tmp_path / "other.json", [[("Chat", [("3", "Qui court ?", ["chat"]), ("9", "Quoi ?", ["x"])])]])
    [question] = with_questions_of(read_squad(small), read_squad(other))
    assert (question.question, question.document, question.answers) == ("Qui court ?", "1-0", ("cat",))
    stranger = squad_file(tmp_path / "stranger.json", [[("x", [("7", "?", ["x"])])]])
    with pytest.raises(RagError, match="share no question id"):
        with_questions_of(read_squad(small), read_squad(stranger))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("", "not JSON"), ("[]", "not of the SQuAD format"), ('{"data": []}', "holds no question"), ("{}", "'data'")],
)
def test_bad_files_give_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "bad.json"
    file.write_text(text, "utf-8")
    with pytest.raises(RagError) as caught:
        read_squad(file)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(RagError, match="cannot be read"):
        read_squad(tmp_path / "absent.json")


def noisy_run(paragraphs: dict[str, tuple[str, str]], gold_documents: list[str]) -> list[list[tuple[str, str]]]:
    """For each question up to 15 passages: halves of paragraphs, the gold one often among them."""
    chance, names = random.Random(7), list(paragraphs)
    run = []
    for gold in gold_documents:
        documents = [gold if chance.random() < 0.2 else chance.choice(names) for _ in range(chance.randrange(16))]
        halves = []
        for document in documents:
            text = paragraphs[document][1].upper()
            middle = len(text) // 2
            halves.append((document, chance.choice([text[:middle], text[middle:], text])))
        run.append(halves)
    return run


@pytest.mark.parametrize("name", ["xquad.zh.json", "xquad.vi.json", "cmrc2018_trial.json"])
def test_hits_agree_with_the_reference_scorer(name: str, tmp_path: Path) -> None:
    if not SCORER.exists():
        pytest.skip("the reference scorer and its sets are not beside the project")
    gold = read_squad(BENCH / name)
    run = noisy_run(gold.paragraphs, [q.document for q in gold.questions])
    ranks = [question.first_hit(found) for question, found in zip(gold.questions, run, strict=True)]
    assert 0.2 < sum(rank is not None for rank in ranks) / len(ranks) < 0.95, "the run has both hits and misses"

    spec = importlib.util.spec_from_file_location("reference_scorer", SCORER)
    assert spec and spec.loader
    reference: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    wanted = reference.gold(str(BENCH / name))
    rows = [[{"document": document, "text": text} for document, text in found] for found in run]
    assert list(wanted) == [q.id for q in gold.questions]
    assert ranks == [reference.first_hit(row, *wanted[q.id]) for q, row in zip(gold.questions, rows, strict=True)]

    file = tmp_path / "run.jsonl"
    lines = [json.dumps({"id": q.id, "passages": row}) for q, row in zip(gold.questions, rows, strict=True)]
    file.write_text("\n".join(lines), "utf-8")
    done = subprocess.run(
        [sys.executable, str(SCORER), str(BENCH / name), str(file)], capture_output=True, text=True, check=True
    )
    scores = json.loads(done.stdout)
    for k in (1, 3, 5, 10):
        assert scores[f"hit@{k}"] == pytest.approx(100 * sum(hits(ranks, k)) / len(ranks), abs=0.0051)
    assert scores["mrr@10"] == pytest.approx(100 * sum(reciprocal_ranks(ranks)) / len(ranks), abs=0.0051)
