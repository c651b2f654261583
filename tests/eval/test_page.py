"""The page: calibration worked out by hand, and foreign text that stays text."""

from xml.etree import ElementTree

import pytest
from measure import Outcome
from page import page, reliability
from questions import Question

from rag.records import Answer, Hit, Passage


def outcome(score: float, rank: int | None, text: str = "passage", answerable: bool = True) -> Outcome:
    groups = ((("key",),),) if answerable else ()
    question = Question("id", "dev", "t", "direct", "en", text, (), groups)
    hit = Hit(Passage("p", "d", text, 0, len(text), text, ()), score)
    return Outcome(question, (hit,), rank, Answer(text, "", (), (), (hit,), True, "", "en", {}), 0.01, 0.02)


def test_calibration_is_what_is_worked_out_by_hand() -> None:
    outcomes = [outcome(0.9, 1), outcome(0.92, None, answerable=False), outcome(0.15, 2), outcome(0.15, None)]
    points, error = reliability(outcomes)
    assert points == [(pytest.approx(0.15), 0, 2), (pytest.approx(0.91), 0.5, 2)]
    assert error == pytest.approx((0.15 + 0.41) / 2)


def test_foreign_text_is_never_markup_and_nothing_is_loaded() -> None:
    html = page("<i>title", [outcome(0.4, None, "<script>alert(1)</script>\"'&"), outcome(1.0, 1)])
    assert "<script" not in html and "<i>" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "http://" not in html and "https://" not in html and "src=" not in html
    svgs = [part.split("</svg>")[0] for part in html.split("<svg")[1:]]
    assert len(svgs) == 3
    circles = [len(ElementTree.fromstring(f"<svg{svg}</svg>").findall("circle")) for svg in svgs]
    assert circles == [0, 2, 0]
    assert "calibration error: 0.200" in html
