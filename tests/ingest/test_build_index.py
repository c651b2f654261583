"""ingest/build_index.py: what it hands to `rag ingest`."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "ingest" / "build_index.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("build_index", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("given", "handed_on"),
    [
        ([], ["ingest", "--", "CORPUS"]),
        (["--index", "elsewhere"], ["ingest", "--index=elsewhere", "--", "CORPUS"]),
        (["--model", "m", "--rebuild"], ["ingest", "--model=m", "--rebuild", "--", "CORPUS"]),
        (["a.txt", "b", "--index=-x y"], ["ingest", "--index=-x y", "--", "a.txt", "b"]),
    ],
)
def test_corpus_is_the_default(script, given, handed_on):
    assert script.ingest_arguments(given) == [str(script.CORPUS) if word == "CORPUS" else word for word in handed_on]
    assert script.CORPUS.is_dir()
