"""Blocks in reading order → clean text, the spans that tie it to the extract, and its headings."""

import re
from collections.abc import Sequence

from rag.documents.lines import Line, is_cjk
from rag.documents.paragraphs import Block
from rag.records import Heading, Span

_HYPHENS = "-\u00ad\u2010"


def compose(blocks: Sequence[Block], source: str) -> tuple[str, tuple[Span, ...], tuple[Heading, ...]]:
    """Paragraphs and headings are set apart by a blank line; the lines of each are joined."""
    vocabulary = frozenset(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", source.lower()))
    paged = any(line.page > 1 for block in blocks for line in block.lines)
    parts: list[str] = []
    spans: list[Span] = []
    headings: list[Heading] = []
    at = 0
    for n, block in enumerate(blocks):
        if n:
            parts.append("\n\n")
            at += 2
        start = at
        for i, line in enumerate(block.lines):
            following = block.lines[i + 1] if i + 1 < len(block.lines) else None
            text, glue = line.text, ""
            if following is not None:
                text, glue = _joined(line, following, vocabulary)
            parts += [text, glue]
            spans.append(Span(at, at + len(text), line.start, line.start + len(text), line.page if paged else None))
            at += len(text) + len(glue)
        if block.level:
            headings.append(Heading(start, at, block.level))
    return "".join(parts), tuple(spans), tuple(headings)


def _joined(line: Line, following: Line, vocabulary: frozenset[str]) -> tuple[str, str]:
    """The line's text (a hyphen that only the line end needed taken off) and what goes between it and the next."""
    if line.text[-1] in _HYPHENS and following.text[0].isalpha() and len(line.text) > 1 and line.text[-2].isalpha():
        left, right = re.findall(r"[^\W\d_]+", line.text)[-1], re.findall(r"[^\W\d_]+", following.text)[0]
        kept = f"{left}-{right}".lower() in vocabulary and f"{left}{right}".lower() not in vocabulary
        if line.text[-1] == "\u00ad" or (following.text[0].islower() and not kept):
            return line.text[:-1], ""
        return line.text, ""
    if is_cjk(line.text[-1]) or is_cjk(following.text[0]) or _is_wide_mark(line.text[-1], following.text[0]):
        return line.text, ""
    return line.text, " "


def _is_wide_mark(left: str, right: str) -> bool:
    # Quotation marks, dashes and dots that CJK text shares with others: they carry no space beside another mark.
    return left in "“‘—…《（「『" or right in "”’—…》）」』"
