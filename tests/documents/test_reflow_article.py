"""Reflow on the magazine article that the default corpus digests; it is copyrighted, so only key strings stand here."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from rag.documents.load import load
from rag.documents.reflow import reflow

FOLDER = Path(__file__).parents[3] / "shared" / "article"
ARTICLE = FOLDER / "article.txt"
pytestmark = pytest.mark.skipif(not ARTICLE.is_file(), reason=f"the article is not there: {ARTICLE}")


@pytest.fixture(scope="module")
def extract():
    return load(ARTICLE, 50)


@pytest.fixture(scope="module")
def done(extract):
    return reflow(extract)


@pytest.fixture(scope="module")
def document(done):
    return done[0]


def bare(text):
    return re.sub(r"\s+", "", text)


def sections(document):
    """Heading → the text under it, up to the next heading, white space dropped."""
    ends = [h.start for h in document.headings[1:]] + [len(document.text)]
    return {
        bare(document.text[h.start : h.end]): bare(document.text[h.end : end])
        for h, end in zip(document.headings, ends, strict=True)
    }


def test_begins_with_its_title_and_authors(document):
    first, second, *_ = document.text.split("\n\n")
    assert first.startswith("国际科技创新中心") and first.endswith("北京探索")
    assert document.title == first
    assert bare(second) == "陈焕友徐展"
    assert [h.level for h in document.headings].count(1) == 1 and document.headings[0].level == 1


@pytest.mark.parametrize(
    ("before", "behind"),
    [("连续六年蝉联“自然指数", "科研城市”榜首"), ("累计已开放服务150余家", "科研单位、180余项重大")],
)
def test_a_sentence_that_the_columns_tore_apart_is_whole(document, before, behind):
    found = [bare(part) for part in document.text.split("\n\n") if bare(before) in bare(part)]
    assert len(found) == 1
    tail = found[0].split(bare(before))[1]
    assert re.match(r"[—–-]?" + re.escape(behind), tail), tail[:20]


def test_the_running_head_is_gone_and_reported(document, done):
    head = "“推进人才工作改革创新”系列报道"
    assert [drop.text for drop in done[1].dropped] == [head + "16"]
    assert head + "16" not in bare(document.text)
    # The note names the series itself, and keeps doing so.
    assert bare(document.text).count(head) == 1


def test_the_editors_note_is_a_section_that_cuts_no_sentence(document):
    note = sections(document)["编者"]
    assert note.startswith("近年来") and note.endswith("欢迎关注。") and "“推进人才工作改革创新”" in note
    assert len(note) < 200


def test_the_goals_box_is_a_section_under_its_own_headings(document):
    headings = [bare(document.text[h.start : h.end]) for h in document.headings]
    assert headings[-4] == "链接" and headings[-3].endswith("中心建设目标")
    assert headings[-2:] == ["发展目标", "具体目标"]
    levels = [h.level for h in document.headings[-4:]]
    assert levels == sorted(levels) and levels[0] < levels[1] < levels[2]
    box = sections(document)["具体目标"]
    assert box.startswith("到2025年") and "7.5%左右" in box and "260人" in box
    assert "作者单位" not in box


def test_four_sections_in_the_printed_order(document):
    second = [bare(document.text[h.start : h.end])[:4] for h in document.headings if h.level == 2]
    assert second == ["编者", "建强战略", "完善人才", "优化区域", "深化科技", "链接"]


def test_every_fact_is_still_there(document):
    text = bare(document.text)
    facts = [json.loads(line) for line in (FOLDER / "facts.jsonl").read_text("utf-8").splitlines() if line.strip()]
    assert facts
    missing = [
        (fact["id"], key) for fact in facts for key in fact["keys"] if not any(bare(k) in text for k in key.split("|"))
    ]
    assert missing == []


def test_every_span_maps_to_identical_characters(document, extract):
    assert document.spans
    for span in document.spans:
        assert document.text[span.start : span.end] == extract.text[span.source_start : span.source_end]


def test_nothing_is_lost_but_what_the_report_lists(document, done, extract):
    dropped = "".join(drop.text for drop in done[1].dropped)
    missing = Counter(bare(extract.text)) - Counter(bare(document.text + dropped))
    # The dashes in front of the note's signature: its name became the section's heading.
    assert set(missing) <= set("—-") and missing.total() <= 2
    assert Counter(bare(document.text)) - Counter(bare(extract.text)) == Counter()
