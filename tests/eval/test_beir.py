"""A BEIR folder made here, with values worked out by hand."""

import json
from math import log2
from pathlib import Path

import cached
import pytest
import run
from beir import ranked, read_beir, values
from fake_rag import FakeRag
from metrics import RANKING

from rag.errors import RagError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(cached, "Rag", FakeRag)
    monkeypatch.setattr(run, "Rag", FakeRag)
    monkeypatch.setattr(cached.index_of_texts, "__defaults__", (tmp_path / "cache",))
    corpus = [
        {"_id": "../d/1", "title": "", "text": "abcd"},
        {"_id": "d2", "title": "", "text": "abc"},
        {"_id": "d3", "text": "ab\u2028"},  # a line separator is no end of a JSON line
        {"_id": "d4", "title": "xyz", "text": "xy\nx"},
    ]
    queries = [{"_id": "q1", "text": "abcd"}, {"_id": "q2", "text": "xyz"}, {"_id": "unjudged", "text": "a"}]
    folder = tmp_path / "tiny"
    (folder / "qrels").mkdir(parents=True)
    for name, rows in (("corpus", corpus), ("queries", queries)):
        (folder / f"{name}.jsonl").write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in rows), "utf-8")
    grades = "query-id\tcorpus-id\tscore\nq1\td2\t1\nq1\td3\t2\nq1\tgone\t1\nq2\td4\t1\nq9\td2\t1\n"
    (folder / "qrels" / "test.tsv").write_text(grades, "utf-8")
    return folder


def test_a_run_gives_what_is_worked_out_by_hand(folder: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "out.json"
    assert run.main(["--beir", str(folder), "--json", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "tiny/test" in printed and "4 documents, 6 passages" in printed
    result = json.loads(out.read_text("utf-8"))
    first, second = result["questions"]
    # q1 ranks ../d/1, d2, d3: gains 0, 1, 2. The best order has the gains 2, 1, 1.
    gained, best = 1 / log2(3) + 2 / log2(4), 2 + 1 / log2(3) + 1 / log2(4)
    hits = {"hit@1": 0, "hit@3": 1, "hit@5": 1, "hit@10": 1}
    assert first["values"] == pytest.approx({"ndcg@10": gained / best, "recall@10": 2 / 3, "mrr@10": 1 / 2} | hits)
    assert [(h["document"], h["right"]) for h in first["hits"][:3]] == [("../d/1", False), ("d2", True), ("d3", True)]
    # All three passages of d4 are found; it counts once.
    assert (second["id"], second["rank"], set(second["values"].values())) == ("q2", 1, {1.0})
    # No word of q1 is in a document as a whole but in one that is not relevant.
    assert first["legs"]["lexical"] == dict.fromkeys(first["values"], 0)
    assert result["legs"]["lexical"]["ndcg@10"]["mean"] < result["legs"]["hybrid"]["ndcg@10"]["mean"]
    assert run.main(["--beir", str(folder), "--compare", str(out)]) == 0
    assert "2 shared questions" in capsys.readouterr().out


def test_a_query_without_a_ranking_counts_as_zero() -> None:
    found = values({"q": {"d": 1}, "r": {"d": 1}}, {"q": ["d"], "r": []})
    assert set(found["q"]) == {*RANKING, "recall@10"}
    assert found == {"q": dict.fromkeys(found["q"], 1.0), "r": dict.fromkeys(found["q"], 0.0)}


def test_only_ten_documents_each_once_and_not_the_query_itself() -> None:
    assert ranked("q", ["a", "q", "b", "a"]) == ["a", "b"]
    assert len(ranked("q", [str(n) for n in range(30)])) == 10


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        ("corpus.jsonl", "{", "line 1: not JSON"),
        ("queries.jsonl", '{"_id": "q"}', "line 1: no object with _id and text"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\td2", "line 2: not query id"),
        ("qrels/test.tsv", "", "no judged query"),
    ],
)
def test_what_is_not_of_the_format_is_named(folder: Path, file: str, text: str, complaint: str) -> None:
    (folder / file).write_text(text, "utf-8")
    with pytest.raises(RagError, match=complaint):
        read_beir(folder)


def test_another_split_and_what_does_not_go_together(folder: Path, capsys) -> None:
    assert run.main(["--beir", str(folder), "--qrels", "dev"]) == 1
    assert "dev.tsv cannot be read" in capsys.readouterr().err
    assert run.main(["--beir", str(folder), "x.txt"]) == 1
    assert "brings its own documents" in capsys.readouterr().err
