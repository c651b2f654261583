"""Verdicts on the real model's answers are evaluated as they stand: `eval/run.py --questions` takes the file."""

import json

import pytest
import run
from ui_fakes import CORPUS

from rag import Rag
from rag.answering.conversation import Conversation
from rag.index.store import write_index
from rag.serving.browser.feedback import Feedback
from rag.serving.browser.judge import judged


@pytest.mark.model
def test_the_evaluation_takes_feedback_as_it_stands(tmp_path, embedder, capsys):
    rag = Rag.from_texts(CORPUS, embedder=embedder)
    write_index(rag.index, tmp_path / "index")
    feedback = Feedback(tmp_path / "index.feedback.jsonl")
    talk = Conversation(rag)
    verdicts = {
        "联合培养了多少名工程硕士？": {"verdict": "good"},
        "那工程博士呢？": {"verdict": "bad", "answer": "53人"},
        "谁获得了2022年世界杯冠军？": {"verdict": "good"},
        "北京有多少所高校？": {"verdict": "bad", "answer": "三百二十一座"},
        "怀柔的食堂几点开门？": {"verdict": "bad"},
        "怀柔的设施平台有多少个？": {"verdict": "absent"},
    }
    for n, (question, verdict) in enumerate(verdicts.items(), 1):
        talk.ask(question)
        shown = judged(rag, feedback, talk.turns, {"turn": n, "n": n, "question": question, **verdict})
        assert f'data-verdict="{verdict["verdict"]}"' in shown
    out = tmp_path / "report.json"
    report = tmp_path / "report.html"
    arguments = ["--questions", feedback.file, "--index", tmp_path / "index", "--json", out, "--html", report]
    assert run.main(list(map(str, arguments))) == 0
    told = capsys.readouterr()
    assert "2 incomplete lines left out" in told.err
    assert "index.feedback.jsonl (dev): 4 questions" in told.out
    measured = {each["id"]: each for each in json.loads(out.read_text("utf-8"))["questions"]}
    lines = {each["question"]: each for each in map(json.loads, feedback.file.read_text("utf-8").splitlines())}
    assert measured.keys() == {line["id"] for line in lines.values() if "incomplete" not in line}
    assert lines["那工程博士呢？"]["history"] == ["联合培养了多少名工程硕士？"]
    assert lines["那工程博士呢？"]["evidence"] == [["53人"]]
    assert [measured[lines[question]["id"]]["rank"] for question in list(verdicts)[:2]] == [1, 1]
    assert measured[lines["怀柔的设施平台有多少个？"]["id"]]["answerable"] is False
    assert "怀柔的设施平台有多少个？" in report.read_text("utf-8"), "answered, and said to be absent"
