"""What changes a model's fingerprint, and what does not."""

import pytest

from rag.embedding.fingerprint import fingerprint

PROMPTS = {"query": "q: ", "document": ""}
BIG = 40 * 1024 * 1024


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text('{"mean": true}')
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "tokenizer.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(bytes(BIG))
    return tmp_path


def test_same_files_elsewhere(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("copy") / "模型"
    folder.rename(other)
    found = fingerprint(other, PROMPTS)
    other.rename(folder)
    assert fingerprint(folder, PROMPTS) == found
    assert len(found) == 16


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "1_Pooling" / "config.json").write_text('{"mean": null}'),
        lambda folder: (folder / "tokenizer.json").write_text("[]"),
        lambda folder: (folder / "vocab.txt").write_text("a"),
        lambda folder: (folder / "config.json").rename(folder / "other.json"),
        lambda folder: (folder / "model.safetensors").write_bytes(bytes(BIG + 1)),
        lambda folder: (folder / "model.safetensors").write_bytes(bytes(100) + b"\1" + bytes(BIG - 101)),
        lambda folder: (folder / "model.safetensors").write_bytes(bytes(BIG - 1) + b"\1"),
        lambda folder: (folder / "model.safetensors").write_bytes(bytes(8) + b"\1" * (BIG - 8)),
        lambda folder: (folder / "1_Pooling" / "model.safetensors").write_bytes(b"dense"),
    ],
)
def test_changes(folder, change):
    before = fingerprint(folder, PROMPTS)
    change(folder)
    assert fingerprint(folder, PROMPTS) != before


def test_prompts_count(folder):
    assert fingerprint(folder, PROMPTS) != fingerprint(folder, {"query": "", "document": "q: "})


def test_what_does_not_count(folder):
    before = fingerprint(folder, PROMPTS)
    (folder / "README.md").write_text("about")
    (folder / "pytorch_model.bin").write_bytes(b"the same weights again")
    (folder / "onnx").mkdir()
    (folder / "onnx" / "config.json").write_text("{}")
    assert fingerprint(folder, PROMPTS) == before


def test_older_weights_count_alone(folder):
    (folder / "model.safetensors").unlink()
    before = fingerprint(folder, PROMPTS)
    (folder / "pytorch_model.bin").write_bytes(b"weights")
    assert fingerprint(folder, PROMPTS) != before
