"""Two runs compared: paired differences that can be worked out by hand, and which way is worse."""

import json
from math import log2
from pathlib import Path

import pytest
from compare import as_baseline, changes, changes_table, compare, read_baseline, values_by_question

from rag.errors import RagError


def result(ranks: list[int | None], answered: int = 0, of: int = 20, refused: int = 0) -> dict:
    """Answerable questions with these ranks (the first `refused` abstained), and `of` others, `answered` of them."""
    rows = [{"id": f"q{n}", "answerable": True, "evidence": [r], "abstained": n < refused} for n, r in enumerate(ranks)]
    rows += [{"id": f"u{n}", "answerable": False, "evidence": [], "abstained": n >= answered} for n in range(of)]
    return {"set": "s", "questions": rows}


def changed(old: dict, new: dict) -> dict:
    return {c.metric: c for c in changes(values_by_question(old), values_by_question(new))}


def test_each_metric_is_taken_over_the_questions_it_is_about() -> None:
    found = changed(result([1, 2, None, 1]), result([1, 1, 4, 2], answered=5, refused=1))
    assert (found["hit@1"].old, found["hit@1"].new) == (0.5, 0.5)
    assert found["hit@5"].difference.mean == 0.25
    assert found["mrr@10"].difference.mean == pytest.approx((0.5 + 0.25 - 0.5) / 4)
    assert found["ndcg@10"].difference.mean == pytest.approx((1 / log2(5)) / 4)
    assert (found["hit@1"].changed, found["hit@5"].changed, found["mrr@10"].changed) == (2, 1, 3)
    assert (found["refused"].new, found["refused"].difference.count) == (0.25, 4)
    assert (found["answered"].new, found["answered"].difference.count) == (0.25, 20)


def test_what_an_answer_is_worth_is_compared_too() -> None:
    old, new = result([1] * 20), result([1] * 20)
    for n in range(20):
        old["questions"][n]["answering"] = {"sentence@1": 1.0}
        new["questions"][n]["answering"] = {"sentence@1": float(n < 8)}
    assert changed(old, new)["sentence@1"].loss
    kept = json.loads(as_baseline(new))
    assert values_by_question(kept)["q0"]["sentence@1"] == 1


def test_the_same_run_has_not_changed() -> None:
    found = changed(result([1, 2, None] * 20), result([1, 2, None] * 20))
    assert all((c.difference.mean, c.difference.low, c.difference.high) == (0, 0, 0) for c in found.values())
    assert not any(c.beyond_noise or c.loss for c in found.values())
    assert "nothing changed beyond noise" in changes_table(list(found.values()), 80, 80, 80)


def test_a_large_loss_is_a_loss_and_the_other_way_round_it_is_none() -> None:
    good, bad = result([1] * 60), result([1] * 40 + [None] * 20)
    assert changed(good, bad)["hit@1"].loss
    gain = changed(bad, good)["hit@1"]
    assert gain.beyond_noise and not gain.loss
    assert "better" in changes_table([gain], 80, 80, 80)


def test_one_question_of_many_is_noise() -> None:
    found = changed(result([1] * 60), result([1] * 59 + [2]))
    assert not found["hit@1"].beyond_noise


def test_five_questions_that_all_change_one_way_are_noise_and_six_are_not() -> None:
    """What a processor that rounds otherwise can do to the order of near ties."""
    old = result([1] * 300)
    five, six = (changed(old, result([2] * n + [1] * (300 - n)))["mrr@10"] for n in (5, 6))
    assert five.difference.high < 0 and not five.loss
    assert six.loss


def test_pairs_are_compared_not_means() -> None:
    """Ten of four hundred lost and none won: within the noise of either mean, but not of the difference."""
    old, new = result([1] * 200 + [None] * 200), result([None] * 10 + [1] * 190 + [None] * 200)
    assert changed(old, new)["hit@1"].loss
    # As many won as lost is no change.
    swapped = result([None] * 10 + [1] * 200 + [None] * 190)
    assert not changed(old, swapped)["hit@1"].beyond_noise


def test_refusing_and_answering_more_is_worse() -> None:
    more = changed(result([1] * 60), result([1] * 60, answered=12, refused=20))
    assert more["refused"].loss and more["answered"].loss and not more["hit@1"].loss
    less = changed(result([1] * 60, answered=12, refused=20), result([1] * 60))
    assert less["refused"].beyond_noise and not less["refused"].loss


def test_only_shared_questions_count(tmp_path: Path, capsys) -> None:
    file = tmp_path / "old.json"
    file.write_text(json.dumps(result([1, 1, 2])), "utf-8")
    assert not compare(file, result([1, 1, 2, None, None, None]))
    assert "23 shared questions (23 there, 26 here)" in capsys.readouterr().out
    file.write_text(json.dumps({"questions": [{"id": "x", "evidence": [1]}]}), "utf-8")
    with pytest.raises(RagError, match="shares no question"):
        compare(file, result([1]))


def test_a_translation_of_the_set_is_another_run(tmp_path: Path) -> None:
    """Its questions have the same ids."""
    file = tmp_path / "old.json"
    file.write_text(as_baseline(result([1]) | {"questions_from": None}), "utf-8")
    assert not compare(file, result([1]) | {"questions_from": None})
    with pytest.raises(RagError, match=r"questions_from is None there, 'en\.json' here"):
        compare(file, result([1]) | {"questions_from": "en.json"})
    with pytest.raises(RagError, match="set is 's' there, 't' here"):
        compare(file, result([1]) | {"set": "t"})


def test_a_baseline_holds_what_a_comparison_needs_and_no_text(tmp_path: Path) -> None:
    whole = result([1, None, 3], answered=2)
    for row in whole["questions"]:
        row |= {"hits": [{"text": "retrieved"}], "answer": "said"}
    file = tmp_path / "baseline.json"
    file.write_text(as_baseline(whole), "utf-8")
    assert read_baseline(file) == ({"set": "s"}, values_by_question(whole))
    assert "retrieved" not in file.read_text("utf-8") and "said" not in file.read_text("utf-8")
    assert len(file.read_text("utf-8").splitlines()) == 1 + len(whole["questions"]) + 1


@pytest.mark.parametrize("text", ["", "[]", '{"questions": 3}', '{"questions": [{"rank": 1}]}', '{"questions": ["a"]}'])
def test_what_is_no_baseline_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.json"
    file.write_text(text, "utf-8")
    with pytest.raises(RagError, match=r"bad\.json is no baseline"):
        read_baseline(file)


def test_the_committed_baseline_is_of_our_questions() -> None:
    folder = Path(__file__).resolve().parents[2] / "eval"
    ids = {json.loads(line)["id"] for line in (folder / "questions.jsonl").read_text("utf-8").splitlines()}
    head, values = read_baseline(folder / "baseline.json")
    assert head == {"set": "questions.jsonl", "split": "all", "k": 10}
    assert set(values) == ids
