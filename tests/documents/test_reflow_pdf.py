"""Loading and reflowing PDF files whose paragraphs run over pages, with running heads and page numbers."""

import re
from pathlib import Path

import pytest
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph

from rag.documents.load import load
from rag.documents.reflow import reflow

PAGE = (280, 230)
"""Points: small, so that a text of a page and a half fills many."""
TEXTS = Path(__file__).parent / "texts"
HEADS = {"canal.zh": "河道与仓库 地方史研究", "orchard.en": "District Growers Quarterly"}


def bare(text):
    return re.sub(r"\s+", "", text)


@pytest.fixture(scope="module", params=sorted(HEADS))
def made(request, tmp_path_factory):
    """(extract, document, report, head, the paragraphs that were printed)"""
    name, head = request.param, HEADS[request.param]
    chinese = name.endswith("zh")
    font = "STSong-Light" if chinese else "Times-Roman"
    if chinese:
        pdfmetrics.registerFont(UnicodeCIDFont(font))
    body = ParagraphStyle(
        "body", fontName=font, fontSize=10, leading=14, firstLineIndent=20, wordWrap="CJK" if chinese else None
    )
    title = ParagraphStyle("title", parent=body, fontSize=13, firstLineIndent=0, spaceBefore=8, spaceAfter=6)
    paragraphs = (TEXTS / f"{name}.txt").read_text("utf-8").strip().split("\n\n")

    def furniture(canvas, _document):
        canvas.setFont(font, 8)
        canvas.drawString(30, PAGE[1] - 22, head)
        canvas.drawCentredString(PAGE[0] / 2, 16, str(canvas.getPageNumber() + 40))

    path = tmp_path_factory.mktemp("pdf") / f"{name}.pdf"
    document = BaseDocTemplate(str(path), pagesize=PAGE)
    document.addPageTemplates(
        PageTemplate(frames=[Frame(28, 30, PAGE[0] - 56, PAGE[1] - 66)], onPage=furniture)  # type: ignore[arg-type]
    )
    document.build([Paragraph(p, title if len(p) < 30 else body) for p in paragraphs])
    extract = load(path, 50)
    return extract, *reflow(extract), head, paragraphs


def test_the_pages_cut_paragraphs(made):
    extract, _, _, _, paragraphs = made
    assert len(extract.page_starts) >= 5
    assert sum(bare(p) not in bare(extract.text) for p in paragraphs) >= 2


def test_every_paragraph_is_whole_again(made):
    _, document, _, _, paragraphs = made
    wanted, found = [bare(p) for p in paragraphs], [bare(p) for p in document.text.split("\n\n")]
    assert [p for p in wanted if not any(p in whole for whole in found)] == []
    assert "".join(found) == "".join(wanted)
    # The extract holds no indent: a paragraph whose last line is full cannot be told from one that goes on.
    assert len(found) >= len(wanted) - 2


def test_running_heads_and_page_numbers_are_dropped_and_listed(made):
    extract, document, report, head, _ = made
    assert head not in document.text
    pages = len(extract.page_starts)
    dropped = [drop.text for drop in report.dropped]
    assert dropped.count(head) == pages
    assert [text for text in dropped if text != head] == [str(41 + n) for n in range(pages)]
    assert [drop.page for drop in report.dropped if drop.text == head] == list(range(1, pages + 1))


def test_every_span_knows_its_page(made):
    extract, document, _, _, _ = made
    bounds = [*extract.page_starts, len(extract.text)]
    assert {span.page for span in document.spans} == set(range(1, len(extract.page_starts) + 1))
    for span in document.spans:
        assert document.text[span.start : span.end] == extract.text[span.source_start : span.source_end]
        assert bounds[span.page - 1] <= span.source_start < span.source_end <= bounds[span.page]


def test_headings_are_known(made):
    _, document, _, _, paragraphs = made
    headings = [bare(document.text[h.start : h.end]) for h in document.headings]
    assert headings == [bare(p) for p in paragraphs if len(p) < 30]
