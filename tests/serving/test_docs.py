"""Every snippet of docs/embedding.md runs as it is printed, but for the address and the model."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from fakes import HashingEmbedder
from serving_fakes import serving

from rag import Rag, Settings
from rag.serving.http import create_app

ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs" / "embedding.md").read_text(encoding="utf-8")
KEY = "one"


def snippets(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOC, re.DOTALL)


def test_python_snippets(monkeypatch, capsys):
    monkeypatch.setattr("rag.embedding.load.load_embedder", lambda _name="": HashingEmbedder())
    monkeypatch.chdir(ROOT)
    texts = {"hours.md": "# Opening hours\n\nThe bakery opens at nine in the morning."}
    names: dict = {}
    ran = 0
    with serving(create_app(Rag.from_texts(texts), Settings())) as url:
        for code in snippets("python"):
            exec(compile(code.replace("http://127.0.0.1:8000", url), "embedding.md", "exec"), names)
            ran += 1
    assert ran == 7
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("The bakery opens at nine in the morning.[1]")
    assert out[-3] == "1 hours.md 17 57 The bakery opens at nine in the morning."
    assert out[-2].startswith("The bakery opens at nine in the morning. On Sundays it stays closed. ")
    assert out[-1].endswith(" hours.md 17 85")
    assert names["app"].routes[-1].path == "/documents"


def test_shell_snippets():
    texts = {"hours.md": "# Opening hours\n\nThe bakery opens at nine in the morning."}
    rag = Rag.from_texts(texts, embedder=HashingEmbedder())
    lines = [line for block in snippets("bash") for line in block.splitlines()]
    assert len(lines) == 4
    with serving(create_app(rag, Settings(api_keys=KEY))) as url:
        outputs = []
        for line in lines:
            command = line.replace("http://127.0.0.1:8000", url).replace("curl ", 'curl -H "X-API-Key: one" ', 1)
            done = subprocess.run(
                ["bash", "-c", command],
                capture_output=True,
                text=True,
                cwd=ROOT,
                env={**os.environ, "RAG_API_KEYS": KEY},
            )
            if done.returncode == 127:
                pytest.skip("there is no curl")
            assert done.returncode == 0, done.stderr
            outputs.append(done.stdout)
    assert json.loads(outputs[0])["citations"][0]["document"] == "hours.md"
    assert "event: answer" in outputs[1]
    assert [json.loads(output)["document"]["source"] for output in outputs[2:]] == ["README.md", "note"]
    assert {document.source for document in rag.documents.values()} == {"hours.md", "README.md", "note"}


def test_configuration_of_an_agent_names_a_command_there_is():
    from rag.cli import _parser

    (block,) = snippets("json")
    (server,) = json.loads(block)["mcpServers"].values()
    assert server["command"] == "rag"
    assert _parser().parse_args(server["args"]).index == "/path/to/index"
