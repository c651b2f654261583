"""The commands on the real library and model: easy questions of our own, and a public set made here."""

import json
from pathlib import Path

import cached
import pytest
import run

pytestmark = pytest.mark.model
QUESTIONS = Path(__file__).resolve().parents[2] / "eval" / "questions.jsonl"


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cached.index_of, "__defaults__", (tmp_path / "cache",))
    monkeypatch.setattr(cached.index_of_texts, "__defaults__", (tmp_path / "cache",))


def test_plain_questions_find_their_passage_in_the_default_corpus(tmp_path: Path) -> None:
    plain = [line for line in QUESTIONS.read_text("utf-8").splitlines() if json.loads(line)["kind"] == "number"]
    file, out = tmp_path / "plain.jsonl", tmp_path / "out.json"
    file.write_text("\n".join(plain), "utf-8")
    assert run.main(["--questions", str(file), "--split", "all", "--json", str(out)]) == 0
    result = json.loads(out.read_text("utf-8"))
    assert result["all"]["hit@1"]["count"] == len(plain)
    assert result["all"]["hit@3"]["mean"] >= 0.95


def test_a_public_set_is_found_paragraph_by_paragraph(tmp_path: Path) -> None:
    rows = [
        ("The lighthouse at Hook Point was lit in 1172.", "When was the lighthouse lit?", "1172"),
        ("Bees dance to tell each other where flowers stand.", "How do bees tell where flowers are?", "dance"),
        ("Basalt is a dark rock that cools from lava.", "What does basalt cool from?", "lava"),
    ]
    paragraphs = [
        {"context": text, "qas": [{"id": str(i), "question": question, "answers": [{"text": answer}]}]}
        for i, (text, question, answer) in enumerate(rows)
    ]
    gold, out = tmp_path / "gold.json", tmp_path / "out.json"
    gold.write_text(json.dumps({"data": [{"title": "T", "paragraphs": paragraphs}]}), "utf-8")
    assert run.main(["--squad", str(gold), "--json", str(out)]) == 0
    assert [row["rank"] for row in json.loads(out.read_text("utf-8"))["questions"]] == [1, 1, 1]
