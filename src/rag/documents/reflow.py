"""Extract → Document: broken print becomes headings and paragraphs again, each character still tied to its source.

Nothing is ever written into the text but line ends and the spaces between words: every other character of the clean
text stands in the extract, where `Document.spans` says. Text that is not line-broken passes through unchanged.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePath

from rag.documents.compose import compose
from rag.documents.extract import Extract
from rag.documents.furniture import Dropped, drop_furniture
from rag.documents.lines import Line, split_lines
from rag.documents.order import put_in_order
from rag.documents.paragraphs import to_blocks
from rag.documents.seams import Seams
from rag.documents.swapped import unswapped
from rag.documents.wrap import base_gap, breaks_inside, is_line_broken, wrap_widths
from rag.records import Document, Heading, Span

_PRINTED = frozenset({"text", "pdf"})
"""Kinds whose lines are printed lines; the others state their paragraphs and headings themselves."""


@dataclass(frozen=True, slots=True)
class Report:
    """What reflow did: dropped lines, lines joined to paragraphs, pieces moved, loose ends joined."""

    changed: bool = False
    dropped: tuple[Dropped, ...] = ()
    lines_joined: int = 0
    pieces_moved: int = 0
    ends_joined: int = 0


def reflow(extract: Extract, metadata: Mapping[str, str] | None = None) -> tuple[Document, Report]:
    """The clean document and what was done to get it."""
    text, headings, report = extract.text, extract.headings, Report()
    spans: tuple[Span, ...] = ()
    if extract.kind in _PRINTED:
        lines = split_lines(extract.text, extract.page_starts)
        wraps = wrap_widths(lines)
        if lines and (is_line_broken(lines, wraps) or len(extract.page_starts) > 1):
            text, spans, headings, report = _reflow(extract.text, lines, wraps)
        elif not headings:
            headings = _plain_headings(lines, wraps)
    if not spans:
        spans = _whole(extract)
    title = extract.title or next((text[h.start : h.end] for h in headings if h.level == 1), "")
    title = re.sub(r"\s+", " ", title).strip()
    # A title of the text's own is content; the file's name, which stands in for one, is not.
    identity = hashlib.sha256(f"{title}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
    title = title or PurePath(extract.source).stem
    return Document(identity, extract.source, title, text, spans, headings, dict(metadata or {})), report


def _reflow(
    text: str, lines: list[Line], wraps: list[int]
) -> tuple[str, tuple[Span, ...], tuple[Heading, ...], Report]:
    seams = Seams([line.text for line in lines])

    def runs_on(i: int) -> bool:
        return i + 1 < len(lines) and breaks_inside(lines[i], lines[i + 1], wraps[i])

    kept, dropped, cuts = drop_furniture(lines, runs_on, lambda above, below: seams.score(above, below) > 0.75)
    gap = base_gap(kept, wrap_widths(kept))
    kept, cuts, columns = unswapped(kept, gap, cuts, seams)
    wraps = wrap_widths(kept)
    blocks = to_blocks(kept, wraps, gap, cuts, seams.score)
    ordered = put_in_order(blocks, seams)
    clean, spans, headings = compose(ordered.blocks, text)
    joined = sum(len(block.lines) - 1 for block in ordered.blocks)
    return clean, spans, headings, Report(True, tuple(dropped), joined, columns + ordered.moved, ordered.joined)


def _plain_headings(lines: list[Line], wraps: list[int]) -> tuple[Heading, ...]:
    blocks = to_blocks(lines, wraps, base_gap(lines, wraps), set(), lambda _tail, _head: 0.0)
    found = [block for block in blocks if block.level]
    return tuple(
        Heading(block.lines[0].start, block.lines[0].end, 1 if block is blocks[0] else max(2, block.level))
        for block in found
    )


def _whole(extract: Extract) -> tuple[Span, ...]:
    starts = [*extract.page_starts, len(extract.text)]
    if len(starts) == 1:
        return (Span(0, len(extract.text), 0, len(extract.text)),)
    return tuple(Span(a, b, a, b, n + 1) for n, (a, b) in enumerate(pairwise(starts)) if a < b)
