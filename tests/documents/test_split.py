"""Passages: what they hold, how long they are, which headings stand over them."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.documents.extract import Extract
from rag.documents.lines import width
from rag.documents.markdown import read_markdown
from rag.documents.reflow import reflow
from rag.documents.sentences import split_sentences
from rag.documents.split import split
from rag.records import Document, embedding_text


def count(texts):
    """A token a character, and two specials."""
    return [len(text) + 2 for text in texts]


def markdown(text, source="/notes/a.md"):
    return reflow(read_markdown(text, source))[0]


def plain(text):
    return Document("id", "/notes/a.txt", "a", text)


def check(document, passages, count_tokens, tokens, chars):
    """What holds for every division of a document without headings at its end."""
    at = 0
    for passage in passages:
        assert passage.text == document.text[passage.start : passage.end]
        assert passage.text == passage.text.strip() != ""
        assert passage.start >= at
        assert passage.document == document.id
        at = passage.end
        assert width(passage.text) / 2 <= chars
        edge = passage.start
        for sentence in passage.sentences:
            assert edge <= sentence.start < sentence.end <= passage.end
            assert document.text[edge : sentence.start].strip().strip("\ufeff\u200b").strip() == ""
            edge = sentence.end
    assert max(count_tokens([embedding_text(p.heading, p.text) for p in passages]), default=0) <= tokens
    assert len({p.id for p in passages}) == len(passages)


def uncovered(document, passages):
    """The characters that are in no passage, white space aside."""
    edges = [0, *(edge for p in passages for edge in (p.start, p.end)), len(document.text)]
    return "".join("".join(document.text[a:b].split()) for a, b in zip(edges[::2], edges[1::2], strict=True))


ZH = "".join(f"第{n}家工厂位于河边，{'它每天生产很多零件，' * (n % 4)}雇用了{n * 7}人。" for n in range(60))
EN = " ".join(f"Mill number {n} stands by the river{' and grinds a lot of grain' * (n % 4)}." for n in range(60))


@pytest.mark.parametrize(("tokens", "chars"), [(64, 400), (200, 50), (128, 100), (32, 40)])
@pytest.mark.parametrize("text", [ZH, EN, f"{EN}\n\n{ZH}", ZH.replace("。", "。\n\n")])
def test_limits_hold_and_sentences_stay_whole(text, tokens, chars):
    document = plain(text)
    passages = split(document, count, tokens, chars)
    check(document, passages, count, tokens, chars)
    assert uncovered(document, passages) == ""
    sentences = [(s.start, s.end) for s in split_sentences(text)]
    kept = {(s.start, s.end) for p in passages for s in p.sentences}
    room = tokens - 4 - 2  # specials, two tokens in hand, the white space behind
    too_long = [(a, b) for a, b in sentences if b - a > room or width(text[a:b]) / 2 > chars - 1]
    assert [s for s in sentences if s not in kept and s not in too_long] == []
    assert len(passages) < len(sentences) or too_long


def test_paragraphs_that_fit_together_share_a_passage_and_a_long_one_is_divided_evenly():
    short = "\n\n".join(["甲厂在东边。", "乙厂在西边。", "丙厂在南边。"])
    assert [p.text for p in split(plain(short), count, 256, 400)] == [short]
    sizes = [len(p.text) for p in split(plain("这是十个字的一句话。" * 45), count, 512, 400)]
    assert sizes == [230, 220]


@pytest.mark.parametrize(
    ("sentence", "ends"),
    [
        ("好" * 3000, None),
        ("，".join("好" * 9 for _ in range(300)), "，"),
        ("x" * 3000, None),
        (" ".join(["word"] * 600), "d"),
        ("；".join(["，".join(["好" * 19] * 5)] * 30), "，；"),
    ],
)
def test_a_sentence_that_alone_is_too_long_is_cut_at_its_finest_pause(sentence, ends):
    document = plain(f"前面一句。\n\n{sentence}\n\n后面一句。")
    passages = split(document, count, 256, 400)
    check(document, passages, count, 256, 400)
    assert uncovered(document, passages) == ""
    inside = [p for p in passages if p.start > 0 and p.end < document.text.index("后面")]
    assert len(passages) <= 3000 // 200 + 3
    if ends:
        assert all(p.text[-1] in ends for p in inside[:-1])


def test_repeated_paragraphs_keep_their_own_offsets():
    paragraph = "同样的一段话。它重复很多次。"
    document = plain("\n\n".join([paragraph] * 30))
    passages = split(document, count, 128, 30)
    check(document, passages, count, 128, 30)
    assert uncovered(document, passages) == ""
    assert [p.start for p in passages] == list(range(0, 30 * 16, 32))


def test_headings_of_markdown():
    document = markdown(
        "# 标题\n\n引言。\n\n## 一\n\n正文一。\n\n## 二\n\n### 二点一\n\n正文二。\n\n## 三\n## 四\n\n正文三。\n\n"
        "Setext\n======\n\nText.\n\nPart\n----\n\nMore.\n"
    )
    assert [(p.heading, p.text) for p in split(document, count, 128, 200)] == [
        ("标题", "引言。"),
        ("标题 › 一", "正文一。"),
        ("标题 › 二 › 二点一", "正文二。"),
        ("标题 › 三 / 四", "正文三。"),
        ("Setext", "Text."),
        ("Setext › Part", "More."),
    ]


def test_title_stands_in_front_unless_it_is_only_the_name_of_the_file():
    assert markdown("---\ntitle: Front\n---\n").title == "Front"
    named = split(markdown("---\ntitle: Front\n---\n\n## A\n\nText.\n"), count, 128, 200)
    assert (named[-1].heading, named[-1].text) == ("Front › A", "Text.")
    assert [p.heading for p in split(markdown("## A\n\nText.\n"), count, 128, 200)] == ["A"]
    assert [p.heading for p in split(markdown("Text.\n"), count, 128, 200)] == [""]


@pytest.mark.parametrize(
    ("text", "passages"),
    [
        ("# Only a title\n", [("", "Only a title")]),
        ("# A\n\n## B\n\n### C\n\n## D\n\nText.\n", [("A › B", "C"), ("A › D", "Text.")]),
        ("# A\n\nText.\n\n## The gate closes at nine\n", [("A", "Text."), ("A", "The gate closes at nine")]),
        ("# A\n\n## B\n\n## C\n", [("A", "B\n\n## C")]),
    ],
)
def test_a_heading_with_nothing_under_it_is_not_lost(text, passages):
    assert [(p.heading, p.text) for p in split(markdown(text), count, 128, 200)] == passages


def test_a_note_of_one_line_is_not_lost():
    document, _ = reflow(Extract("/notes/a.txt", "text", "hello"))
    assert [p.text for p in split(document, count, 128, 200)] == ["hello"]


def test_no_text_no_passages():
    assert split(plain(" \n\n"), count, 128, 200) == []


def test_a_long_heading_leaves_room_for_the_text():
    title = "很长的标题" * 60
    document = markdown(f"# {title}\n\n## 短\n\n{ZH}\n")
    passages = split(document, count, 128, 400)
    check(document, passages, count, 128, 400)
    assert {p.heading for p in passages} == {"短"}
    alone = split(markdown(f"# {title}\n\n{ZH}\n"), count, 128, 400)
    (heading,) = {p.heading for p in alone}
    assert title.startswith(heading)
    assert 20 <= len(heading) <= 128 // 3


LINES = ["", "# 标题", "## Part", "好。" * 9, "The mill grinds grain. It is old.", "- item", "1. one", "“引”。", "……"]
LINES += ["👍", "    code", "> quote", "a\tb\tc", "\u3000\u3000缩进。2023年。"]
ANY_LINES = st.lists(st.sampled_from([*LINES, "", "字" * 90, "x" * 150, "\ud800"]), max_size=14)


@settings(max_examples=120, deadline=None)
@given(ANY_LINES, st.integers(32, 140), st.integers(40, 300))
def test_any_markdown(lines, tokens, chars):
    document = markdown("\n".join(lines))
    passages = split(document, count, tokens, chars)
    check(document, passages, count, tokens, chars)
    headings = {i for h in document.headings for i in range(h.start, h.end)}
    held = {i for p in passages for i in range(p.start, p.end)}
    lost = [c for i, c in enumerate(document.text) if not c.isspace() and i not in held | headings]
    assert set(lost) <= {"#"}


@pytest.mark.model
def test_limits_hold_in_the_models_own_tokens(embedder):
    dice = random.Random(5)
    mixed = "".join(
        dice.choice([*ZH[:300], "量子纠缠", " photosynthesis ", "データ", "😀", "ไทย", "1.57", "\n\n", "。", ". "])
        for _ in range(4000)
    )
    for text in (ZH, EN, mixed, "好" * 3000, "qx" * 3000):
        for tokens, chars in ((64, 400), (256, 400), (512, 10_000)):
            document = markdown(f"# 工厂 mills\n\n## 河边\n\n{text}\n")
            passages = split(document, embedder.count_tokens, tokens, chars)
            check(document, passages, embedder.count_tokens, tokens, chars)
            held = sum(len("".join(p.text.split())) for p in passages)
            assert held == len("".join(text.split()))


@pytest.mark.model
def test_a_passage_uses_the_room_there_is(embedder):
    counts = embedder.count_tokens([p.text for p in split(plain(ZH), embedder.count_tokens, 256, 10_000)])
    assert min(counts[:-1]) > 180


def test_front_matter_is_no_passage():
    document = markdown("---\ntitle: Notes\nlayout: page\n---\n# Harbour\n\nThe crane lifts forty tonnes.\n")
    assert [passage.text for passage in split(document, count, 200, 400)] == ["The crane lifts forty tonnes."]


def test_file_name_is_no_content():
    """Two names for one text are one document; a title of the text's own makes another."""
    one, other = plain_file("a.txt"), plain_file("b.txt")
    assert (one.id, one.title, other.title) == (other.id, "a", "b")


def plain_file(name):
    return reflow(Extract(f"/notes/{name}", "text", "The crane lifts forty tonnes."))[0]
