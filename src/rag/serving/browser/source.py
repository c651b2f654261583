"""A document and a range to mark → the blocks a reader shows: headings and paragraphs, cut at the mark's ends."""

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

from rag.records import Document

_BLANK = re.compile(r"\n[^\S\n]*\n\s*")
_BEFORE_HEADING = re.compile(r"[\s#>]*")
_AFTER_HEADING = re.compile(r"[ \t]*#*[ \t]*(?:\n[ \t]*(?:=+|-+)[ \t]*(?=\n|\Z))?")


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a block, all of it marked or none."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Block:
    """`document.text[start:end]`: a paragraph (level 0) or a heading. `page` where a new page begins, else None."""

    start: int
    end: int
    level: int
    page: int | None
    pieces: tuple[Piece, ...]


def blocks(document: Document, start: int = 0, end: int = 0) -> list[Block]:
    """The whole document in order; `text[start:end]` is marked. Markup around headings and blank lines are left out."""
    text = document.text
    ranges: list[tuple[int, int, int]] = []
    at = 0
    for heading in document.headings:
        line = text.rfind("\n", 0, heading.start) + 1
        # A heading inside a line (a list item, say) keeps what stands before it.
        begin = line if _BEFORE_HEADING.fullmatch(text, line, heading.start) else heading.start
        ranges += _paragraphs(text, at, begin)
        ranges.append((heading.start, heading.end, heading.level))
        after = _AFTER_HEADING.match(text, heading.end)
        at = after.end() if after else heading.end
    ranges += _paragraphs(text, at, len(text))
    page_starts = [span.start for span in document.spans]
    found: list[Block] = []
    last = None
    for a, b, level in ranges:
        page = document.spans[max(0, bisect_right(page_starts, a) - 1)].page if page_starts else None
        found.append(Block(a, b, level, page if page != last else None, _pieces(text, a, b, start, end)))
        last = page
    return found


def _paragraphs(text: str, start: int, end: int) -> list[tuple[int, int, int]]:
    edges = [start]
    for blank in _BLANK.finditer(text, start, end):
        edges += [blank.start(), blank.end()]
    edges.append(max(start, end))
    found = []
    for a, b in list(pairwise(edges))[::2]:
        inner = text[a:b].strip("\n")
        if inner.strip():
            a += text[a:b].index(inner)
            found.append((a, a + len(inner), 0))
    return found


def _pieces(text: str, a: int, b: int, start: int, end: int) -> tuple[Piece, ...]:
    first, last = min(max(a, start), b), max(min(b, end), a)
    if first >= last:
        return (Piece(text[a:b], False),)
    parts = (Piece(text[a:first], False), Piece(text[first:last], True), Piece(text[last:b], False))
    return tuple(part for part in parts if part.text)
