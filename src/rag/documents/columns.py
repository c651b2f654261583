"""Runs of text with their boxes on one page -> the page's lines in reading order.

A page without columns keeps the order it came in. Where a gutter runs down the page between two bodies of prose, the
runs across it (a headline, a wide caption) cut the page into bands, and each band is read left column first. This is
the recursive XY-cut of Nagy & Seth, "Hierarchical representation of optically scanned documents" (1984), with the
horizontal cuts taken from the spanning runs instead of white space: lines of prose have white space between them too.
"""

from collections import Counter
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
_CHARACTERS = 8  # and is at least as many times its letters' height wide, else it is a column of a table
_FILLED = 0.6  # and its lines fill it, as prose does and the cells of a table do not
_CANDIDATES = 8  # left edges that are tried as a column's edge, most frequent first
_MOST_RUNS = 2000  # more is a drawing or a damaged file, and the search is quadratic
_SLACK = 1.0  # points that boxes may overlap by


def in_columns(runs: list[Run]) -> list[str]:
    """Lines in reading order; runs of one line are joined by a space."""
    lines: list[str] = []
    before: Run | None = None
    for run in _ordered(runs):
        if before is not None and run.same_line and _one_line(before, run):
            lines[-1] = f"{lines[-1].rstrip()} {run.text.strip()}"
        else:
            lines.append(run.text.strip())
        before = run
    return lines


def _one_line(before: Run, run: Run) -> bool:
    """Of two runs that followed each other in the file: did the reading order leave them together?"""
    return run.x0 >= before.x1 - _SLACK and abs(run.y0 - before.y0) < max(run.size, before.size)


def _ordered(runs: list[Run]) -> list[Run]:
    cut = _best_cut(runs) if len(runs) <= _MOST_RUNS else None
    if cut is None:
        return runs
    bars = sorted(cut.spanning, key=lambda run: -run.y1)

    def band(run: Run) -> int:
        return sum(1 for bar in bars if _middle(bar) > _middle(run))

    # The bars above band n are bars[:n]; those between two bands come in the order of the page.
    ordered: list[Run] = []
    left, right = ({n: list(g) for n, g in groupby(sorted(side, key=band), key=band)} for side in (cut.left, cut.right))
    for number in range(len(bars) + 1):
        ordered += _ordered(left.get(number, [])) + _ordered(right.get(number, [])) + bars[number : number + 1]
    return ordered


def _best_cut(runs: list[Run]) -> _Cut | None:
    """The gutter with most lines of prose on both sides, or None."""
    edges = Counter(round(run.x0) for run in runs)
    cuts = (_cut(runs, edge - _SLACK) for edge, count in edges.most_common(_CANDIDATES) if count >= _ROWS)
    proven = [cut for cut in cuts if _is_prose(cut.left) and _is_prose(cut.right) and _beside(cut)]
    return max(proven, key=lambda cut: min(len(cut.left), len(cut.right)) - len(cut.spanning), default=None)


def _cut(runs: list[Run], x: float) -> _Cut:
    left = [run for run in runs if run.x1 <= x + _SLACK]
    right = [run for run in runs if run.x0 >= x - _SLACK and run.x1 > x + _SLACK]
    spanning = [run for run in runs if run.x0 < x - _SLACK and run.x1 > x + _SLACK]
    return _Cut(left, right, spanning)


def _is_prose(side: list[Run]) -> bool:
    """Do most lines of this side fill their column? (A side may hold several columns of about one width.)"""
    if len(side) < _ROWS:
        return False
    size = median(run.size for run in side)
    widths = sorted(run.x1 - run.x0 for run in side)
    usual = widths[int(len(widths) * 0.9) - 1]  # the column's width, one odd wide run aside
    return usual >= _CHARACTERS * size and median(widths) >= _FILLED * usual


def _beside(cut: _Cut) -> bool:
    """Do the two sides stand next to each other, over at least the height of a few lines?"""
    rows = [any(abs(_middle(run) - _middle(other)) < run.size for other in cut.right) for run in cut.left]
    return sum(rows) >= _ROWS


def _middle(run: Run) -> float:
    return (run.y0 + run.y1) / 2
