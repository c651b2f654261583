"""Bytes of a web page -> its text as blocks, with the headings that the markup states (lxml's HTML parser).

Paragraphs are separated by a blank line, list items and table rows stand line by line; white space collapses as in a
browser. Navigation, page header and footer, forms, scripts and hidden parts are left out with a note. The parser only
calls back, so neither depth nor size of the page builds a tree; nothing is fetched and no entity is declared.
"""

import re
from collections import Counter
from collections.abc import Mapping

from rag.documents.blocks import Blocks
from rag.documents.encoding import decode
from rag.documents.extract import Extract

_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE)
_ALIASES = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "iso-8859-1": "cp1252", "latin1": "cp1252"}
_ALIASES |= {
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "euc-kr": "cp949",
    "us-ascii": "cp1252",
    "ks_c_5601-1987": "cp949",
}
_SILENT = {"script", "style", "noscript", "template", "iframe", "object", "svg", "select", "textarea", "button"}
_FURNITURE = {"nav", "header", "footer", "aside", "form"}
_VOID = frozenset(re.findall(r"\w+", "area base br col embed hr img input link meta param source track wbr"))
_BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "address article blockquote body center dd details dialog div dl dt fieldset figcaption figure h1 h2 h3 h4 h5 "
        "h6 hr html legend li main menu ol p pre section summary table tbody td tfoot th thead tr ul",
    )
)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HEADING = re.compile("h[1-6]")
_SPACES = re.compile("[ \t\n\r\f]+")  # what a browser collapses; a no-break or ideographic space stays


def read_html(data: bytes, source: str) -> Extract:
    """Text and headings. Raises BadDocument when the bytes are not text."""
    from lxml import etree

    text, encoding = decode(data, _declared(data))
    page = _Page()
    parser = etree.HTMLParser(target=page, encoding="utf-8", huge_tree=True, no_network=True)
    parser.feed(text.encode("utf-8", "replace"))
    parser.close()
    notes = [] if encoding == "utf-8" else [f"read as {encoding}"]
    left_out = ", ".join(f"{count} {name}" for name, count in sorted(page.left_out.items()))
    if left_out:
        notes.append(f"left out: {left_out}")
    title = " ".join("".join(page.title).split()) or None
    headings = page.blocks.headings
    if title is None and headings and headings[0].level == 1:
        title = page.blocks.text[headings[0].start : headings[0].end]
    return Extract(source, "html", page.blocks.text, title, tuple(headings), notes=tuple(notes))


def _declared(data: bytes) -> str | None:
    found = _META.search(data[:4096])
    name = found[1].decode("ascii").lower() if found else None
    return _ALIASES.get(name, name) if name else None


class _Page:
    """lxml's parser target: start, end, data and close are its interface."""

    def __init__(self) -> None:
        self.blocks = Blocks()
        self.title: list[str] = []
        self.left_out: Counter[str] = Counter()
        self._line: list[str] = []
        self._cells: list[str] | None = None  # of the table row that is open
        self._dropped = 0  # open elements of a part that is left out
        self._in_title = False
        self._in_main = 0  # an article's own header, footer and aside are content
        self._pre = 0
        self._level = 0
        self._kind = ""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self._dropped:
            self._dropped += tag not in _VOID
        elif tag == "title":
            self._in_title = not self.title
            self._dropped = 1
        elif (reason := self._reason(tag, attributes)) is not None:
            if reason:
                self.left_out[reason] += 1
            if tag in _BLOCKS:
                self._break()
            self._dropped = int(tag not in _VOID)
        elif tag == "br":
            self._line.append(" " if self._level else "\n")
        elif tag in _BLOCKS:
            self._open(tag)

    def end(self, tag: str) -> None:
        if self._dropped:
            self._in_title &= tag != "title"
            self._dropped -= tag not in _VOID
        elif tag in _BLOCKS:
            self._close(tag)

    def data(self, text: str) -> None:
        if self._in_title:
            self.title.append(text)
        elif not self._dropped:
            self._line.append(text if self._pre else _SPACES.sub(" ", text))

    def close(self) -> None:
        self._leave_row()
        self._flush()

    def _reason(self, tag: str, attributes: Mapping[str, str]) -> str | None:
        """Why an element is left out: its name for the note, "" without a note, None to keep it."""
        if tag in _SILENT:
            return ""
        if tag in _FURNITURE and not (self._in_main and tag in ("header", "footer", "aside")):
            return tag
        hidden = "hidden" in attributes or attributes.get("aria-hidden", "").lower() == "true"
        return "hidden" if hidden or _HIDDEN_STYLE.search(attributes.get("style") or "") else None

    def _open(self, tag: str) -> None:
        if tag == "tr":
            self._leave_row()
            self._flush()
            self._cells = []
        elif tag == "table" or _HEADING.fullmatch(tag):
            self._leave_row()  # such a table lays out the page: its cells are read one after the other
            self._flush()
        elif tag not in ("td", "th") or self._cells is None:
            self._break()
        self._in_main += tag in ("article", "main")
        self._pre += tag == "pre"
        if tag == "li":
            self._kind = "item"
        if _HEADING.fullmatch(tag):
            self._level = int(tag[1])

    def _close(self, tag: str) -> None:
        if tag in ("td", "th") and self._cells is not None:
            self._cells.append(" ".join(self._taken().split()))
        elif tag == "tr":
            self._leave_row()
        elif self._cells is None:
            self._flush()
        else:
            self._line.append(" ")
        self._in_main -= tag in ("article", "main")
        self._pre -= tag == "pre"
        if tag == "li":
            self._kind = ""
        if _HEADING.fullmatch(tag):
            self._level = 0

    def _break(self) -> None:
        """A block begins: in a table cell only the second one ends the row."""
        if self._cells is not None and "".join(self._line).strip():
            self._leave_row()
        if self._cells is None:
            self._flush()

    def _leave_row(self) -> None:
        if self._cells is not None:
            cells = [*self._cells, " ".join(self._taken().split())]
            self._cells = None
            while cells and not cells[-1]:
                cells.pop()
            self.blocks.add(" | ".join(cells), kind="row")

    def _flush(self) -> None:
        text = self._taken()
        if text.strip():
            self.blocks.add(text, self._level, "" if self._level else self._kind)
            self._kind = ""  # a second paragraph of a list's item is a paragraph

    def _taken(self) -> str:
        text = "".join(self._line)
        self._line.clear()
        return text if self._pre else "\n".join(_SPACES.sub(" ", line).strip() for line in text.split("\n"))
