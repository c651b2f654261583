"""Turns before a question that needs none cost nothing; follow-ups find what they are about."""

from pathlib import Path

import cached
import followups
import pytest
from questions import read_questions

QUESTIONS = Path(__file__).resolve().parents[2] / "eval" / "questions.jsonl"


def test_unrelated_turns_are_on_other_topics_and_the_same_every_time():
    questions = [q for q in read_questions(QUESTIONS) if q.split == "dev" and q.answerable and not q.history]
    histories = followups.unrelated(questions)
    assert histories == followups.unrelated(questions)
    assert {len(history) for history in histories} == {1, 2, 3}
    topic = {q.question: q.topic for q in questions}
    for q, history in zip(questions, histories, strict=True):
        assert all(topic[turn] != q.topic for turn in history)


@pytest.mark.model
def test_the_slice(monkeypatch, tmp_path, capsys):
    """On every fourth question, and the follow-ups."""
    monkeypatch.setattr(cached.index_of, "__defaults__", (tmp_path / "cache",))
    lines = QUESTIONS.read_text("utf-8").splitlines()
    file = tmp_path / "some.jsonl"
    file.write_text("\n".join(line for n, line in enumerate(lines) if n % 4 == 0 or '"history"' in line), "utf-8")
    assert followups.main(["--questions", str(file)]) == 0
    rows = {line[:43].strip(): line[43:].split() for line in capsys.readouterr().out.splitlines()}
    told = rows["follow-ups, with what was asked before"]
    assert int(told[-1]) > 40
    assert float(told[0]) >= 90 and float(told[0]) >= float(rows["the same, asked alone"][0]) + 20


def test_a_file_without_follow_ups_is_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(followups, "index_of", lambda _paths: tmp_path)
    monkeypatch.setattr(followups.Rag, "load", lambda *_args, **_options: None)
    assert followups.main(["--questions", str(tmp_path / "none.jsonl")]) == 1
    assert "cannot be read" in capsys.readouterr().err
