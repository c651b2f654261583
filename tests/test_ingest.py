"""`rag ingest` from files to answers: what changes, what is reported, what survives."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fakes import HashingEmbedder

from rag.cli import main
from rag.errors import BadIndex, RagError
from rag.index.store import read_index
from rag.ingest import ingest
from rag.rag import Rag
from rag.records import embedding_text
from rag.settings import Settings

FAKE_CLI = Path(__file__).with_name("fake_cli.py")
LAKE = "The lake is twelve metres deep. Herons nest in its reeds.\n"
MILL = "老磨坊每天磨四十吨大麦。磨坊主姓林。\n"


class Counting(HashingEmbedder):
    """Keeps every text that was embedded as a passage; by its name it can pass for another model."""

    def __init__(self, name="hashing", max_tokens=512):
        self.name, self.max_tokens, self.embedded = name, max_tokens, []
        self.fingerprint = HashingEmbedder.fingerprint if name == "hashing" else name

    def embed_passages(self, texts, progress=None):
        self.embedded += texts
        return super().embed_passages(texts, progress)


@pytest.fixture
def model(monkeypatch, tmp_path):
    """The model that the command loads; the working folder is empty."""
    counting = Counting()
    monkeypatch.setattr("rag.embedding.load.load_embedder", lambda _name="": counting)
    monkeypatch.chdir(tmp_path)
    return counting


@pytest.fixture
def run(capsys):
    def command(*arguments):
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out, err.splitlines()

    return command


@pytest.fixture
def report(run):
    def command(*arguments, code=0):
        result, out, err = run("ingest", *arguments, "--json")
        assert result == code, err
        return json.loads(out)

    return command


def texts(folder="index"):
    return [passage.text for passage in read_index(folder).passages]


@pytest.fixture
def two(model, tmp_path, report):
    (tmp_path / "lake.txt").write_text(LAKE, "utf-8")
    (tmp_path / "mill.txt").write_text(MILL, "utf-8")
    report("lake.txt", "mill.txt")
    model.embedded.clear()
    return tmp_path


@pytest.mark.usefixtures("model")
def test_one_bad_file_among_good_ones(tmp_path, run):
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.txt").write_text(LAKE, "utf-8")
    (folder / "b.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    (folder / "c.txt").write_text(MILL, "utf-8")
    (folder / "d.pdf").write_bytes(b"%PDF-1.4 broken")
    code, out, err = run("ingest", "docs")
    assert code == 1
    assert [line.split(": ")[:2] for line in err] == [["rag", "docs/b.txt"], ["rag", "docs/d.pdf"]]
    assert "PNG" in err[0]
    assert texts() == [LAKE.strip(), MILL.strip()]
    assert out.splitlines()[0].startswith(f"added      {folder / 'a.txt'}: 1 passages")
    assert out.splitlines()[-1].startswith("index index: 2 documents, 2 passages")
    assert "0 truncated" in out


@pytest.mark.usefixtures("model")
def test_nothing_but_bad_files_makes_no_index(tmp_path, run):
    (tmp_path / "empty.txt").write_bytes(b"")
    code, out, err = run("ingest", "empty.txt", "absent.txt")
    assert (code, out) == (1, "")
    assert len(err) == 1
    assert "empty.txt: is empty" in err[0]
    assert "absent.txt: does not exist" in err[0]
    assert not (tmp_path / "index" / "manifest.json").exists()


def test_the_same_file_again_changes_and_embeds_nothing(two, model, report):
    before = (two / "index" / "manifest.json").read_bytes()
    change = report("lake.txt", "mill.txt")
    assert (change["added"], change["changed"], change["passages_embedded"]) == ([], [], 0)
    assert change["unchanged"] == [str(two / "lake.txt"), str(two / "mill.txt")]
    assert model.embedded == []
    assert (two / "index" / "manifest.json").read_bytes() == before


def test_a_changed_file_replaces_its_passages_and_embeds_only_them(two, model, report):
    (two / "lake.txt").write_text("The lake froze. Herons nest in its reeds.\n", "utf-8")
    change = report("lake.txt", "mill.txt")
    assert (change["changed"], change["unchanged"]) == ([str(two / "lake.txt")], [str(two / "mill.txt")])
    assert sorted(texts()) == sorted(["The lake froze. Herons nest in its reeds.", MILL.strip()])
    # Its second sentence is as it was.
    assert model.embedded == ["The lake froze. Herons nest in its reeds.", "The lake froze."]


def fields(folder="index"):
    return {Path(d.source).name: dict(d.metadata) for d in read_index(folder).documents.values()}


@pytest.mark.usefixtures("two")
def test_a_field_is_stored_without_embedding_again(model, report):
    before = read_index("index")
    change = report("lake.txt", "--metadata", "year=2024", "--metadata", "部门=水务")
    assert [Path(source).name for source in change["changed"]] == ["lake.txt"]
    assert (change["passages_embedded"], model.embedded) == (0, [])
    assert fields() == {"lake.txt": {"year": "2024", "部门": "水务"}, "mill.txt": {}}
    after = read_index("index")
    assert after.passages == before.passages
    assert after.documents.keys() == before.documents.keys()
    # The same once more changes nothing at all.
    change = report("lake.txt", "--metadata", "year=2024")
    assert (change["changed"], after.manifest) == ([], read_index("index").manifest)


def test_fields_stay_until_they_are_replaced_or_taken_off(two, report):
    report("lake.txt", "mill.txt", "--metadata", "year=2023")
    report("lake.txt", "--metadata", "kind=water")
    (two / "lake.txt").write_text(LAKE + "\nIt freezes in winter.\n", "utf-8")
    report(".")
    assert fields() == {"lake.txt": {"year": "2023", "kind": "water"}, "mill.txt": {"year": "2023"}}
    report(".", "--metadata", "year=2024")
    assert fields() == {"lake.txt": {"year": "2024", "kind": "water"}, "mill.txt": {"year": "2024"}}
    report("lake.txt", "--metadata", "year=", "--metadata", "none=")
    assert fields() == {"lake.txt": {"kind": "water"}, "mill.txt": {"year": "2024"}}
    report(".", "--rebuild")
    assert fields() == {"lake.txt": {}, "mill.txt": {}}


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["year"], "rag: 'year' is not FIELD=VALUE"),
        (["source=here"], "rag: the field 'source' is every document's own already; call it otherwise"),
        (["year=2023", "year=2024"], "rag: the field 'year' is given two values; a document has one"),
        (["year=20\n24"], "rag: the field 'year' with '20\\n24' cannot be stored; name and value are one line of text"),
    ],
)
def test_fields_that_cannot_be(run, given, message):
    before = read_index("index").manifest
    options = [word for pair in given for word in ("--metadata", pair)]
    assert run("ingest", "lake.txt", *options) == (1, "", [message])
    assert read_index("index").manifest == before


@pytest.mark.parametrize("name", ["mill.txt", "./mill.txt", "/ABSOLUTE/mill.txt"])
def test_remove_by_name_or_path(two, model, report, name):
    change = report("--remove", name.replace("/ABSOLUTE", str(two)))
    assert change["removed"] == [str(two / "mill.txt")]
    assert texts() == [LAKE.strip()]
    assert model.embedded == []


def test_remove_a_file_that_is_gone_by_its_bare_name_from_another_folder(two, report, monkeypatch):
    (two / "mill.txt").unlink()
    (two / "else").mkdir()
    monkeypatch.chdir(two / "else")
    assert report("--remove", "mill.txt", "--index", "../index")["removed"] == [str(two / "mill.txt")]


def test_an_ambiguous_or_unknown_name_removes_nothing(two, run, report):
    (two / "sub").mkdir()
    (two / "sub" / "other.txt").write_text("Another text altogether.", "utf-8")
    (two / "sub" / "deep").mkdir()
    (two / "sub" / "deep" / "other.txt").write_text("A third text, unlike it.", "utf-8")
    report("sub")
    for name in ("other.txt", "unknown.txt"):
        code, out, err = run("ingest", "--remove", name)
        assert (code, out, len(err)) == (1, "", 1)
        assert err[0].startswith(f"rag: the index has no document '{name}'; it has ")
    assert len(texts()) == 4


def test_an_index_without_documents_says_so(two, run, report):
    change = report("--remove", "lake.txt", "--remove", "mill.txt")
    assert (change["documents"], change["passages"]) == (0, 0)
    code, out, err = run("ask", "How deep is the lake?", "--json")
    answer = json.loads(out)
    assert (code, err) == (0, [])
    assert (answer["abstained"], answer["reason"], answer["hits"]) == (True, "no documents", [])
    assert answer["answer"] == "No documents have been indexed yet."
    assert run("search", "lake") == (0, "no passages\n", [])
    assert run("documents") == (0, "", [])
    assert report("lake.txt")["added"] == [str(two / "lake.txt")]


def test_another_model_is_refused_with_the_command_to_rebuild(two, run, monkeypatch):
    other = Counting("other")
    monkeypatch.setattr("rag.embedding.load.load_embedder", lambda _name="": other)
    before = (two / "index" / "manifest.json").read_bytes()
    for arguments in (["ingest", "lake.txt"], ["ask", "q"], ["search", "q"], ["ingest", "--remove", "lake.txt"]):
        code, out, err = run(*arguments)
        assert (code, out, len(err)) == (1, "", 1)
        assert "was built by the model hashing, not other" in err[0]
        assert "rag ingest PATH… --index index --rebuild" in err[0]
    assert other.embedded == []
    assert (two / "index" / "manifest.json").read_bytes() == before
    assert run("ingest", "lake.txt", "--rebuild")[0] == 0
    assert texts() == [LAKE.strip()]


@pytest.mark.parametrize("file", ["manifest.json", "passages.jsonl", "passages.faiss", "lexical/words"])
def test_a_damaged_index_is_refused_with_the_command_to_rebuild(two, run, file):
    (generation,) = (two / "index").glob("generation-*")
    path = two / "index" / file if file == "manifest.json" else generation / file
    path = next(path.iterdir()) if path.is_dir() else path
    path.write_bytes(path.read_bytes()[:-3] + b"xyz")
    for arguments in (["ask", "q"], ["search", "q"], ["documents"], ["ingest", "lake.txt"]):
        code, out, err = run(*arguments)
        assert (code, out, len(err)) == (1, "", 1)
        assert "is damaged" in err[0]
        assert "--rebuild" in err[0]
    assert run("ingest", "lake.txt", "mill.txt", "--rebuild")[0] == 0
    assert texts() == [LAKE.strip(), MILL.strip()]


@pytest.mark.usefixtures("model")
def test_one_file_is_one_document_under_all_its_names(tmp_path, report, monkeypatch):
    folder = tmp_path / "资料 ü"
    folder.mkdir()
    path = folder / "文章 №1.txt"
    path.write_text(MILL, "utf-8")
    index = tmp_path / "索引 ñ"
    assert report("资料 ü/文章 №1.txt", "--index", "索引 ñ")["added"] == [str(path)]
    for name in (path, "资料 ü/../资料 ü/文章 №1.txt", "资料 ü"):
        assert report(name, "--index", index)["unchanged"] == [str(path)]
    monkeypatch.chdir(folder)
    assert report("文章 №1.txt", "--index", index)["unchanged"] == [str(path)]
    assert report("--remove", "文章 №1.txt", "--index", index)["removed"] == [str(path)]


@pytest.mark.usefixtures("model")
def test_a_linked_folder_is_read_and_a_loop_is_not_followed(tmp_path, report):
    real = tmp_path / "real"
    real.mkdir()
    (real / "lake.txt").write_text(LAKE, "utf-8")
    (real / "loop").symlink_to(real)
    (tmp_path / "link").symlink_to(real)
    assert report("link")["added"] == [str(tmp_path / "link" / "lake.txt")]
    assert len(texts()) == 1


@pytest.mark.usefixtures("model")
def test_a_file_of_50_mb_is_refused_at_once(tmp_path, run):
    (tmp_path / "big.txt").write_bytes(LAKE.encode() * (50_000_000 // len(LAKE) + 1))
    (tmp_path / "lake.txt").write_text(LAKE, "utf-8")
    code, _, err = run("ingest", "big.txt", "lake.txt")
    assert code == 1
    assert err == ["rag: big.txt: has 50 MB, the limit is 40 MB; split it or raise RAG_MAX_FILE_MB"]
    assert texts() == [LAKE.strip()]


def test_every_error_is_one_line(two, run, monkeypatch):
    name = "no\nsuch\r\x1b[31m file.txt"
    for arguments in (
        ["ingest"],
        ["ingest", "absent.txt"],
        ["ingest", name],
        ["ingest", "--remove", name],
        ["ingest", "", "\udcff.txt"],
        ["ingest", ""],
        ["ingest", "lake.txt", "--chunk-tokens", "1"],
        ["ingest", "lake.txt", "--chunk-chars", "60"],
        ["ingest", "--rebuild", "--remove", "lake.txt"],
        ["ingest", "lake.txt", "--index", "lake.txt"],
        ["ingest", "--remove", "lake.txt", "--index", "nowhere"],
        ["ask", "q", "-k", "0"],
        ["search", "q", "-k", "-3"],
        ["ask", "q", "--document", name],
        ["search", "q", "--document", "absent.txt"],
        ["ask", "q", "--index", "nowhere"],
        ["search", "q", "--index", "nowhere"],
        ["documents", "--index", "nowhere"],
        ["documents", "--index", name],
        ["documents", "--index", "lake.txt"],
    ):
        code, out, err = run(*arguments)
        assert (code, out, len(err)) == (1, "", 1), arguments
        assert err[0].startswith("rag: ")
        assert len(err[0]) > 20
    for variable, value in {"RAG_KK": "3", "RAG_K": "many", "RAG_MAX_FILE_MB": "-1", "RAG_CHUNK_TOKENS": "0"}.items():
        with monkeypatch.context() as patch:
            patch.setenv(variable, value)
            for arguments in (["ask", "q"], ["search", "q"], ["documents"], ["ingest", "lake.txt"]):
                code, out, err = run(*arguments)
                assert (code, out, len(err)) == (1, "", 1), (variable, arguments)
                assert variable in err[0]
    assert len(texts()) == 2
    assert not (two / "nowhere").exists()


def test_an_interruption_leaves_the_index_as_it_was(two, run, model, monkeypatch):
    def interrupt(_texts, progress=None):  # noqa: ARG001
        raise KeyboardInterrupt

    monkeypatch.setattr(model, "embed_passages", interrupt)
    (two / "lake.txt").write_text("Quite another text.", "utf-8")
    assert run("ingest", "lake.txt") == (130, "", ["rag: interrupted; the index is as it was"])
    assert texts() == [LAKE.strip(), MILL.strip()]


def test_passages_of_a_model_that_reads_little(tmp_path):
    (tmp_path / "a.md").write_text("# 工厂\n\n" + "".join(f"第{n}家工厂雇用了{n}人。" for n in range(90)), "utf-8")
    short = Counting(max_tokens=48)
    report = ingest([tmp_path / "a.md"], tmp_path / "index", short, Settings(chunk_tokens=4096, chunk_chars=4000))
    assert report.truncated == 0
    sizes = short.count_tokens([embedding_text(p.heading, p.text) for p in report.change.index.passages])
    assert 24 < max(sizes) <= 48
    assert "".join(p.text for p in report.change.index.passages).count("家工厂") == 90


def test_progress_counts_files_and_texts(tmp_path, hashing_embedder):
    for name, text in {"a.txt": LAKE, "b.txt": MILL, "c.txt": ""}.items():
        (tmp_path / name).write_text(text, "utf-8")
    seen = []
    ingest([tmp_path], tmp_path / "index", hashing_embedder, Settings(), progress=lambda *step: seen.append(step))
    assert [step for step in seen if step[0] == "read"] == [("read", 1, 3), ("read", 2, 3), ("read", 3, 3)]
    # Two passages and their two sentences each.
    assert seen[-1] == ("embed", 6, 6)


def test_build_indexes_what_it_can_and_names_what_it_cannot(tmp_path, hashing_embedder):
    (tmp_path / "lake.txt").write_text(LAKE, "utf-8")
    rag = Rag.build(tmp_path / "lake.txt", tmp_path / "index", embedder=hashing_embedder)
    assert [p.text for p in rag.passages] == [LAKE.strip()]
    (tmp_path / "mill.txt").write_text(MILL, "utf-8")
    with pytest.raises(RagError, match=r"absent\.txt: does not exist"):
        Rag.build([tmp_path / "absent.txt", tmp_path / "mill.txt"], tmp_path / "index", embedder=hashing_embedder)
    assert len(Rag.load(tmp_path / "index", embedder=hashing_embedder).documents) == 2
    with pytest.raises(BadIndex, match="there is no index in"):
        Rag.load(tmp_path / "nowhere", embedder=hashing_embedder)


class TestKilled:
    """The index below is tested in tests/index/test_kill.py; here the whole command is killed."""

    OLD, NEW = "The lake is twelve metres deep.", "The lake is thirteen metres deep."

    @pytest.fixture
    def folder(self, two):
        (two / "more").mkdir()
        for n in range(3):
            (two / "more" / f"{n}.txt").write_text(f"The hut number {n} has {n} beds.\n", "utf-8")
        return two

    def write(self, folder, new):
        (folder / "lake.txt").write_text(LAKE.replace(self.OLD, self.NEW) if new else LAKE, "utf-8")

    def depth(self, folder):
        """What the index answers now: whether the new depth."""
        rag = Rag.load(folder / "index", embedder=HashingEmbedder())
        hit = rag.search("How many metres deep is the lake?", k=1)[0]
        held = [hit.passage.text.startswith(depth) for depth in (self.OLD, self.NEW)]
        assert sum(held) == 1
        return held[1]

    def start(self, *arguments):
        return subprocess.Popen(
            [sys.executable, str(FAKE_CLI), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
    def test_at_many_moments(self, folder):
        server = self.start("serve", folder)
        now, outcomes = False, []
        for moment in range(1, 400, 7):
            self.write(folder, not now)
            arguments = ["ingest", str(folder / "lake.txt"), str(folder / "more"), "--index", str(folder / "index")]
            server.stdin.write(json.dumps([moment, arguments]) + "\n")
            server.stdin.flush()
            killed = server.stdout.readline() == "1\n"
            after = self.depth(folder)
            if not killed:
                assert after is not now
                break
            outcomes.append(after is not now)
            now = after
        server.communicate()
        assert server.returncode == 0
        assert len(outcomes) > 9
        assert not any(outcomes[:5])

    def test_at_any_time(self, folder, report):
        dice = random.Random(11)
        self.write(folder, True)
        for _ in range(2):
            process = self.start("ingest", folder / "lake.txt", folder / "more", "--index", folder / "index")
            time.sleep(0.4 + dice.random())
            process.kill()
            process.communicate()
            self.depth(folder)
        report("lake.txt", "more")
        assert self.depth(folder)
        assert len(texts()) == 5
