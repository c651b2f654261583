"""Loading by name: the damaged cache, and the list of known models."""

import pytest

from rag.embedding import packaged
from rag.embedding.load import _packaged, known_models
from rag.errors import BadModel


def test_damaged_cache_says_how_to_mend_it(tmp_path, monkeypatch):
    monkeypatch.setenv("RAG_CACHE", str(tmp_path))
    folder = packaged.cached_folder()
    folder.mkdir(parents=True)
    with pytest.raises(BadModel, match=r"damaged .*; delete that folder to have it rebuilt") as caught:
        _packaged()
    assert str(folder) in str(caught.value)


def test_known_models(tmp_path, monkeypatch):
    monkeypatch.setenv("RAG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path / "hub"))
    snapshot = tmp_path / "hub" / "models--BAAI--bge-m3" / "snapshots" / ("1" * 40)
    snapshot.mkdir(parents=True)
    (snapshot / "pytorch_model.bin").write_bytes(b"")
    (snapshot.parent.parent / "refs").mkdir()
    (snapshot.parent.parent / "refs" / "main").write_text("1" * 40)
    models = {model.name: model for model in known_models()}
    default = models["multilingual-e5-small"]
    assert next(iter(models)) == default.name
    assert (default.dimension, default.max_tokens, default.licence) == (384, 512, "MIT")
    assert default.where == "built on first use, no download"
    assert models["BAAI/bge-m3"].where == str(snapshot)
    assert models["intfloat/multilingual-e5-small"].where == "downloaded from the hub on first use"
    packaged.cached_folder().mkdir(parents=True)
    assert known_models()[0].where == str(packaged.cached_folder())
