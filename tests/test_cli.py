"""The console command: what it prints, in which form, and how it takes odd questions and odd outputs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fakes import HashingEmbedder
from reportlab.pdfgen.canvas import Canvas

from rag.answering.answerer import Answerer
from rag.cli import main

FAKE_CLI = Path(__file__).with_name("fake_cli.py")
CITY = "城市概况\n\n这座城市有九十六所学校。面积为2.3万平方公里。\r\n\r\n冬天很冷，夏天很热。\r\n"
MILL = (
    "# The mill\n\nThe old mill grinds 40 tons of barley. It stands by the river.\n\n## Owner\n\nMiss Ames owns it.\n"
)


@pytest.fixture(autouse=True)
def fake_model(monkeypatch, tmp_path):
    monkeypatch.setattr("rag.embedding.load.load_embedder", lambda _name="": HashingEmbedder())
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def indexed(tmp_path):
    (tmp_path / "city.txt").write_text(CITY, "utf-8", newline="")
    (tmp_path / "mill.md").write_text(MILL, "utf-8")
    assert main(["ingest", "city.txt", "mill.md"]) == 0
    return tmp_path


@pytest.fixture
def always_answers(monkeypatch):
    """Abstention is tested elsewhere; here it would tie the form of an answer to the weights."""
    monkeypatch.setattr(Answerer.__init__, "__defaults__", (0.0,))


@pytest.fixture
def run(capsys):
    def command(*arguments):
        capsys.readouterr()
        code = main(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return command


def run_json(run, *arguments):
    code, out, err = run(*arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


@pytest.mark.usefixtures("always_answers")
def test_ask_prints_sentences_with_numbers_and_the_sources(indexed, run):
    code, out, err = run("ask", "How many tons of barley does the old mill grind?")
    assert (code, err) == (0, "")
    first, blank, sources, source, quote = out.splitlines()
    assert first == "The old mill grinds 40 tons of barley.[1]"
    assert (blank, sources) == ("", "Sources")
    assert source == f"[1] The mill — {indexed / 'mill.md'}"
    assert quote.strip() == "The old mill grinds 40 tons of barley."


@pytest.mark.usefixtures("always_answers")
def test_ask_json(indexed, run):
    answer = run_json(run, "ask", "How many tons of barley does the old mill grind?", "-k", "3")
    assert {
        "question", "answer", "abstained", "reason", "language", "citations", "hits", "timings", "index",
    } <= answer.keys()  # fmt: skip
    assert answer["question"] == "How many tons of barley does the old mill grind?"
    assert answer["abstained"] is False
    assert answer["language"] == "en"
    (citation,) = answer["citations"]
    assert {"number", "quote", "document", "title", "heading", "start", "end", "score"} <= citation.keys()
    assert citation["document"] == str(indexed / "mill.md")
    assert (citation["number"], citation["title"], citation["heading"]) == (1, "The mill", "The mill")
    assert citation["quote"] == MILL[citation["start"] : citation["end"]] == "The old mill grinds 40 tons of barley."
    assert len(answer["hits"]) == 3
    for hit in answer["hits"]:
        assert {"document", "heading", "text", "start", "end", "score"} <= hit.keys()
        assert 0 <= hit["score"] <= 1
    assert answer["hits"][0]["score"] == citation["score"]
    assert answer["timings"]["total"] >= answer["timings"]["search"] >= 0
    assert answer["index"]["folder"] == "index"
    assert (answer["index"]["model"], answer["index"]["documents"]) == ("hashing", 2)


@pytest.mark.usefixtures("always_answers")
def test_source_offsets_of_a_text_file_point_into_the_file(indexed, run):
    answer = run_json(run, "ask", "这座城市有多少所学校？", "--document", "city.txt")
    citations = answer["citations"]
    assert [c["quote"] for c in citations] == ["这座城市有九十六所学校。"]
    source = (indexed / "city.txt").read_bytes().decode().replace("\r\n", "\n")
    for citation in citations:
        assert source[citation["source_start"] : citation["source_end"]] == citation["quote"]
        assert citation["page"] is None


@pytest.mark.usefixtures("always_answers")
def test_page_of_a_pdf(tmp_path, run):
    canvas = Canvas(str(tmp_path / "two.pdf"))
    for lines in (
        ["The harbour was dug in the spring.", "Ships came soon."],
        ["The bridge has seven arches of stone."],
    ):
        for n, line in enumerate(lines):
            canvas.drawString(72, 700 - 20 * n, line)
        canvas.showPage()
    canvas.save()
    assert run("ingest", "two.pdf")[0] == 0
    answer = run_json(run, "ask", "How many arches of stone has the bridge?")
    assert [(c["quote"], c["page"]) for c in answer["citations"]] == [("The bridge has seven arches of stone.", 2)]


@pytest.mark.usefixtures("indexed")
def test_search(run):
    hits = run_json(run, "search", "Who owns the mill? Miss Ames", "-k", "5")
    assert hits[0]["text"] == "Miss Ames owns it."
    assert hits[0]["heading"] == "The mill › Owner"
    scores = [hit["score"] for hit in hits]
    assert scores == sorted(scores, reverse=True)
    code, out, _ = run("search", "Who owns the mill? Miss Ames", "-k", "1")
    assert code == 0
    head, text = out.splitlines()
    assert head.startswith("1. ")
    assert "The mill › Owner" in head
    assert text == "   Miss Ames owns it."


def test_fields_and_filters(indexed, run):
    assert main(["ingest", "city.txt", "--metadata", "kind=城市", "--metadata", "year = 2024"]) == 0
    assert main(["ingest", "mill.md", "--metadata=kind=mill"]) == 0
    rows = run_json(run, "documents")
    assert [row["metadata"] for row in rows] == [{"kind": "城市", "year": "2024"}, {"kind": "mill"}]
    assert run("documents")[1].splitlines()[0].endswith(f"{indexed / 'city.txt'}  kind=城市  year=2024")
    for options, files in {
        ("--filter", "kind=mill"): {"mill.md"},
        ("--filter", "kind=mill", "--filter", "kind=城市"): {"mill.md", "city.txt"},
        ("--filter", "kind=mill", "--filter", "year=2024"): set(),
        ("--filter", "source=city.txt"): {"city.txt"},
        ("--filter", "kind=城市", "--document", "city.txt"): {"city.txt"},
    }.items():
        hits = run_json(run, "search", "barley", "-k", "9", *options)
        assert {Path(hit["document"]).name for hit in hits} == files
        assert all(hit["metadata"]["kind"] in ("mill", "城市") for hit in hits)
        assert run_json(run, "ask", "barley", "-k", "9", *options)["hits"] == hits
    for options, message in {
        ("--filter", "mill"): "rag: 'mill' is not FIELD=VALUE\n",
        ("--filter", "=mill"): "rag: '=mill' is not FIELD=VALUE\n",
        ("--filter", "kin=mill"): "rag: the index has no field 'kin'; it has document, source, kind, year\n",
        ("--filter", "kind=sea"): "rag: no document has kind 'sea'; there are 'mill', '城市'\n",
    }.items():
        assert run("search", "barley", *options) == (1, "", message)


@pytest.mark.usefixtures("indexed")
def test_k_larger_than_the_corpus_gives_every_passage_once(run):
    passages = sum(row["passages"] for row in run_json(run, "documents"))
    hits = run_json(run, "search", "mill", "-k", "1000")
    assert len(hits) == passages == len({(hit["document"], hit["start"]) for hit in hits})


@pytest.mark.usefixtures("indexed")
@pytest.mark.parametrize("question", ["", "   ", "\n\t\u3000"])
def test_an_empty_question_asks_for_one(run, question):
    answer = run_json(run, "ask", question)
    assert (answer["abstained"], answer["reason"], answer["hits"], answer["citations"]) == (
        True,
        "empty question",
        [],
        [],
    )
    assert answer["answer"] == "Please ask a question."
    assert run_json(run, "search", question) == []
    assert run("search", question) == (0, "no passages\n", "")


@pytest.mark.usefixtures("indexed")
@pytest.mark.parametrize(
    "question",
    [
        "这座城市有多少所学校" * 1000,
        "mill\x00\x01\x1b[31m\x7f",
        "\u200b\u200d\ufeff",
        "\u202emill\u202c \u2066",
        "\udcff\ud800 mill",
        "👍🏽👨‍👩‍👧 🎉",
        "???!!!",
        "<script>alert(1)</script>",
        "{documents} %s \\ $(id) --json",
        "é" * 50 + "\u0301" * 500,
    ],
)
def test_odd_questions_are_answered_or_abstained_from(run, question):
    answer = run_json(run, "ask", question)
    assert answer["question"] == question
    assert answer["abstained"] or answer["citations"]
    code, out, err = run("ask", question)
    assert (code, err) == (0, "")
    assert out.strip()


@pytest.mark.usefixtures("indexed", "always_answers")
def test_control_characters_of_documents_and_names_do_not_reach_the_terminal(tmp_path, run):
    name = "two\nlines\x1b[2J.txt"
    (tmp_path / name).write_text("The comet \x1b]0;owned\x07 came in spring and lit the sky.\n", "utf-8")
    for arguments in (
        ("ingest", name),
        ("ask", "When came the comet that lit the sky in spring?"),
        ("search", "comet"),
        ("documents",),
        ("ingest", "--remove", name),
        ("ingest", "--remove", name),
        ("ask", "x", "--document", name),
    ):
        _, out, err = run(*arguments)
        assert out + err
        assert not {*"\x1b\x07\r"} & {*(out + err)}
        assert not any(line.startswith("lines") for line in (out + err).splitlines())


def process(folder, *arguments, **options):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **options.pop("env", {})}
    return subprocess.run(
        [sys.executable, str(FAKE_CLI), *arguments], cwd=folder, env=environment, stderr=subprocess.PIPE, **options
    )


@pytest.mark.parametrize("encoding", ["ascii", "gb18030"])
def test_output_that_is_not_utf8(indexed, encoding):
    done = process(
        indexed,
        "ask",
        "é 👍 这座城市有多少所学校",
        "--json",
        env={"PYTHONIOENCODING": encoding},
        stdout=subprocess.PIPE,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout.decode(encoding))["question"] == "é 👍 这座城市有多少所学校"


def test_text_on_an_ascii_output_is_escaped(indexed):
    done = process(indexed, "search", "城市", env={"PYTHONIOENCODING": "ascii"}, stdout=subprocess.PIPE)
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"\u57ce\u5e02" in done.stdout


def test_a_reader_that_goes_away_is_no_error(indexed):
    read, write = os.pipe()
    os.close(read)
    try:
        done = process(indexed, "documents", stdout=write)
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_the_output_is_one_line(indexed):
    with Path("/dev/full").open("wb") as full:
        done = process(indexed, "documents", stdout=full)
    assert done.returncode == 1
    assert done.stderr.decode() == "rag: the output cannot be written: no space is left\n"


def test_usage_errors_are_told_by_argparse(run):
    for arguments in ([], ["ask"], ["ask", "q", "-k", "many"], ["fly"]):
        with pytest.raises(SystemExit, match="2"):
            run(*arguments)


def test_models_lists_the_packaged_one_first(run):
    code, out, _ = run("models")
    assert code == 0
    assert out.splitlines()[0].startswith("multilingual-e5-small ")
