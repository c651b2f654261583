"""Blanks that are set between Chinese and figures or Latin letters."""

import pytest

from rag.answering.blanks import closed_up


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("引进 1702 人，占 6% 左右", "引进1702人，占6%左右"),
        ("平台\u00a0Quafu\u2009是", "平台Quafu是"),
        ("東京 2020 オリンピック", "東京2020オリンピック"),
        ("陈焕  徐展", "陈焕  徐展"),  # names
        ("in 2025, 12 boats", "in 2025, 12 boats"),
        ("서울 2024 년", "서울 2024 년"),  # Korean has blanks between words
        ("第一行\n2025年", "第一行\n2025年"),
        ("", ""),
    ],
)
def test_closed_up(text, closed):
    plain, places = closed_up(text)
    assert plain == closed
    assert len(places) == len(plain) + 1 and places[-1] == len(text)
    assert "".join(text[place] for place in places[:-1]) == plain
