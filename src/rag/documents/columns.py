"""Runs of text with their boxes on one page -> the page's lines in reading order.

A page without columns keeps the order it came in. Where a gutter runs down the page between two bodies of prose, the
runs across it (a headline, a wide caption) cut the page into bands, and each band is read left column first. This is
the recursive XY-cut of Nagy & Seth, "Hierarchical representation of optically scanned documents" (1984), with the
horizontal cuts taken from the spanning runs instead of white space: lines of prose have white space between them too.
"""

import functools
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from statistics import median
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Run:
    """Text without a wide gap; box in points, y upwards; `size` is its height in points.

    `same_line` says that it stands on the line of the run before it.
    """

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    same_line: bool


class _Cut(NamedTuple):
    left: list[Run]
    right: list[Run]
    spanning: list[Run]


_ROWS = 4  # a column has at least as many lines
_CHARACTERS = 10  # and is at least as many times its letters' height wide, else it is a column of a table
_FILLED = 0.85  # and its lines fill it, as prose does and the cells of a table do not
_WORD_GAP = 2.0  # heights between the words of a narrow justified line, at most
_SET_OFF = 2.2  # line heights from a running head to the text
_CANDIDATES = 8  # left edges that are tried as a column's edge, most frequent first
_MOST_RUNS = 1500  # more is a drawing or a damaged file, and the search is quadratic
_SLACK = 1.0  # points that boxes may overlap by


def in_columns(runs: list[Run]) -> list[str]:
    """Lines in reading order; runs of one line are joined by a space."""
    lines: list[str] = []
    before: Run | None = None
    for run in _page(runs):
        if before is not None and run.same_line and _one_line(before, run):
            lines[-1] = f"{lines[-1].rstrip()} {run.text.strip()}"
        else:
            lines.append(run.text.strip())
        before = run
    return lines


def _page(runs: list[Run]) -> list[Run]:
    if len(runs) > _MOST_RUNS:
        return runs
    edges = [*_edge_row(runs, 1), *_edge_row(runs, -1)]
    body = [run for run in runs if run not in edges]
    if _best_cut(body) is None:
        return runs
    return (
        [run for run in edges if run.y0 > body[0].y0] + _ordered(body) + [run for run in edges if run.y0 < body[0].y0]
    )


def _edge_row(runs: list[Run], up: int) -> list[Run]:
    """The highest (`up` 1) or lowest (-1) row if white space sets it off: a running head belongs to no column."""
    if not runs:
        return []
    edge = max(runs, key=lambda run: up * _middle(run))
    row = [run for run in runs if abs(_middle(run) - _middle(edge)) < 0.5 * edge.size]
    near = [run for run in runs if abs(_middle(run) - _middle(edge)) < _SET_OFF * edge.size]
    return row if len(row) == len(near) else []


def _one_line(before: Run, run: Run) -> bool:
    """Of two runs that followed each other in the file: did the reading order leave them together?"""
    return abs(_middle(run) - _middle(before)) < 0.5 * max(run.size, before.size)


def _ordered(runs: list[Run]) -> list[Run]:
    cut = _best_cut(runs)
    if cut is None:
        return runs
    bars = sorted(cut.spanning, key=lambda run: -run.y1)

    band = functools.partial(_band, bars)
    # The bars above band n are bars[:n]; those between two bands come in the order of the page.
    ordered: list[Run] = []
    left, right = ({n: list(g) for n, g in groupby(sorted(side, key=band), key=band)} for side in (cut.left, cut.right))
    for number in range(len(bars) + 1):
        ordered += _ordered(left.get(number, [])) + _ordered(right.get(number, [])) + bars[number : number + 1]
    return ordered


def _best_cut(runs: list[Run], depth: int = 2) -> _Cut | None:
    """The gutter between most lines of prose, or None. `depth` bounds the search for columns in columns."""
    edges = Counter(round(run.x0) for run in runs)
    best, most = None, -math.inf
    for edge, count in edges.most_common(_CANDIDATES):
        cut = _cut(runs, edge - _SLACK)
        if count >= _ROWS and (lines := _lines_beside(cut)) and all(_is_prose(side, depth) for side in cut[:2]):
            worth = lines - 2 * len(cut.spanning)
            if worth > most:
                best, most = cut, worth
    return best


def _cut(runs: list[Run], x: float) -> _Cut:
    left = [run for run in runs if run.x1 <= x + _SLACK]
    right = [run for run in runs if run.x0 >= x - _SLACK and run.x1 > x + _SLACK]
    spanning = [run for run in runs if run.x0 < x - _SLACK and run.x1 > x + _SLACK]
    return _Cut(left, right, spanning)


def _is_prose(side: list[Run], depth: int) -> bool:
    """Do most lines of this side fill it, or is it made of columns that they fill?"""
    if len(side) < _ROWS:
        return False
    widths = sorted(_line_widths(side))
    usual = widths[int(len(widths) * 0.9) - 1]  # one odd wide line aside
    wide = usual >= _CHARACTERS * median(run.size for run in side)
    if wide and len(widths) >= _ROWS and median(widths) >= _FILLED * usual:
        return True
    return depth > 0 and _best_cut(side, depth - 1) is not None


def _line_widths(side: list[Run]) -> Iterator[float]:
    """Width of every line: a justified line falls apart into runs at its widest gaps, a table's row at wider ones."""
    ordered = sorted(side, key=lambda run: (round(_middle(run) / (0.5 * run.size + 0.1)), run.x0))
    start = ordered[0].x0
    for run, following in zip(ordered, [*ordered[1:], None], strict=True):
        same = following is not None and _one_line(run, following)
        if following is None or not same or following.x0 - run.x1 > _WORD_GAP * run.size:
            yield run.x1 - start
            start = following.x0 if following is not None else 0.0


def _lines_beside(cut: _Cut) -> int:
    """How many lines have the other side next to them; 0 if few on end do, as by gaps between words."""
    beside = [run for run in cut.left if any(abs(_middle(run) - _middle(other)) < run.size for other in cut.right)]
    lines = sum(1 for _ in _line_widths(beside)) if beside else 0
    bands = {_band(cut.spanning, run) for run in beside}
    return lines if lines >= _ROWS * max(1, len(bands)) else 0


def _band(bars: list[Run], run: Run) -> int:
    return sum(1 for bar in bars if _middle(bar) > _middle(run))


def _middle(run: Run) -> float:
    return (run.y0 + run.y1) / 2
