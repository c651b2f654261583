"""Lines of a text whose extractor put the second column of every page before the first → lines in reading order.

Where a column ends a gap may say, or dropped furniture. Where nothing does, columns are taken to be of one height, so
there are few ways in which the text can have come about. Each is tried, and taken only if the seams that it makes are
far better, over the whole text, than those that it undoes.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise

from rag.documents.lines import NEVER_FIRST, Line, ends_sentence
from rag.documents.seams import WINDOW, Seams

_HEIGHTS = range(6, 91)
"""Lines in a column."""
_TRIED = 800
"""Lines that the height is looked for in."""
_FEWEST_SEAMS = 3
_LEAST_GAIN = 9.0
"""Log-odds by which the new seams must beat the old ones: together, and (the second) each on average."""
_LEAST_MEAN_GAIN = 1.0

_EDGE = 3.0
"""Log-odds against a text that begins or ends inside a sentence."""

Page = tuple[int, int, int]
"""Lines [start, middle) are the second column, [middle, end) the first."""


def unswapped(lines: Sequence[Line], gap: int, cuts: set[int], seams: Seams) -> tuple[list[Line], set[int], int]:
    """Lines and cuts in reading order, and how many columns were moved (0: nothing was changed)."""
    if not lines or lines[0].page != lines[-1].page:
        return list(lines), cuts, 0
    texts = [line.text for line in lines]

    @cache
    def flow(upper: int, lower: int) -> float:
        if upper < 0:
            return -_EDGE if texts[lower][0].islower() or texts[lower][0] in NEVER_FIRST else 0.0
        if lower < 0:
            return 0.0 if ends_sentence(texts[upper]) else -_EDGE
        return seams.flow(texts[max(0, upper + 1 - WINDOW) : upper + 1], texts[lower : lower + WINDOW])

    tried = min(len(lines), _TRIED)
    found = max((_best(height, tried, flow) for height in _HEIGHTS), key=lambda candidate: candidate[0])
    marked = _marked(lines, gap, cuts)
    by_marks = (_gain(marked, len(lines), flow), marked) if marked else (0.0, [])
    if max(found[0], by_marks[0]) < _LEAST_GAIN:
        return list(lines), cuts, 0
    if by_marks[0] > found[0]:
        found = by_marks
    elif tried < len(lines):
        found = _best(found[1][0][1] - found[1][0][0], len(lines), flow)
    gain, pages = found
    if gain < max(_LEAST_GAIN, _LEAST_MEAN_GAIN * 2 * len(pages)) or 2 * len(pages) - 1 < _FEWEST_SEAMS:
        return list(lines), cuts, 0
    order = [i for start, middle, end in pages for i in (*range(middle, end), *range(start, middle))]
    order += range(len(order), len(lines))
    seam_at = {n for n, (i, j) in enumerate(pairwise(order), 1) if j != i + 1}
    # What stood before a column's first line tells nothing about its new neighbour.
    result = [replace(lines[i], gap=gap) if n in seam_at else lines[i] for n, i in enumerate(order)]
    kept_cuts = {n for n, i in enumerate(order) if i in cuts and n not in seam_at}
    return result, kept_cuts, 2 * len(pages)


def _marked(lines: Sequence[Line], gap: int, cuts: set[int]) -> list[Page]:
    """Pages whose columns are what stands between gaps or dropped furniture, of whatever height."""
    edges = [0, *(i for i in range(1, len(lines)) if lines[i].gap > gap or i in cuts), len(lines)]
    if len(lines) < _HEIGHTS.start * (len(edges) - 1):
        return []  # these are gaps between paragraphs
    return list(zip(edges[:-2:2], edges[1:-1:2], edges[2::2], strict=True))


def _best(height: int, count: int, flow: Callable[[int, int], float]) -> tuple[float, list[Page]]:
    """Gain and pages if all columns have `height` lines; the last page may be shorter."""
    full = [(start, start + height, start + 2 * height) for start in range(0, count - 2 * height + 1, 2 * height)]
    rest = 2 * height * len(full)
    # The columns of a last page are about of one height, or the first is full.
    left = count - rest
    middles = {rest + left // 2 + d for d in (-1, 0, 1)} | {count - height}
    last = [[(rest, middle, count)] for middle in sorted(middles) if rest + 2 < middle < count - 2]
    options = [full, *(full + page for page in last)]
    return max(((_gain(pages, count, flow), pages) for pages in options if pages), default=(0.0, []))


def _gain(pages: Sequence[Page], count: int, flow: Callable[[int, int], float]) -> float:
    # The whole text begins and ends like one, too: `flow(-1, i)` and `flow(i, -1)`.
    total = flow(-1, pages[0][1]) - flow(-1, 0)
    if pages[-1][2] == count:
        total += flow(pages[-1][1] - 1, -1) - flow(count - 1, -1)
    for n, (start, middle, end) in enumerate(pages):
        total += flow(end - 1, start) - flow(middle - 1, middle)
        if end < count:
            following = pages[n + 1][1] if n + 1 < len(pages) else end
            total += flow(middle - 1, following) - flow(end - 1, end)
    return total
