"""What an answer is worth, and what refusing costs, worked out by hand."""

import pytest
from abstention import abstention, auroc
from answers import answer_values, of_any, of_keys
from measure import Outcome

from rag.records import Answer, AnswerSentence, Citation, Hit, Passage

PASSAGE = Passage("p", "d", "", 0, 0, "", ())


def answer(*quotes: str) -> Answer:
    cited = tuple(Citation(n, PASSAGE, 0, len(quote), quote) for n, quote in enumerate(quotes, 1))
    said = tuple(AnswerSentence(citation.quote, (citation.number,)) for citation in cited)
    return Answer("q", "", said, cited, (), not quotes, "", "en", {})


def outcome(chance: float, right: bool, kind: str = "direct") -> Outcome:
    answerable = kind == "direct"
    return Outcome(
        id=f"{kind} {chance}",
        asked="",
        answerable=answerable,
        values={},
        hits=(Hit(PASSAGE, chance),),
        names=("d",),
        right=(right,),
        labels={"kind": kind, "language": "en", "topic": "t"},
    )


def test_one_sentence_may_hold_part_of_a_list() -> None:
    evidence = of_keys([(("red",), ("blue", "azure"))])
    assert answer_values(answer("red and AZURE"), evidence) == {"sentence@1": 1, "complete": 1, "cited": 1}
    assert answer_values(answer("red", "blue", "grey"), evidence) == {
        "sentence@1": 0,
        "complete": 1,
        "cited": pytest.approx(2 / 3),
    }
    assert answer_values(answer("grey", "red"), evidence) == {"sentence@1": 0, "complete": 0, "cited": 0.5}


def test_an_answer_from_two_passages_has_no_first_sentence_to_judge() -> None:
    evidence = of_keys([(("1987",),), (("forty",),)])
    assert answer_values(answer("In 1987."), evidence) == {"complete": 0, "cited": 1}
    assert answer_values(answer("In 1987.", "About forty."), evidence) == {"complete": 1, "cited": 1}


def test_no_answer_holds_nothing_and_cites_nothing() -> None:
    assert answer_values(answer(), of_any(bool)) == {"sentence@1": 0, "complete": 0}


def test_refusals_are_weighed_against_false_answers() -> None:
    asked = [outcome(0.9, True), outcome(0.6, False), outcome(0.12, True)]
    absent = [outcome(0.25, False, "near-miss"), outcome(0.01, False, "off-topic")]
    found = abstention([*asked, *absent])
    assert found is not None
    assert found.auroc["all"].mean == pytest.approx(5 / 6)
    assert (found.auroc["near-miss"].mean, found.auroc["off-topic"].mean) == (pytest.approx(2 / 3), 1)
    point = next(p for p in found.points if p.threshold == 0.15)
    assert (point.refused, point.answered) == (pytest.approx(1 / 3), 0.5)
    assert (point.coverage, point.risk) == (0.6, pytest.approx(2 / 3))
    assert found.curve[0] == (0.2, 0) and found.curve[-1] == (1, pytest.approx(3 / 5))
    assert found.area == pytest.approx((0 + 1 / 2 + 2 / 3 + 2 / 4 + 3 / 5) / 5)


def test_there_is_nothing_to_tell_apart_without_both_kinds() -> None:
    assert abstention([outcome(0.9, True)]) is None
    assert abstention([outcome(0.9, False, "near-miss")]) is None
    assert auroc([0.5, 0.5], [0.5]).mean == 0.5
