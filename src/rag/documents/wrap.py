"""Lines → the width at which the text around each was wrapped, and whether the text is line-broken at all."""

import re
from collections.abc import Sequence

from rag.documents.lines import CONTINUING, Line, ends_sentence, first_unit, is_cjk, is_tabular, starts_item

_WINDOW = 8
_LEAST_FULL = 0.6
"""Share of the lines without a sentence end that must be full in line-broken text."""
_MARK_INSIDE = re.compile(r"[，。、；！？](?=.*\w)|[,.;!?؟،۔]\s+\w")
NARROWEST = 24
"""Columns: what is wrapped more narrowly is verse, a list or a table, whose lines mean something."""


def wrap_widths(lines: Sequence[Line]) -> list[int]:
    """The wrap width around each line.

    A full line is at most that wide, and most lines of running text are about that wide: a high quantile of the
    neighbours' widths finds it. Taken before and after the line; where both differ a little (a wider box beside running
    text) the smaller holds, or the running text's own lines would look short; where they differ much, one side is
    headings or a list and says nothing, unless the line's own neighbours are as wide as it is.
    """
    widths = [line.width for line in lines]
    overall = _quantile(widths)
    result = []
    for i, own in enumerate(widths):
        back, ahead = widths[max(0, i - _WINDOW) : i + 1], widths[i : i + _WINDOW + 1]
        sides = [_quantile(side) for side in (back, ahead) if len(side) > _WINDOW // 2] or [overall]
        alike = [w for w in widths[max(0, i - 2) : i + 3] if abs(w - own) <= 3]
        if min(sides) >= 0.75 * max(sides):
            result.append(min(sides))
        else:
            result.append(max(alike) if len(alike) >= 3 and own >= NARROWEST else max(sides))
    return result


def is_full(line: Line, following: Line, wrap: int, opens: bool, limit: bool = False) -> bool:
    """Whether `line` ended because nothing more fitted: the next line's first unit would have gone over `wrap`.

    `opens`: the line opens a paragraph; its indent of two wide characters is lost in many extracts, so it is granted.
    Scripts with spaces are granted a tenth: proportional fonts do not wrap at a fixed count. `limit`: a line that goes
    far over `wrap` was not wrapped there.
    """
    wide = any(is_cjk(c) for c in line.text)
    granted = 2 + (2 if opens and wide else 0) if wide else 1 + wrap // 10
    if limit and line.width > wrap + granted:
        return False
    return line.width + first_unit(following.text) + granted >= wrap


def breaks_inside(line: Line, following: Line, wrap: int) -> bool:
    """Whether a sentence plainly runs over the end of `line`."""
    if ends_sentence(line.text) or is_tabular(line) or is_tabular(following) or starts_item(following):
        return False
    return wrap >= NARROWEST and is_full(line, following, wrap, opens=False)


def is_line_broken(lines: Sequence[Line], wraps: Sequence[int]) -> bool:
    """Whether lines end where the print's width ran out, so that line ends cannot be paragraph ends.

    Three things tell such text from verse, records, code and one-line paragraphs: where no sentence ends, the line is
    as wide as its neighbours; the next one goes on in lower case (where the script has one); and punctuation stands
    inside of lines rather than at their ends, as it falls by chance.
    """
    unfinished = [
        (a, b, wrap)
        for a, b, wrap in zip(lines, lines[1:], wraps, strict=False)
        if not (ends_sentence(a.text) or is_tabular(a) or is_tabular(b) or starts_item(b))
    ]
    full = [b for a, b, wrap in unfinished if wrap >= NARROWEST and is_full(a, b, wrap, False, limit=True)]
    if not full or len(full) < 0.25 * len(lines) or len(full) < _LEAST_FULL * len(unfinished):
        return False
    upper, lower = (sum(test(line.text[0]) for line in full) for test in (str.isupper, str.islower))
    if upper + lower >= 0.5 * len(full) and lower < 0.5 * upper:
        return False
    wide = [line.text for line, wrap in zip(lines, wraps, strict=True) if line.width >= 0.8 * wrap]
    at_end = sum(text[-1] in CONTINUING - {"-"} or ends_sentence(text) for text in wide)
    inside = sum(_MARK_INSIDE.search(text) is not None for text in wide)
    return inside >= 0.15 * len(wide) and at_end <= 0.5 * len(wide)


def base_gap(lines: Sequence[Line], wraps: Sequence[int]) -> int:
    """Blank lines that stand between two lines of one paragraph: 0, or 1 in text that was extracted double-spaced."""
    inside = [b.gap for a, b, w in zip(lines, lines[1:], wraps, strict=False) if breaks_inside(a, b, w)]
    return int(sum(gap > 0 for gap in inside) > len(inside) / 2) if inside else 0


def _quantile(widths: Sequence[int]) -> int:
    ordered = sorted(widths)
    return ordered[min(len(ordered) - 1, int(0.6 * len(ordered)))] if ordered else 0


def typical_width(lines: Sequence[Line]) -> int:
    """Columns of a full line among these lines; 0 for none."""
    return _quantile([line.width for line in lines])
