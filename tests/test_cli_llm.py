"""`rag ask` with a language model: what is printed, marked, and streamed to a terminal."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from fakes import HashingEmbedder
from llm_server import Reply, ScriptedServer, letters

from rag.answering.answerer import Answerer
from rag.answering.language import phrase
from rag.cli import main

MILL = "# The mill\n\nThe old mill grinds 40 tons of barley. It stands by the river.\n"
QUESTION = "How many tons of barley does the old mill grind?"
KEY = "sk-very-secret-4711"


@pytest.fixture
def ask(monkeypatch, tmp_path, capsys):
    """`ask(reply, *options)`: code, output and errors of `rag ask`, and the number of requests the model got."""
    monkeypatch.setattr("rag.embedding.load.load_embedder", lambda _name="": HashingEmbedder())
    monkeypatch.setattr(Answerer.__init__, "__defaults__", (0.0,))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mill.md").write_text(MILL, "utf-8")
    assert main(["ingest", "mill.md"]) == 0

    def run(reply, *options):
        capsys.readouterr()
        with ScriptedServer(reply) as server:
            for name, value in {"BASE_URL": server.url, "MODEL": "m", "API_KEY": KEY, "RETRIES": "0"}.items():
                monkeypatch.setenv(f"RAG_LLM_{name}", value)
            code = main(["ask", QUESTION, *options])
            out, err = capsys.readouterr()
            assert KEY not in out + err
            return code, out, err, len(server.requests)

    return run


def test_the_model_writes_and_what_does_not_hold_is_marked(ask):
    code, out, _, requests = ask(Reply(letters("The old mill grinds 40 tons of barley.[1] It grinds 90 tons.[1]")))
    assert (code, requests) == (0, 1)
    assert out.splitlines()[:4] == [
        "The old mill grinds 40 tons of barley.[1] It grinds 90 tons. (unsupported)",
        "",
        "Sources",
        f"[1] The mill — {Path('mill.md').absolute()}",
    ]


def test_json_has_everything(ask):
    _, out, _, _ = ask(Reply("The old mill grinds 40 tons of barley.[1] It grinds 90 tons.[1]"), "--json")
    answer = json.loads(out)
    assert (answer["origin"], answer["notice"], answer["resolved"]) == ("generated", "", "")
    good, bad = answer["sentences"]
    assert (good["supported"], good["problems"], good["citations"]) == (True, [], [1])
    assert (bad["supported"], bad["citations"]) == (False, [])
    assert bad["problems"]


def test_a_model_that_fails_is_told_in_one_line(ask, caplog):
    code, out, _, _ = ask(Reply(status=500))
    assert code == 0
    assert out.splitlines()[:2] == ["The old mill grinds 40 tons of barley.[1]", phrase("en", "failed")]
    (line,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "language model m" in line and "\n" not in line and KEY not in line


def test_it_can_be_left_out(ask):
    code, out, _, requests = ask(Reply("never said"), "--no-llm")
    assert (code, requests) == (0, 0)
    assert out.splitlines()[0] == "The old mill grinds 40 tons of barley.[1]"


def test_a_terminal_shows_each_sentence_as_it_comes(ask, tmp_path):
    ask(Reply("x"), "--no-llm")  # the index is there
    program = (
        "import rag.embedding.load; from fakes import HashingEmbedder; from rag.answering.answerer import Answerer\n"
        "rag.embedding.load.load_embedder = lambda _name='': HashingEmbedder()\n"
        "Answerer.__init__.__defaults__ = (0.0,)\n"
        f"from rag.cli import main; main(['ask', {QUESTION!r}])"
    )
    text = ["The old mill grinds 40 tons of barley.[1] It stands", " by the river.[1]"]
    with ScriptedServer(Reply([text[0], 1.5, text[1]])) as server:
        ours, theirs = pty.openpty()
        environment = os.environ | {"RAG_LLM_BASE_URL": server.url, "PYTHONPATH": str(Path(__file__).parent)}
        with subprocess.Popen([sys.executable, "-c", program], stdout=theirs, cwd=tmp_path, env=environment) as process:
            os.close(theirs)
            shown = b""
            while b"barley.[1]" not in shown:
                shown += os.read(ours, 4096)
            assert b"river" not in shown
            while b"Sources" not in shown:
                shown += os.read(ours, 4096)
            os.close(ours)
            process.wait(30)
    assert shown.startswith(b"The old mill grinds 40 tons of barley.[1] It stands by the river.[2]\r\n\r\nSources")
