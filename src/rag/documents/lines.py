"""Extracted text → printed lines with their measures: what reflow reasons about.

A line knows where it stands in the extract, how wide it is printed, how far it is indented, how many blank lines stand
before it and on which page it is. Widths count columns: a wide (East Asian) character takes two.
"""

import bisect
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

TERMINAL = frozenset("。！？!?.…؟۔।॥։።።‼⁇⁈⁉：:")
"""Marks that end a sentence, or (the colon) a line that introduces what follows."""
CLOSING = frozenset("”’」』）)》〉】］]}\"'»›")
OPENING = frozenset("“‘「『（(《〈【［[{«‹")
CONTINUING = frozenset("，、；,;—–-")
"""Marks after which the sentence goes on."""
NEVER_FIRST = CLOSING - frozenset("\"'") | frozenset("，、；。！？：,;.!?:%％")
"""Marks that no sentence starts with."""

_MARKER = re.compile(
    r"(?:[•●○■□◆◇▪▶►·*\-–—+]\s+"  # bullets
    r"|[①-⑳❶-❿]"
    r"|(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,4})[.)．、]\s*(?=\D)"
    r"|[(（](?:\d{1,3}|[a-zA-Z]|[一二三四五六七八九十]{1,3})[)）]"
    r"|[一二三四五六七八九十]{1,3}、"
    r"|第[一二三四五六七八九十百零〇\d]{1,5}[章节条篇部编]"
    r"|#{1,6}\s)"
)
_GAP_INSIDE = re.compile(r"\S(?:\t+| {3,}|\u3000{2,})\S")


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line. `text` is stripped and stands at `start` in the extract; `gap` counts blank lines before it."""

    text: str
    start: int
    indent: int
    gap: int
    page: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def width(self) -> int:
        return width(self.text)

    def cut(self, start: int, end: int) -> "Line":
        """The part `text[start:end]` as a line of its own, stripped."""
        part = self.text[start:end]
        lead = len(part) - len(part.lstrip())
        return Line(part.strip(), self.start + start + lead, self.indent, self.gap, self.page)


@lru_cache(maxsize=2**16)
def width(text: str) -> int:
    """Columns that the text takes; ambiguous marks (quotation marks, dashes) count as wide beside CJK."""
    if text.isascii():
        return len(text)
    ambiguous = 2 if any(is_cjk(c) for c in text) else 1
    return sum({"W": 2, "F": 2, "A": ambiguous}.get(unicodedata.east_asian_width(c), 1) for c in text)


def is_cjk(character: str) -> bool:
    """Scripts that are written without spaces between words, and lines of which are joined without one."""
    return (
        "\u2e80" <= character <= "\u312f"
        or "\u3190" <= character <= "\u9fff"
        or "\uf900" <= character <= "\ufaff"
        or "\ufe30" <= character <= "\ufe4f"
        or "\uff01" <= character <= "\uff60"
        or "\U00020000" <= character <= "\U0003ffff"
    )


def split_lines(text: str, page_starts: Sequence[int] = ()) -> list[Line]:
    """The non-blank lines of the text in file order; a form feed starts a new page as `page_starts` do."""
    starts = sorted({0, *page_starts, *(match.end() for match in re.finditer("\f", text))})
    lines: list[Line] = []
    gap = 0
    # A form feed may stand inside a line: it ends the line as a line feed does.
    for match in re.finditer(r"[^\n\f]+|[\n\f]", text):
        raw = match.group()
        if raw in "\n\f":
            gap += raw == "\n"
            continue
        stripped = raw.strip().strip("\ufeff\u200b")
        if not stripped:
            continue
        lead = raw.index(stripped)
        page = bisect.bisect_right(starts, match.start() + lead)
        # The line feed that ends the line above is no blank line; a line of white space counts once.
        lines.append(Line(stripped, match.start() + lead, width(raw[:lead]), max(0, gap - 1) if lines else 0, page))
        gap = 0
    return lines


def ends_sentence(text: str) -> bool:
    """Whether the text ends in a terminal mark, closing quotation marks and brackets aside."""
    bare = text.rstrip()
    while bare and bare[-1] in CLOSING:
        bare = bare[:-1].rstrip()
        if bare == "" or bare[-1] in OPENING:
            return False
    if bare == text.rstrip():
        return bare[-1:] in TERMINAL
    # “……。” ends a sentence; a bracket that closes a line by itself does when it opened it (a note in brackets).
    return bare[-1:] in TERMINAL or (text.rstrip()[-1] in "）)" and text.lstrip()[:1] in "（(")


def starts_item(line: Line) -> bool:
    """Whether the line opens a list item or a numbered heading."""
    return _MARKER.match(line.text) is not None


def is_tabular(line: Line) -> bool:
    """Whether wide gaps inside the line say that it is a table's row rather than running text."""
    return len(_GAP_INSIDE.findall(line.text)) >= 2 or "\t" in line.text


def first_unit(text: str) -> int:
    """Columns of what would have to fit on the line above: a word, or one CJK character, with the marks behind it."""
    match = re.match(r"[^\s]", text)
    if match is None:
        return 0
    size = 1
    if not is_cjk(text[0]):
        while size < len(text) and not text[size].isspace() and not is_cjk(text[size]):
            size += 1
    while size < len(text) and text[size] in NEVER_FIRST:
        size += 1
    return width(text[:size])
