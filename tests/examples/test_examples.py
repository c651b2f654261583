"""The examples do what they say, over the model of the fakes."""

import importlib.util
import json
import sys
from pathlib import Path

import anyio
import pytest
from fakes import HashingEmbedder
from fastapi.testclient import TestClient
from langchain_core.language_models import FakeListChatModel
from langchain_core.runnables import RunnableLambda

from rag import Rag
from rag.index.store import write_index

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
TEXT = "# The harbour\n\nIn 2024 the harbour counted 1,204 ships. Most of them carried timber."
QUESTION = "How many ships did the harbour count in 2024?"
QUOTE = "In 2024 the harbour counted 1,204 ships."


def example(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def rag():
    return Rag.from_texts({"harbour.md": TEXT}, embedder=HashingEmbedder())


@pytest.fixture
def folder(rag, tmp_path):
    write_index(rag.index, tmp_path / "index")
    return tmp_path / "index"


@pytest.fixture
def fake_model(monkeypatch):
    monkeypatch.setattr("rag.embedding.load.load_embedder", lambda _name="": HashingEmbedder())


@pytest.mark.usefixtures("fake_model")
def test_fastapi_app(folder, monkeypatch):
    monkeypatch.setenv("RAG_INDEX", str(folder))
    with TestClient(example("fastapi_app").app) as http:
        assert [c["quote"] for c in http.get("/ask", params={"question": QUESTION}).json()["citations"]] == [QUOTE]
        mounted = http.post("/documents/v1/ask", json={"question": QUESTION}).json()
        assert [c["quote"] for c in mounted["citations"]] == [QUOTE]
        assert "rag-widget" in http.get("/documents/widget.js").text
        assert http.get("/ask").status_code == 422


def test_langchain_chain(rag):
    module = example("langchain_chain")
    prompt = module.build(rag, RunnableLambda(module.shown)).invoke(QUESTION)
    assert f"[1] The harbour, characters 15-{len(TEXT)}:\n{QUOTE}" in prompt
    assert prompt.endswith(QUESTION)
    assert module.build(rag, FakeListChatModel(responses=["1,204 [1]"])).batch([QUESTION]) == ["1,204 [1]"]


def test_mcp_agent(folder):
    server = [sys.executable, str(ROOT / "tests/serving/fake_serve.py"), "mcp", "--index", str(folder)]
    module = example("mcp_agent")
    report = anyio.run(module.run, QUESTION, server)
    assert report.splitlines()[0] == f"{QUOTE}[1]"
    assert "Most of them carried timber." in report.splitlines()[1]
    assert "near: harbour.md" in anyio.run(module.run, "Who owns the railway in Peru?", server)


@pytest.mark.usefixtures("fake_model")
def test_notebook(capsys):
    notebook = json.loads((EXAMPLES / "notebook.ipynb").read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    names: dict = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
    out = capsys.readouterr().out.splitlines()
    assert out[:2] == [f"{QUOTE}[1]", "1 harbour.md 15 55"]
    assert out[2].endswith("The lighthouse was built in 1871 from red sandstone.")
