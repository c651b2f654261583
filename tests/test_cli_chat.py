"""`rag chat`: questions and commands from a pipe."""

import io
import json

import pytest
from fakes import HashingEmbedder

import rag.embedding.load
from rag import Conversation, Rag
from rag.cli import main

LAKE = "# Lake\n\nThe lake is twelve metres deep. \x1b[31mHerons nest in its reeds. In winter the lake freezes.\n"


@pytest.fixture
def say(tmp_path, monkeypatch, capsys):
    """`say(lines, …)`: exit code, standard output."""
    (tmp_path / "lake.md").write_text(LAKE, "utf-8")
    monkeypatch.setattr(rag.embedding.load, "load_embedder", lambda _name="": HashingEmbedder())
    monkeypatch.chdir(tmp_path)
    Rag.build(tmp_path / "lake.md", tmp_path / "index", embedder=HashingEmbedder())

    def run(*lines, options=()):
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        capsys.readouterr()
        code = main(["chat", *options])
        return code, capsys.readouterr().out

    return run


def test_questions_are_answered_one_after_another(say):
    code, out = say("How deep is the lake in metres?", "", "And in winter?", "thanks!", "/quit", "never asked")
    assert code == 0
    assert "The lake is twelve metres deep." in out and "\nSources\n[1] Lake" in out
    assert out.rstrip().endswith("You’re welcome. Ask on if there is more you want to know.")
    assert "\x1b" not in out


def test_a_conversation_is_saved_exported_and_gone_on_with(say, tmp_path):
    code, _ = say("How deep is the lake in metres?", "/save talk.json", "/export talk.md")
    assert code == 0
    assert (tmp_path / "talk.md").read_text("utf-8").startswith("## How deep is the lake in metres?")
    turns = json.loads((tmp_path / "talk.json").read_text("utf-8"))["turns"]
    assert [turn["question"] for turn in turns] == ["How deep is the lake in metres?"]
    code, _ = say("And in winter?", "/save more.json", options=["--resume", "talk.json"])
    more = Conversation.load("more.json", Rag.load("index", embedder=HashingEmbedder()))
    assert [turn.question for turn in more.turns] == ["How deep is the lake in metres?", "And in winter?"]
    assert more.turns[1].answer.resolved


def test_the_closest_passages_are_shown_on_request(say):
    code, out = say("zzz herons?", "/closest")
    assert code == 0
    assert "Closest passages (no answer)" in out and "Herons nest" in out
    assert "\x1b" not in out


def test_a_bad_line_does_not_end_the_conversation(say):
    code, out = say("/save", "/closest", "/sing", "/save none/talk.json", "Hello")
    assert code == 1
    assert out.count("rag: ") == 4
    for line in ("name the file", "nothing has been searched", "there is no command /sing", "cannot be written"):
        assert line in out
    assert out.rstrip().endswith("What would you like to know?")


def test_a_file_that_is_no_conversation(say, tmp_path):
    (tmp_path / "bad.json").write_text("[]", "utf-8")
    code, _ = say("Hello", options=["--resume", "bad.json"])
    assert code == 1
