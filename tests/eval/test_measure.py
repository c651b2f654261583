"""What is measured of a small corpus is what can be worked out by hand."""

import json
from math import log2

import pytest
from fake_rag import FakeRag
from measure import Systems, ask_all, latency, legs_of, search_seconds, summary
from questions import Question
from report import SHOWN, as_json, percent, table, tables, worst

CORPUS = {"a.txt": "apples cost 3 coins\npears cost 5 coins", "b.txt": "the zoo opened in 1900"}


def question(id_: str, text: str, *keys: str, kind: str = "direct", history: tuple[str, ...] = ()) -> Question:
    groups = (tuple((key,) for key in keys),) if keys else ()
    return Question(id_, "dev", "t", kind, "en", text, history, groups, "gold", "" if keys else "absent")


QUESTIONS = [
    question("first", "apples cost", "3 coins"),
    question("second", "apples cost 3 coins, or pears", "5 coins"),
    question("never", "apples", "7 coins"),
    question("refused", "unknown zoo opened", "1900"),
    question("follow", "cost?", "5 coins", kind="follow-up", history=("pears", "rrprp")),
    question("near", "zoo opened in 1901", kind="near-miss"),
    question("far", "unknown", kind="near-miss"),
]


@pytest.fixture
def outcomes():
    return ask_all(Systems(FakeRag(CORPUS)), QUESTIONS, k=2)


def test_ranks_are_those_of_the_passages_that_hold_the_evidence(outcomes) -> None:
    assert {o.id: o.rank for o in outcomes} == {
        "first": 1,
        "second": 2,
        "never": None,
        "refused": 1,
        "follow": 1,
        "near": None,
        "far": None,
    }
    assert all(len(o.hits) == 2 for o in outcomes)
    assert all(o.search_seconds > 0 and o.ask_seconds > 0 for o in outcomes)


def test_a_follow_up_is_searched_for_with_what_was_asked_before() -> None:
    alone = ask_all(Systems(FakeRag(CORPUS)), [question("follow", "cost?", "5 coins")], k=2)
    assert [o.rank for o in alone] == [2]


def test_summary_takes_each_metric_over_the_questions_it_is_about(outcomes) -> None:
    found = summary(outcomes)
    assert {name: (e.count, e.mean) for name, e in found.items()} == {
        "hit@1": (5, 0.6),
        "hit@3": (5, 0.8),
        "hit@5": (5, 0.8),
        "hit@10": (5, 0.8),
        "mrr@10": (5, pytest.approx((1 + 0.5 + 0 + 1 + 1) / 5)),
        "ndcg@10": (5, pytest.approx((1 + 1 / log2(3) + 0 + 1 + 1) / 5)),
        "refused": (5, 0.2),
        "answered": (2, 0.5),
        "sentence@1": (5, 0.4),
        "complete": (5, 0.4),
        "cited": (4, 0.5),
    }
    assert set(summary(o for o in outcomes if o.labels["kind"] == "near-miss")) == {"answered"}


def test_latency_is_in_milliseconds() -> None:
    assert latency([0.01] * 19 + [0.5]) == {"median_ms": pytest.approx(10), "p95_ms": pytest.approx(34.5)}


def test_tables_show_each_slice_and_leave_out_what_it_does_not_have(outcomes) -> None:
    lines = {line.split()[0]: line.split() for line in tables(outcomes).splitlines() if line}
    assert lines["leg"] == ["leg", "n", *SHOWN]
    # Words put "first" and "refused" right, and have nothing in common with "cost?".
    assert lines["lexical"][1:3] == ["5", "40.0"] and lines["hybrid"][1:3] == ["5", "60.0"]
    assert lines["direct"][1:3] == ["4", "50.0"]
    assert lines["follow-up"][1:4] == ["1", "100.0", "[100.0–100.0]"]
    assert lines["near-miss"][1:6] == ["2", "–", "–", "–", "–"]
    assert lines["near-miss"][6] == "50.0" and lines["near-miss"][-2:] == ["–", "–"]
    assert lines["expected"][:3] == ["expected", "calibration", "error:"]
    assert "ms" in lines["search:"] and "ms" in lines["ask:"]


def test_columns_of_a_table_line_up(outcomes) -> None:
    text = table("slice", {"a long name of a slice": (7, summary(outcomes)), "x": (0, {})}, SHOWN, ("hit@1",))
    assert len({len(line) for line in text.splitlines()}) == 1
    assert percent(summary(outcomes)["hit@1"]).startswith("60.0 [")


def test_worst_questions_come_with_what_was_retrieved_first(outcomes) -> None:
    late, answered, refused = worst(outcomes, 9).split("\n\n")
    assert late.startswith("found late: 2\n  never ")
    assert late.index("second direct en, rank 2: apples cost 3 coins, or pears") > late.index("never")
    assert "answer: gold" in late
    assert "H0 | apples cost 3 coins" in late
    assert answered.startswith("answered, should not be: 1\n  near ") and "unanswerable: absent" in answered
    assert "said: the zoo opened in 1900" in answered
    assert refused.startswith("refused, should not be: 1\n  refused ")
    assert worst(outcomes, 1).split("\n\n")[0].count("rank") == 1


def test_json_holds_every_outcome_and_is_strict_json(outcomes) -> None:
    result = json.loads(json.dumps(as_json(outcomes), allow_nan=False))
    assert result["all"]["hit@1"]["mean"] == 0.6
    assert result["by"]["kind"]["near-miss"]["answered"]["count"] == 2
    assert result["by"]["kind"]["direct"]["dense"] == result["by"]["kind"]["direct"]["hit@1"]
    assert [row["rank"] for row in result["questions"]] == [o.rank for o in outcomes]
    assert result["calibration"]["all"]["count"] == 14
    assert result["questions"][0]["answering"] == {"sentence@1": 1, "complete": 1, "cited": 1}
    assert "answering" not in result["questions"][-1]
    assert result["abstention"]["auroc"]["all"]["count"] == 2
    assert result["questions"][0]["hits"][0]["text"] == "apples cost 3 coins"


def test_an_empty_corpus_is_measured_too() -> None:
    outcomes = ask_all(Systems(FakeRag({})), QUESTIONS, k=3)
    assert summary(outcomes)["hit@10"].mean == 0
    assert summary(outcomes)["refused"].mean == 1
    assert worst(outcomes, 1)


def test_legs_are_measured_over_the_same_questions(outcomes) -> None:
    legs = legs_of(outcomes)
    assert list(legs) == ["lexical", "dense", "hybrid"]
    assert {e.count for found in legs.values() for e in found.values()} == {5}
    assert summary(outcomes, "lexical") == legs["lexical"]


def test_a_second_stage_is_another_leg_and_the_one_that_answers() -> None:
    reranked = FakeRag(CORPUS)
    reranked.reranker = "turns the order around"
    found = ask_all(Systems(FakeRag(CORPUS), reranked), QUESTIONS[:1], k=3)
    assert {leg: e["hit@1"].mean for leg, e in legs_of(found).items()} == {
        "lexical": 1,
        "dense": 1,
        "hybrid": 1,
        "reranked": 0,
    }
    assert found[0].hits[-1].passage.text == "apples cost 3 coins"
    assert found[0].answer.text != "apples cost 3 coins"


def test_at_most_a_hundred_searches_are_timed_evenly_spread() -> None:
    seconds = search_seconds(FakeRag(CORPUS), ["apples"] * 250, k=2)
    assert len(seconds) == 100 and min(seconds) == 0 and max(seconds) == 249
    assert len(search_seconds(FakeRag(CORPUS), ["apples"] * 3, k=2)) == 3
