"""Boxed notes: where they stand among the blocks, and how they become sections under their own headings."""

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.documents.paragraphs import Block
from rag.documents.wrap import typical_width

_LABEL = re.compile(
    r"(?:相关|延伸|知识)?(?:链接|阅读|资料|背景|名词解释|小贴士|小知识|案例|专栏|观点|声音|数据|Q&A)"
    r"|(?:Link|Box|Sidebar|Background|Note|Further reading|Related)s?(?:\s+\d+)?",
    re.IGNORECASE,
)
_OTHER_COLUMN = 0.08
"""A box is set in another column width: by at least this share."""
_FEWEST_LINES = 5


def box_starts(blocks: Sequence[Block]) -> dict[int, int]:
    """First block number → the number behind the last block, for each box."""
    boxes: dict[int, int] = {}
    for i, block in enumerate(blocks):
        if block.signed:
            start = _back_to_edge(blocks, i)
            if start < i:
                boxes[start] = i + 1
    for first, behind in _headings_without_body(blocks):
        top = _back_to_other_width(blocks, first)
        if top is not None and all(not s <= top < e for s, e in boxes.items()):
            boxes[top] = behind
    return boxes


def as_section(blocks: Sequence[Block]) -> list[Block]:
    """The box's blocks with its headings in front of its body."""
    last = blocks[-1]
    if last.signed:
        line = last.lines[0]
        name = re.sub(r"^[—–-]+\s*", "", line.text)
        return [Block((line.cut(len(line.text) - len(name), len(line.text)),), level=2), *blocks[:-1]]
    size = next(n for n in range(len(blocks)) if not blocks[len(blocks) - 1 - n].level)
    body, headings = list(blocks[: len(blocks) - size]), list(blocks[len(blocks) - size :])
    labels = [h for h in headings if _LABEL.fullmatch(h.head)]
    named = sorted((h for h in headings if h not in labels), key=lambda h: -h.lines[0].width)
    front = [replace(h, level=2) for h in labels[:1]]
    if named:
        front.append(replace(named[0], level=2 + len(front)))
    # Which part of the body each lesser heading stood over is lost: all of them stand over the whole.
    level = 2 + len(front)
    front += [replace(h, level=level) for h in headings if h not in labels[:1] + named[:1]]
    return [*front, *body]


def _back_to_edge(blocks: Sequence[Block], i: int) -> int:
    """A signed note begins where a sentence before it breaks off, or behind dropped furniture or a heading."""
    start = i
    while start > 0 and not (blocks[start - 1].open_tail or blocks[start].cut or blocks[start - 1].level):
        start -= 1
        if i - start > 6:
            return i
    return start if start else i


def _headings_without_body(blocks: Sequence[Block]) -> list[tuple[int, int]]:
    """Runs of headings that nothing follows before the text, or the piece, ends: at least two, or a box's label."""
    runs = []
    i = 0
    while i < len(blocks):
        j = i
        while j < len(blocks) and blocks[j].level:
            j += 1
        ended = j == len(blocks) or blocks[j].cut
        if i < j and ended and (j - i >= 2 or _LABEL.fullmatch(blocks[i].head)):
            runs.append((i, j))
        i = max(j, i + 1)
    return runs


def _back_to_other_width(blocks: Sequence[Block], first: int) -> int | None:
    """Where the column width changes most above a run of headings, at a block that a finished one precedes."""
    best, widest = None, _OTHER_COLUMN
    for start in range(first - 1, 0, -1):
        if blocks[start].cut:
            return start
        if blocks[start - 1].level:
            break
        inside = [line for block in blocks[start:first] for line in block.lines]
        if len(inside) < _FEWEST_LINES or not blocks[start - 1].finished:
            continue
        above = typical_width([line for block in blocks[max(0, start - 9) : start] for line in block.lines][-9:])
        contrast = abs(typical_width(inside[:9]) - above) / above
        if contrast > widest:
            best, widest = start, contrast
    return best
