"""PDF files: pages, hyphens, columns in reading order, and the files that cannot be read."""

import io
import random
import threading
from collections.abc import Callable, Sequence
from itertools import chain

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph

from rag.documents.pdf import read_pdf
from rag.errors import BadDocument

pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
HANZI = "公园湖边新修木栈道全长约三里每天早晨都有老人来散步周末游客更多"
WORDS = ["the", "lake", "path", "was", "built", "last", "year", "and", "every", "morning", "many", "people", "walk"]

Item = tuple[float, float, str]  # x, y, text


def pdf(pages: Sequence[Sequence[Item]], size: float = 10, title: str = "", **canvas: object) -> bytes:
    buffer = io.BytesIO()
    c = Canvas(buffer, pagesize=(595, 842), **canvas)
    c.setTitle(title)
    for page in pages:
        for x, y, text in page:
            c.setFont("Helvetica" if text.isascii() else "STSong-Light", size)
            c.drawString(x, y, text)
        c.showPage()
    c.save()
    return buffer.getvalue()


def prose(chance: random.Random, lines: int, width: float, chinese: bool) -> list[str]:
    """Lines of one column, set in 10 point; the last one of each paragraph is short."""
    made = []
    for number in range(lines):
        full = 0.4 if number % 7 == 6 else 1.0
        line = f"{number:02d}"
        if chinese:
            line += "".join(chance.choices(HANZI, k=int(width * full / 10) - 1))
        else:
            while pdfmetrics.stringWidth(f"{line} morning", "Helvetica", 10) < width * full:
                line += " " + chance.choice(WORDS)
        made.append(line)
    return made


def set_in_columns(columns: list[list[str]], xs: list[float], top: float) -> list[list[Item]]:
    return [[(x, top - 14 * row, line) for row, line in enumerate(c)] for c, x in zip(columns, xs, strict=True)]


def column_by_column(columns: list[list[Item]]) -> list[Item]:
    return [item for column in columns for item in column]


def row_by_row(columns: list[list[Item]]) -> list[Item]:
    return sorted(column_by_column(columns), key=lambda item: (-item[1], item[0]))


def shuffled(columns: list[list[Item]]) -> list[Item]:
    items = column_by_column(columns)
    random.Random(5).shuffle(items)
    return items


@pytest.mark.parametrize("chinese", [True, False], ids=["chinese", "english"])
@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("drawn", [column_by_column, row_by_row])
def test_columns_are_read_one_after_the_other(
    chinese: bool, count: int, drawn: Callable[[list[list[Item]]], list[Item]]
) -> None:
    """Two stories of columns, a headline above each and a page number below, in both orders of drawing."""
    chance = random.Random(count)
    width = (475 - 20 * (count - 1)) / count
    xs = [60 + number * (width + 20) for number in range(count)]
    stories = [[prose(chance, 20, width, chinese) for _ in range(count)] for _ in range(2)]
    headlines = ["HEADLINE " * 7, "SECOND HEADLINE " * 4]
    page = [(60.0, 780.0, headlines[0]), *drawn(set_in_columns(stories[0], xs, 750))]
    page += [(60.0, 440.0, headlines[1]), *drawn(set_in_columns(stories[1], xs, 410)), (290.0, 40.0, "- 17 -")]
    lines = read_pdf(pdf([page]), "x").text.split("\n")
    wanted = [headlines[0], *chain(*stories[0]), headlines[1], *chain(*stories[1]), "- 17 -"]
    assert lines == [line.strip() for line in wanted]


def test_columns_of_unequal_length_and_line_grid() -> None:
    chance = random.Random(9)
    left, right = prose(chance, 30, 230, True), prose(chance, 11, 230, True)
    columns = [[(60.0, 760 - 14 * n, line) for n, line in enumerate(left)]]
    columns.append([(305.0, 755 - 17.5 * n, line) for n, line in enumerate(right)])
    assert read_pdf(pdf([row_by_row(columns)]), "x").text.split("\n") == left + right


def test_a_justified_paragraph_keeps_its_lines() -> None:
    style = ParagraphStyle("justified", fontName="Helvetica", fontSize=11, leading=14, alignment=4)
    paragraph = Paragraph(" ".join(random.Random(2).choices(WORDS, k=260)), style)
    buffer = io.BytesIO()
    c = Canvas(buffer, pagesize=(595, 842))
    paragraph.wrapOn(c, 190, 800)  # narrow: wide gaps between the words
    paragraph.drawOn(c, 60, 60)
    c.save()
    wanted = [" ".join(line[1]) for line in paragraph.blPara.lines]
    assert read_pdf(buffer.getvalue(), "x").text.split("\n") == wanted


def test_tables_and_contents_are_read_row_by_row() -> None:
    chance = random.Random(4)
    rows = [("".join(chance.choices(HANZI, k=chance.randint(2, 9))), str(chance.randint(1, 900))) for _ in range(25)]
    items = [(x, 760.0 - 16 * n, cell) for n, row in enumerate(rows) for x, cell in zip((60, 480), row, strict=True)]
    assert read_pdf(pdf([items]), "x").text.split("\n") == [" ".join(row) for row in rows]
    cells = [["".join(chance.choices(HANZI, k=chance.randint(3, 12))) for _ in range(3)] for _ in range(25)]
    items = [(60.0 + 160 * k, 760.0 - 16 * n, cell) for n, row in enumerate(cells) for k, cell in enumerate(row)]
    assert read_pdf(pdf([items]), "x").text.split("\n") == [" ".join(row) for row in cells]


def test_pages_have_their_starts_and_empty_ones_a_note() -> None:
    extract = read_pdf(pdf([[(60, 700, "第一页")], [], [(60, 700, "第三页"), (60, 680, "末行")]]), "x")
    assert extract.text == "第一页\n\n第三页\n末行"
    assert [extract.text[start:][:3] for start in extract.page_starts] == ["第一页", "\n第三", "第三页"]
    assert len(extract.notes) == 1
    assert extract.notes[0].startswith("page 2 has no text")


def test_hyphens_stay_at_the_line_ends() -> None:
    lines = ["An infor-", "mation desk for well-", "known sights, 10-20\xad", "in all"]
    page = [(60.0, 700.0 - 15 * n, line.replace("\xad", "-")) for n, line in enumerate(lines)]
    assert read_pdf(pdf([page]), "x").text == "An infor-\nmation desk for well-\nknown sights, 10-20-\nin all"


@pytest.mark.parametrize(
    ("metadata", "title"),
    [
        ("湖边公园", "湖边公园"),
        ("", None),
        ("untitled", None),
        ("Microsoft Word - 稿件.docx", None),
        ("final_v3.indd", None),
    ],
)
def test_only_a_sensible_title_is_taken(metadata: str, title: str | None) -> None:
    assert read_pdf(pdf([[(60, 700, "正文")]], title=metadata), "x").title == title


def test_files_that_cannot_be_read() -> None:
    page = [[(60.0, 700.0, "text")]]
    with pytest.raises(BadDocument, match=r"encrypted.*decrypted copy"):
        read_pdf(pdf(page, encrypt=StandardEncryption("secret")), "x")
    assert (
        read_pdf(pdf(page, encrypt=StandardEncryption("", ownerPassword="o")), "x").text == "text"
    )  # opens for anyone
    good = pdf(page)
    for bad in (good[: len(good) // 2], b"%PDF-1.7\nrubbish"):
        with pytest.raises(BadDocument, match="damaged"):
            read_pdf(bad, "x")


def test_a_scanned_file_names_ocr() -> None:
    buffer = io.BytesIO()
    c = Canvas(buffer)
    for _ in range(2):
        c.rect(100, 100, 300, 300, fill=1)  # a picture is as textless as a drawing
        c.showPage()
    c.save()
    with pytest.raises(BadDocument, match=r"scanned.*OCR"):
        read_pdf(buffer.getvalue(), "x")


def test_threads_read_at_the_same_time() -> None:
    data = pdf([[(60, 700, f"page {n}")] for n in range(10)])
    results: list[str] = []
    threads = [threading.Thread(target=lambda: results.append(read_pdf(data, "x").text)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == ["\n".join(f"page {n}" for n in range(10))] * 8
