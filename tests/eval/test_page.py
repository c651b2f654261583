"""The page: foreign text stays text, nothing is loaded, and the plots show what was measured."""

import re
from xml.etree import ElementTree

import pytest
from calibration import calibration, of_hits
from measure import Outcome
from page import Axis, page

from rag.records import Answer, Hit, Passage

HOSTILE = "<script>alert(1)</script>\"'&"


def outcome(
    score: float, rank: int | None, text: str = "passage", answerable: bool = True, own: bool = True
) -> Outcome:
    hit = Hit(Passage("p", "d", text, 0, len(text), text, ()), score)
    metrics = {"hit@1": float(rank == 1), "hit@3": 1.0, "hit@5": 1.0, "mrr@10": 0.5, "ndcg@10": 0.5}
    return Outcome(
        id=text,
        asked=text,
        answerable=answerable,
        values={"lexical": dict.fromkeys(metrics, 0.25), "hybrid": metrics} if answerable else {},
        hits=(hit, hit),
        names=(text, text),
        right=(rank == 1, rank == 2),
        evidence=(rank,) if answerable else (),
        labels={"kind": text, "language": text, "topic": text} if own else None,
        expected=text,
        answer=Answer(text, text, (), (), (hit,), False, "", "en", {}) if own else None,
        search_seconds=0.01,
        ask_seconds=0.02 if own else None,
    )


def svgs(html: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", html, re.DOTALL)]


def test_calibration_is_what_is_worked_out_by_hand() -> None:
    outcomes = [outcome(0.9, 1), outcome(0.92, None, answerable=False), outcome(0.15, 2), outcome(0.15, None)]
    first = of_hits(outcomes, True)
    assert first.points == ((pytest.approx(0.15), 0, 2), (pytest.approx(0.91), 0.5, 2))
    assert first.error == pytest.approx((0.15 + 0.41) / 2)
    every = of_hits(outcomes, False)
    assert every.points == ((pytest.approx(0.15), 0.25, 4), (pytest.approx(0.91), 0.25, 4))
    assert every.count == 8
    assert calibration([1.0], [True]).error == 0
    assert calibration([], []).points == ()


@pytest.mark.parametrize("own", [True, False])
def test_foreign_text_is_never_markup_and_nothing_is_loaded(own: bool) -> None:
    outcomes = [outcome(0.4, None, HOSTILE, own=own), outcome(1.0, 1, HOSTILE, own=own)]
    if own:
        outcomes.append(outcome(0.7, None, HOSTILE, answerable=False))
    html = page("<i>title", outcomes)
    assert "<script" not in html and "<i>title" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert not re.search(r"https?://|\ssrc=|\shref=|url\(|@import", html)
    assert "default-src 'none'" in html
    assert ("By language" in html) == own and ("Answered, should not be" in html) == own


def test_plots_show_what_was_measured() -> None:
    html = page("t", [outcome(0.45, None), outcome(1.0, 1)])
    found = {svg.get("aria-label"): svg for svg in svgs(html)}
    line, circle = (
        found["hybrid hit@1 50.0 [0.0–100.0]"].findall("line")[-1],
        found["hybrid hit@1 50.0 [0.0–100.0]"].find("circle"),
    )
    assert (line.get("x1"), circle.get("cx"), line.get("x2")) == ("0.00%", "50.00%", "100.00%")
    dots = found["reliability of first hits"].findall("circle")
    assert [(d.get("cx"), d.get("cy")) for d in dots] == [("157.0", "265.0"), ("300.0", "15.0")]
    assert found["latency of search"].findall("rect") and found["latency of ask"].findall("rect")
    assert "calibration error 0.225" in html


def test_axis_starts_below_the_lowest_interval() -> None:
    assert Axis(60).at(0.8) == "50.00%"
    assert Axis(60).ticks == [60, 70, 80, 90, 100]
    assert Axis(60).at(0.1) == "0.00%"


def test_a_page_of_nothing_answerable() -> None:
    html = page("t", [outcome(0.2, None, "x", answerable=False)])
    assert "Answered, should not be" in html and "Legs compared" not in html
