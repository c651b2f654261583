"""The plain pipeline: chunks of the size it claims, nearest by cosine, hits counted as for ours."""

import json
from pathlib import Path

import numpy as np
import plain
import pytest
from fakes import HashingEmbedder


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "load_embedder", HashingEmbedder)


def gold(path: Path, questions: dict[str, str]) -> Path:
    texts = {"1": ("The cat sat down. ", "sat"), "2": ("A dog ran away. ", "away")}
    paragraphs = [
        {"context": text, "qas": [{"id": id_, "question": questions[id_], "answers": [{"text": answer}]}]}
        for id_, (text, answer) in texts.items()
        if id_ in questions
    ]
    path.write_text(json.dumps({"data": [{"paragraphs": paragraphs}]}), "utf-8")
    return path


def test_chunks_are_of_at_most_500_characters_and_overlap() -> None:
    text = " ".join(f"word{n}" for n in range(300))
    found = plain.chunks(text)
    assert len(found) > 3 and max(map(len, found)) <= 500
    assert found[1].split()[0] in found[0]


def test_the_nearest_come_first_and_equal_ones_in_their_order() -> None:
    texts = ["aaaa", "bbbb", "bbba", "bbbb"]
    assert plain.nearest(HashingEmbedder(), texts, ["bbbb"]) == [[1, 3, 2, 0]]
    assert np.shape(plain.nearest(HashingEmbedder(), texts * 5, ["a", "b"])) == (2, 10)


@pytest.mark.usefixtures("fake")
def test_public_set(tmp_path: Path, capsys) -> None:
    file = gold(tmp_path / "gold.json", {"1": "the cat sat", "2": "the cat sat down"})
    assert plain.main(["--squad", str(file)]) == 0
    printed = capsys.readouterr().out
    assert "own questions → gold: 2 questions, 2 chunks" in printed
    assert "hit@1     50.0" in printed and "hit@3    100.0" in printed and "mrr@10    75.0" in printed
    other = gold(tmp_path / "other.json", {"2": "dog ran away"})
    assert plain.main(["--squad", str(file), "--questions-from", str(other)]) == 0
    assert "hit@1     50.0" in capsys.readouterr().out, "a question that is not asked is a miss"


@pytest.mark.usefixtures("fake")
def test_bad_input_gives_one_line(tmp_path: Path, capsys) -> None:
    file = str(gold(tmp_path / "gold.json", {"1": "x"}))
    for arguments, complaint in (
        (["--squad", str(tmp_path / "absent.json")], "cannot be read"),
        (["--squad", file, "x.txt"], "brings its own documents"),
        (["--questions-from", file], "belongs to --squad"),
        ([str(tmp_path / "absent.txt")], "does not exist"),
    ):
        assert plain.main(arguments) == 1
        error = capsys.readouterr().err
        assert complaint in error and error.startswith("eval/plain.py: ") and error.count("\n") == 1
