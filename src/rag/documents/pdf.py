"""Bytes of a PDF -> its text, page by page, with the lines as they stand on the page (pypdfium2).

Out comes an Extract with `page_starts`; pages are separated by a line break. A hyphen at a line's end stays, so that
the reflow can undo it. Pages set in columns are read column by column (`columns.py`). Encrypted, scanned and damaged
files raise BadDocument.
"""

import re
import threading
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from rag.documents.columns import Run, in_columns
from rag.documents.extract import Extract
from rag.errors import BadDocument

_LOCK = threading.Lock()  # PDFium is not safe to call from two threads at once
_PASSWORD_ERROR, _SECURITY_ERROR = 4, 5  # FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY
_HYPHENS = dict.fromkeys(map(ord, "\ufffe\x02\xad"), "-")  # what PDFium writes for a hyphen at a line's end
_NO_TEXT = {*range(32), 127} - {2, 9, 10}  # glyphs without a meaning, and the CR of a CR LF
_DASHES = "-\u2010\u2011"
_GUTTER = 0.7  # of the font's size: a wider gap inside a line begins a new run
_NO_TITLE = re.compile(
    r"(?i)^(untitled|\(?anonymous\)?|\(?unspecified\)?|unbenannt|无标题|無標題|document\d*|文档\d*)$"
    r"|^microsoft |\.\w{2,4}$|^https?:|/|\\"
)


def read_pdf(data: bytes, source: str) -> Extract:
    """Text of all pages. Raises BadDocument when the file is encrypted, damaged or has no text at all."""
    import pypdfium2

    with _LOCK:
        try:
            pdf = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            if getattr(error, "err_code", None) in (_PASSWORD_ERROR, _SECURITY_ERROR):
                raise BadDocument("is encrypted with a password; save a decrypted copy and give that") from None
            raise BadDocument("is a damaged PDF; open it and save it again, or get another copy") from None
        try:
            title = _title(pdf.get_metadata_value("Title"))
            pages = [_page_text(pdf, number) for number in range(len(pdf))]
        finally:
            pdf.close()
    readable = [text for text in pages if text]
    if not pages:
        raise BadDocument("is a damaged PDF: it has no pages; get another copy")
    if not any(text.strip() for text in readable):
        raise BadDocument("is a scanned PDF: its pages are pictures without text; run OCR on it (ocrmypdf) and retry")
    notes, starts, offset = [], [], 0
    for number, text in enumerate(pages, 1):
        starts.append(offset)
        offset += len(text or "") + 1
        if text is None:
            notes.append(f"page {number} is damaged and was left out")
        elif not text.strip():
            notes.append(f"page {number} has no text (an empty page or a picture, which would need OCR)")
    return Extract(source, "pdf", "\n".join(text or "" for text in pages), title, (), tuple(starts), tuple(notes))


def _page_text(pdf: Any, number: int) -> str | None:
    """Lines of one page; None where PDFium cannot load it."""
    import pypdfium2

    try:
        page = pdf[number]
        try:
            textpage = page.get_textpage()
            try:
                runs = list(_runs(_characters(textpage)))
            finally:
                textpage.close()
        finally:
            page.close()
    except pypdfium2.PdfiumError:
        return None
    return "\n".join(line.rstrip() for line in in_columns(runs)).strip("\n")


class _Char(NamedTuple):
    text: str  # "\n" ends a line
    x0: float
    y0: float
    x1: float
    y1: float


def _characters(textpage: Any) -> Iterator[_Char]:
    """The page's characters in PDFium's order, boxes in points."""
    import ctypes

    import pypdfium2.raw as raw

    handle, rect, high = textpage.raw, raw.FS_RECTF(), 0
    box = ctypes.byref(rect)
    for index in range(textpage.count_chars()):
        code = raw.FPDFText_GetUnicode(handle, index)
        if 0xD800 <= code < 0xDC00:  # PDFium hands out the halves of a character beyond the first plane one by one
            high = code
            continue
        if 0xDC00 <= code < 0xE000:
            code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00) if high else 0xFFFD
        high = 0
        if code in _NO_TEXT or code > 0x10FFFF:
            continue
        text = chr(code).translate(_HYPHENS)
        # A character without a box leaves `rect` as it is: it stands where the one before stands.
        raw.FPDFText_GetLooseCharBox(handle, index, box)
        yield _Char(text, rect.left, rect.bottom, rect.right, rect.top)
        if text in _DASHES and raw.FPDFText_IsHyphen(handle, index) == 1:  # it stands for the line break, too
            yield _Char("\n", rect.right, rect.bottom, rect.right, rect.top)


def _runs(characters: Iterable[_Char]) -> Iterator[Run]:
    """Stretches of text without a wide gap or a line break, in the order of the characters."""
    run: list[_Char] = []
    blank = ""
    same_line = False
    for char in characters:
        if char.text.isspace():
            blank += char.text
            continue
        if run:
            gap = max(char.x0 - run[-1].x1, run[-1].x0 - char.x1)  # to the right, or back to another column's line
            wide = gap > _GUTTER * max(run[-1].y1 - run[-1].y0, 1.0)
            if wide or "\n" in blank:
                yield _as_run(run, same_line)
                run, same_line = [], "\n" not in blank
            elif blank:
                run.append(run[-1]._replace(text=" "))
        else:
            same_line = False
        run.append(char)
        blank = ""
    if run:
        yield _as_run(run, same_line)


def _as_run(run: list[_Char], same_line: bool) -> Run:
    return Run(
        "".join(char.text for char in run),
        *(min(char.x0 for char in run), min(char.y0 for char in run)),
        *(max(char.x1 for char in run), max(char.y1 for char in run)),
        size=run[-1].y1 - run[-1].y0,
        same_line=same_line,
    )


def _title(text: str) -> str | None:
    """The metadata's title unless it is a program's filler or a file name."""
    text = " ".join(text.replace("\x00", "").split())
    return text if 2 <= len(text) <= 200 and not _NO_TITLE.search(text) and "\ufffd" not in text else None
