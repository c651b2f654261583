"""The command: what it prints, what it writes, what it refuses, and when it builds an index."""

import json
from math import log2
from pathlib import Path

import cached
import pytest
import run
from fake_rag import FakeRag

from rag.errors import RagError

ROWS = [
    {"id": "a", "split": "dev", "kind": "direct", "language": "en", "question": "apples", "evidence": [["3 coins"]]},
    {"id": "b", "split": "test", "kind": "direct", "language": "en", "question": "zoo", "evidence": [["1900"]]},
    {"id": "c", "split": "dev", "kind": "near-miss", "language": "fr", "question": "unknown", "answerable": False},
]


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cached, "Rag", FakeRag)
    monkeypatch.setattr(run, "Rag", FakeRag)
    monkeypatch.setattr(cached.index_of, "__defaults__", (tmp_path / "cache",))
    monkeypatch.setattr(cached.index_of_texts, "__defaults__", (tmp_path / "cache",))
    FakeRag.builds.clear()


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "a.txt").write_text("apples cost 3 coins\npears cost 5 coins", "utf-8")
    (folder / "b.txt").write_text("the zoo opened in 1900", "utf-8")
    return folder


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(map(json.dumps, ROWS)), "utf-8")
    return file


def squad(path: Path, wording: dict[str, str]) -> Path:
    paragraphs = [
        {"context": "The cat sat down.", "qas": [{"id": "1", "question": "cat", "answers": [{"text": "sat"}]}]},
        {"context": "A dog ran away.", "qas": [{"id": "2", "question": "dog ran", "answers": [{"text": "away"}]}]},
    ]
    for paragraph in paragraphs:
        paragraph["qas"] = [row | {"question": wording[row["id"]]} for row in paragraph["qas"] if row["id"] in wording]
    path.write_text(json.dumps({"data": [{"title": "T", "paragraphs": paragraphs}]}), "utf-8")
    return path


def test_our_own_set_on_given_documents(documents: Path, questions: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "new" / "out.json"
    arguments = [str(documents), "--questions", str(questions), "--worst", "2", "--json", str(out)]
    assert run.main(arguments) == 0
    printed = capsys.readouterr().out
    assert "(dev): 2 questions, 2 documents, 3 passages" in printed
    assert "found late: 0" in printed
    result = json.loads(out.read_text("utf-8"))
    assert result["all"]["hit@1"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "count": 1}
    assert result["all"]["answered"]["mean"] == 0
    assert [row["id"] for row in result["questions"]] == ["a", "c"]


def test_the_page_is_written(documents: Path, questions: Path, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    assert run.main([str(documents), "--questions", str(questions), "--html", str(out)]) == 0
    assert "questions.jsonl (dev): 2 questions" in out.read_text("utf-8")
    gold = squad(tmp_path / "gold.json", {"1": "cat sat", "2": "cat dog cat sat"})
    assert run.main(["--squad", str(gold), "--html", str(out)]) == 0
    html = out.read_text("utf-8")
    assert "own questions → gold: 2 questions" in html and "The cat sat down." in html


def test_splits(documents: Path, questions: Path, capsys) -> None:
    for split, count in (("dev", 2), ("test", 1), ("all", 3)):
        assert run.main([str(documents), "--questions", str(questions), "--split", split]) == 0
        assert f"({split}): {count} question" in capsys.readouterr().out
    assert len(FakeRag.builds) == 1, "the index was built once"


def test_a_ready_index_is_measured_as_it_is(documents: Path, questions: Path, tmp_path: Path, capsys) -> None:
    FakeRag.build([documents], tmp_path / "ready")
    FakeRag.builds.clear()
    assert run.main(["--index", str(tmp_path / "ready"), "--questions", str(questions)]) == 0
    assert "3 passages" in capsys.readouterr().out
    assert FakeRag.builds == []


def test_a_public_set(tmp_path: Path, capsys) -> None:
    gold = squad(tmp_path / "gold.json", {"1": "cat sat", "2": "cat dog cat sat"})
    out = tmp_path / "out.json"
    assert run.main(["--squad", str(gold), "--json", str(out)]) == 0
    assert "own questions → gold" in capsys.readouterr().out
    result = json.loads(out.read_text("utf-8"))
    assert [(row["id"], row["rank"], row["evidence"]) for row in result["questions"]] == [("1", 1, [1]), ("2", 2, [2])]
    assert (result["all"]["hit@1"]["mean"], result["all"]["mrr@10"]["mean"]) == (0.5, 0.75)
    assert result["all"]["ndcg@10"]["mean"] == pytest.approx((1 + 1 / log2(3)) / 2)
    assert [hit["right"] for hit in result["questions"][1]["hits"]] == [False, True]


def test_questions_of_another_set_have_no_answer_in_this_one(tmp_path: Path, capsys) -> None:
    gold = squad(tmp_path / "gold.json", {"1": "cat sat", "2": "dog ran"})
    other = squad(tmp_path / "other.json", {"1": "zzz", "2": "unknown"})
    out = tmp_path / "out.json"
    assert run.main(["--squad", str(gold), "--elsewhere", str(other), "--json", str(out)]) == 0
    result = json.loads(out.read_text("utf-8"))
    assert result["all"]["hit@1"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "count": 2}
    assert (result["all"]["answered"]["mean"], result["all"]["answered"]["count"]) == (0.5, 2)
    assert result["abstention"]["auroc"]["all"]["mean"] == 1
    assert "elsewhere 1" in {row["id"] for row in result["questions"]}
    assert "AUROC" in capsys.readouterr().out
    assert run.main(["--elsewhere", str(other)]) == 1
    assert "--elsewhere belongs to --squad" in capsys.readouterr().err


def test_every_leg_has_a_row_of_its_own_and_the_last_is_what_a_user_gets(tmp_path: Path, capsys) -> None:
    gold = squad(tmp_path / "gold.json", {"1": "cat", "2": "dog"})
    out = tmp_path / "out.json"
    assert run.main(["--squad", str(gold), "--json", str(out)]) == 0
    result = json.loads(out.read_text("utf-8"))
    assert list(result["legs"]) == ["lexical", "dense", "hybrid"]
    assert result["all"].items() >= result["legs"]["hybrid"].items()
    assert result["all"]["sentence@1"]["mean"] == 1
    assert {leg: found["hit@1"]["mean"] for leg, found in result["legs"].items()} == dict.fromkeys(result["legs"], 1)
    assert run.main(["--squad", str(gold), "--json", str(out), "--reranker", "any"]) == 0
    result = json.loads(out.read_text("utf-8"))
    assert [(leg, found["hit@1"]["mean"]) for leg, found in result["legs"].items()] == [
        ("lexical", 1),
        ("dense", 1),
        ("hybrid", 1),
        ("reranked", 0),
    ]
    assert result["all"].items() >= result["legs"]["reranked"].items()
    assert capsys.readouterr().out.count("\nreranked ") == 1


def test_questions_of_another_file_those_it_lacks_are_misses(tmp_path: Path) -> None:
    gold = squad(tmp_path / "gold.json", {"1": "cat sat", "2": "dog"})
    other = squad(tmp_path / "other.json", {"2": "dog ran away"})
    out = tmp_path / "out.json"
    assert run.main(["--squad", str(gold), "--questions-from", str(other), "--json", str(out)]) == 0
    result = json.loads(out.read_text("utf-8"))
    assert [(row["id"], row["rank"]) for row in result["questions"]] == [("2", 1), ("1", None)]
    assert result["all"]["hit@1"] | {"low": 0, "high": 0} == {"mean": 0.5, "low": 0, "high": 0, "count": 2}


def test_a_run_is_compared_with_an_earlier_one(documents: Path, questions: Path, tmp_path: Path, capsys) -> None:
    rows = [ROWS[0] | {"id": f"a{n}"} for n in range(20)]
    questions.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    baseline = tmp_path / "baseline.json"
    arguments = [str(documents), "--questions", str(questions), "--compare", str(baseline)]
    assert run.main([*arguments[:3], "--baseline", str(baseline)]) == 0
    assert run.main(arguments) == 0
    assert "nothing changed beyond noise" in capsys.readouterr().out
    questions.write_text("\n".join(json.dumps(row | {"evidence": [["4 coins"]]}) for row in rows), "utf-8")
    assert run.main(arguments) == 1
    captured = capsys.readouterr()
    assert "WORSE" in captured.out and captured.err == ""
    assert run.main([*arguments, "--baseline", str(baseline)]) == 1, "compared before it is written over"
    assert run.main(arguments) == 0


def test_a_public_set_is_compared_too(tmp_path: Path, capsys) -> None:
    baseline = tmp_path / "baseline.json"
    paragraphs = [
        {"context": f"The cat w{n} sat.", "qas": [{"id": str(n), "question": f"w{n}", "answers": [{"text": f"w{n}"}]}]}
        for n in range(10)
    ]
    gold = tmp_path / "gold.json"
    gold.write_text(json.dumps({"data": [{"paragraphs": paragraphs}]}), "utf-8")
    assert run.main(["--squad", str(gold), "--baseline", str(baseline)]) == 0
    assert run.main(["--squad", str(gold), "--compare", str(baseline)]) == 0
    assert run.main(["--squad", str(gold), "--compare", str(baseline), "--reranker", "any"]) == 1
    assert "10 shared questions" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["absent.txt"], "does not exist"),
        (["{documents}", "--questions", "absent.jsonl"], "cannot be read"),
        (["{documents}", "--index", "x"], "not both"),
        (["--squad", "absent.json"], "cannot be read"),
        (["--squad", "{questions}"], "not JSON"),
        (["{documents}", "--squad", "{questions}"], "brings its own documents"),
        (["{documents}", "--questions-from", "{questions}"], "belongs to --squad"),
        (["{documents}", "--questions", "{questions}", "--json", "{questions}/out.json"], "cannot be written"),
        (["{documents}", "--questions", "{questions}", "--compare", "absent.json"], "cannot be read"),
        (["{empty}"], "no document"),
    ],
)
def test_bad_input_gives_one_line(
    arguments: list[str], complaint: str, documents: Path, questions: Path, tmp_path: Path, capsys
) -> None:
    (tmp_path / "empty").mkdir()
    places = {"documents": documents, "questions": questions, "empty": tmp_path / "empty"}
    assert run.main([argument.format(**places) for argument in arguments]) == 1
    error = capsys.readouterr().err
    assert complaint in error
    assert error.startswith("eval/run.py: ") and error.count("\n") == 1


def test_a_split_without_questions_is_named(documents: Path, questions: Path, capsys) -> None:
    questions.write_text(json.dumps(ROWS[0]), "utf-8")
    assert run.main([str(documents), "--questions", str(questions), "--split", "test"]) == 1
    assert "no question of the split test" in capsys.readouterr().err


def test_an_index_is_built_again_when_a_document_changes_or_building_was_stopped(documents: Path) -> None:
    first = cached.index_of([documents])
    assert cached.index_of([documents]) == first
    assert len(FakeRag.builds) == 1
    (documents / "b.txt").write_text("the zoo opened in 1901", "utf-8")
    second = cached.index_of([documents])
    assert second != first
    assert "1901" in FakeRag.load(second).passages[-1].text
    (second.parent / "complete").unlink()
    assert cached.index_of([documents]) == second
    assert FakeRag.builds == [first, second, second]


def test_an_index_is_built_again_with_other_settings(documents: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = cached.index_of([documents])
    monkeypatch.setenv("RAG_CHUNK_CHARS", "200")
    assert cached.index_of([documents]) != first


def test_texts_become_documents_named_by_their_key() -> None:
    folder = cached.index_of_texts({"0-0": "one", "0-1": "two", "0-2": " "})
    rag = FakeRag.load(folder)
    assert {Path(d.source).stem: d.text for d in rag.documents.values()} == {"0-0": "one", "0-1": "two"}
    assert cached.index_of_texts({"0-0": "one", "0-1": "two", "0-2": " "}) == folder
    assert len(FakeRag.builds) == 1


def test_a_document_that_cannot_be_read_stops_the_run(documents: Path) -> None:
    with pytest.raises(RagError, match="does not exist"):
        cached.index_of([documents, documents / "absent.txt"])
