from itertools import pairwise

from rag.documents.extract import Extract
from rag.documents.markdown import read_markdown
from rag.documents.reflow import reflow
from rag.records import Document, Heading, Span
from rag.serving.browser.source import Piece, blocks


def shown(document, start=0, end=0):
    return [(block.level, "".join(p.text for p in block.pieces)) for block in blocks(document, start, end)]


def test_headings_without_their_markup_and_paragraphs_between_them():
    text = "# Title\n\nOne\nline more.\n\nTwo.\n\nUnder\n=====\n\n## Last ##\nThree."
    document, _ = reflow(read_markdown(text, "a.md"))
    assert shown(document) == [
        (1, "Title"),
        (0, "One\nline more."),
        (0, "Two."),
        (1, "Under"),
        (2, "Last"),
        (0, "Three."),
    ]


def test_every_block_is_its_slice_of_the_document_and_they_are_in_order():
    text = "\n\n  # A\n\n\n- item\n- ## in a list\n\n \n\nend\n\n"
    document, _ = reflow(read_markdown(text, "a.md"))
    found = blocks(document)
    assert ["".join(p.text for p in b.pieces) for b in found] == [document.text[b.start : b.end] for b in found]
    assert all(one.end <= two.start for one, two in pairwise(found))
    assert (2, "in a list") in shown(document)
    assert any("- item" in text for _, text in shown(document))


def test_the_mark_is_the_range_and_nothing_else():
    document = Document("d", "d.txt", "d", "first one.\n\nsecond 𠮷 two. third")
    start = document.text.index("second")
    pieces = [piece for block in blocks(document, start, start + 13) for piece in block.pieces]
    assert pieces == [Piece("first one.", False), Piece("second 𠮷 two.", True), Piece(" third", False)]


def test_a_range_over_two_paragraphs_marks_both_parts():
    document = Document("d", "d.txt", "d", "one two\n\nthree four")
    marked = [p.text for block in blocks(document, 4, 14) for p in block.pieces if p.marked]
    assert marked == ["two", "three"]


def test_ranges_outside_the_text_mark_nothing():
    document = Document("d", "d.txt", "d", "one two")
    for start, end in [(0, 0), (5, 2), (100, 200), (-5, -1), (-5, 0), (3, -7)]:
        assert blocks(document, start, end)[0].pieces == (Piece("one two", False),)
    assert blocks(document, -5, 3)[0].pieces == (Piece("one", True), Piece(" two", False))


def test_pages_are_shown_where_they_begin():
    spans = (Span(0, 5, 0, 5, 1), Span(5, 12, 5, 12, 2))
    document = Document("d", "d.pdf", "d", "one\n\ntwo\n\nsix", spans, (Heading(0, 3, 1),))
    assert [block.page for block in blocks(document)] == [1, 2, None]


def test_an_empty_document_has_no_blocks():
    document, _ = reflow(Extract("e.txt", "text", " \n\n "))
    assert blocks(document) == []
