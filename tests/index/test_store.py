import json
import pickletools
import random
import shutil

import numpy as np
import pytest
from index_fakes import CHUNKING, CountingEmbedder, CountingTokenEmbedder, document

from rag.errors import BadIndex
from rag.index.lexical import LexicalIndex
from rag.index.manifest import Manifest
from rag.index.store import has_index, read_index, read_manifest
from rag.index.update import update_index

DOCUMENTS = [
    document("one.txt", "大河向东流。河水很急。", "鱼群逆流而上。", heading="江河"),
    document("two.txt", "The hill is steep. Sheep graze on it."),
]


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("索引") / "index"
    update_index(folder, CountingTokenEmbedder(), CHUNKING, DOCUMENTS)
    return folder


@pytest.fixture
def folder(pristine, tmp_path):
    return shutil.copytree(pristine, tmp_path / "index")


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")


def refusal(folder, embedder=None):
    with pytest.raises(BadIndex) as caught:
        read_index(folder, embedder)
    message = str(caught.value)
    assert "\n" not in message
    assert f"--index {folder}" in message
    return message


def test_no_index(tmp_path):
    assert not has_index(tmp_path / "none")
    assert "there is no index in" in refusal(tmp_path / "none")
    assert "rag ingest PATH…" in refusal(tmp_path)
    (tmp_path / "file").write_text("x")
    assert "there is no index in" in refusal(tmp_path / "file")
    with pytest.raises(BadIndex, match="cannot be written"):
        update_index(tmp_path / "file", CountingTokenEmbedder(), CHUNKING, DOCUMENTS)


def test_every_file_cut_emptied_flipped_or_missing_is_refused(folder):
    dice = random.Random(7)
    assert len(files(folder)) == 16
    for path in files(folder):
        whole = path.read_bytes()
        wrong = [whole[: len(whole) // 2], whole[:-1], b"", whole + b"x", b"\xff" * len(whole), None]
        for place in (0, len(whole) - 2, *(dice.randrange(len(whole)) for _ in range(6))):
            wrong.append(whole[:place] + bytes([whole[place] ^ (1 << dice.randrange(8))]) + whole[place + 1 :])
        for data in wrong:
            path.unlink() if data is None else path.write_bytes(data)
            if path.name == "manifest.json":
                check_manifest(folder, whole, data)
            else:
                message = refusal(folder)
                assert "is damaged (" in message
                assert path.name in message
                assert "--rebuild" in message
            path.write_bytes(whole)
    assert len(read_index(folder).passages) == 3


def check_manifest(folder, whole, data):
    """Refused, unless the damage is to white space alone and nothing of the content is other than it was."""
    try:
        assert json.loads(data) == json.loads(whole)
    except (ValueError, TypeError):
        pass
    except AssertionError:
        refusal(folder)
        return
    else:
        assert len(read_index(folder).passages) == 3
        return
    refusal(folder)


@pytest.mark.parametrize("text", ["", "[]", "null", "1", '{"format": 2}', "{" * 100, "[" * 100_000, '{"checksum": []}'])
def test_a_manifest_that_is_something_else(folder, text):
    (folder / "manifest.json").write_text(text)
    assert "is damaged (manifest.json)" in refusal(folder)


def test_a_manifest_names_no_path_outside_the_folder(folder):
    manifest = read_manifest(folder)
    for field, value in {"generation": "../other", "previous": "generation-1-../..", "files": {"../x": ""}}.items():
        changed = {name: getattr(manifest, name) for name in Manifest.__dataclass_fields__} | {field: value}
        (folder / "manifest.json").write_text(Manifest(**changed).to_json())
        assert "is damaged (" in refusal(folder)


def test_another_format(folder):
    content = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(content | {"format": 99}))
    assert "has format '99', this version reads 2; rebuild it" in refusal(folder)


def test_another_model(folder):
    assert len(read_index(folder, CountingTokenEmbedder()).passages) == 3
    assert "use --model hashing with tokens, or rebuild it: rag" in refusal(folder, CountingEmbedder("other"))
    assert "another version of the model hashing with tokens;" in refusal(folder, CountingTokenEmbedder(dimension=16))


def test_libraries_that_cut_words_otherwise(folder, monkeypatch):
    monkeypatch.setattr("rag.index.lexical.words", lambda text: list(text))
    assert "cuts words as the libraries installed here do not" in refusal(folder)


def test_a_damaged_index_is_mended_by_a_rebuild_only(folder):
    (folder / "manifest.json").write_text("{")
    held = files(folder)
    with pytest.raises(BadIndex, match="--rebuild"):
        update_index(folder, CountingTokenEmbedder(), CHUNKING, DOCUMENTS)
    assert files(folder) == held
    update_index(folder, CountingTokenEmbedder(), CHUNKING, DOCUMENTS[:1], rebuild=True)
    assert len(read_index(folder).passages) == 2
    assert not set(held) & set(files(folder)) - {folder / "manifest.json"}


def test_a_full_disk_leaves_the_old_index_and_no_litter(folder, monkeypatch):
    before = read_manifest(folder)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("rag.index.lexical.LexicalIndex.save", full)
    with pytest.raises(BadIndex, match="cannot be written: No space left on device"):
        update_index(folder, CountingTokenEmbedder(), CHUNKING, [document("three.txt", "new.")])
    assert read_index(folder).manifest == before
    assert [path.name for path in folder.glob("generation-*")] == [before.generation]


def test_nothing_is_pickled(folder):
    for path in files(folder):
        data = path.read_bytes()
        if path.suffix == ".npy":
            assert np.load(path, allow_pickle=False).ndim == 1
        with pytest.raises((ValueError, IndexError, KeyError)):
            list(pickletools.genops(data))


def test_generation_cleared_away_while_it_is_read(tmp_path, monkeypatch):
    """Postings that vanish between their check and their reading are missing, not empty."""
    folder = tmp_path / "index"
    update_index(folder, CountingTokenEmbedder(), CHUNKING, [document("a.txt", "北京有96所高校。")])
    load = LexicalIndex.load

    def cleared_first(path, passages):
        shutil.rmtree(path)
        return load(path, passages)

    monkeypatch.setattr(LexicalIndex, "load", cleared_first)
    with pytest.raises(BadIndex, match="damaged"):
        read_index(folder)
