"""Printed lines → paragraphs and headings, still in file order.

Whether two lines belong to one paragraph is read off the print (was the upper line full? is the lower one indented?
does a gap larger than usual divide them?), off the marks at the seam, and off the language across it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rag.documents.lines import CONTINUING, Line, ends_sentence, is_cjk, is_tabular, starts_item
from rag.documents.wrap import NARROWEST, is_full

_NUMBERING = (
    (
        2,
        re.compile(
            r"第[一二三四五六七八九十百零〇\d]{1,5}[章篇部编]|Chapter\s+\w+|Part\s+\w+|[一二三四五六七八九十]{1,3}、"
        ),
    ),
    (
        3,
        re.compile(r"第[一二三四五六七八九十百零〇\d]{1,5}节|[（(][一二三四五六七八九十]{1,3}[)）]|\d{1,2}\.\d{1,2}\s"),
    ),
    (2, re.compile(r"\d{1,2}[.、]?\s")),
)
_BYLINE = re.compile(
    r"(?:[文图]\s*[/／|｜]|作者|记者|撰稿|[Bb]y\s)\S*.*|[\u4e00-\u9fff·]{2,6}(?:[\s、]+[\u4e00-\u9fff·]{2,6}){1,5}"
)
_SIGN_OFF = re.compile(r"(?:——|—|--|––|–)\s*\S.{0,11}")
_LONGEST_HEADING = 60
"""Columns."""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that are one paragraph or one heading. `level` is 0 for a paragraph; `cut`: furniture stood before it."""

    lines: tuple[Line, ...]
    level: int = 0
    open_tail: bool = False
    cut: bool = False
    signed: bool = False

    @property
    def tail(self) -> str:
        return self.lines[-1].text

    @property
    def finished(self) -> bool:
        """Whether the block as a whole ends a sentence (a note in brackets does, over however many lines)."""
        return ends_sentence("".join(line.text for line in self.lines))

    @property
    def head(self) -> str:
        return self.lines[0].text


def to_blocks(
    lines: Sequence[Line], wraps: Sequence[int], gap: int, cuts: set[int], seam: Callable[[str, str], float]
) -> list[Block]:
    """Join the lines of each paragraph, then tell headings from paragraphs.

    gap   blank lines between two lines of one paragraph (see `wrap.base_gap`)
    cuts  positions before which furniture was dropped: whatever stands there may continue anything
    seam  language's opinion of one text continuing another (see `seams.seam_score`)
    """
    groups: list[list[int]] = []
    for i in range(len(lines)):
        if groups and _joins(groups[-1], i, lines, wraps, gap, i in cuts, seam):
            groups[-1].append(i)
        else:
            groups.append([i])
    blocks = []
    for n, group in enumerate(groups):
        last = group[-1]
        following = lines[last + 1] if last + 1 < len(lines) else None
        tail = lines[last].text
        open_tail = not ends_sentence("".join(lines[i].text for i in group)) and (
            tail[-1] in CONTINUING
            or (following is not None and is_full(lines[last], following, max(wraps[last], NARROWEST), opens=False))
            or (following is None and len(group) > 1 and lines[last].width >= 0.85 * wraps[last])
        )
        signed = len(group) == 1 and n > 0 and _SIGN_OFF.fullmatch(tail) is not None and not ends_sentence(tail)
        blocks.append(Block(tuple(lines[i] for i in group), 0, open_tail and not signed, group[0] in cuts, signed))
    return _with_headings(blocks, wraps, {line.start: i for i, line in enumerate(lines)})


def _joins(
    group: Sequence[int],
    i: int,
    lines: Sequence[Line],
    wraps: Sequence[int],
    gap: int,
    cut: bool,
    seam: Callable[[str, str], float],
) -> bool:
    upper, lower = lines[i - 1], lines[i]
    if is_tabular(upper) or is_tabular(lower) or starts_item(lower):
        return False
    # Across a page, a gap or dropped furniture anything may follow: which piece does is for `order` to find out.
    # A finished sentence is continued by nothing in particular: there the print decides as it does within a page.
    if lower.gap > gap or ((cut or lower.page != upper.page) and not ends_sentence(upper.text)):
        return False
    full = is_full(upper, lower, wraps[i - 1], opens=len(group) == 1)
    if lower.indent - upper.indent >= 2:
        return False
    if ends_sentence(upper.text):
        title = _is_short_title(lower) or _looks_like_heading(i, lines, wraps)
        return full and upper.width >= 0.93 * wraps[i - 1] and not title
    if full and _looks_like_heading(i, lines, wraps) and seam(upper.text, lower.text) <= 0:
        return False
    if upper.text[-1] in CONTINUING:
        return full or upper.width >= 0.5 * wraps[i - 1] or seam(upper.text, lower.text) > 0
    return full or (upper.width >= 0.5 * wraps[i - 1] and seam(upper.text, lower.text) >= 2.5)


def _looks_like_heading(i: int, lines: Sequence[Line], wraps: Sequence[int]) -> bool:
    """A short unfinished line that the next one does not go on from: inside a sentence, a column began here."""
    line = lines[i]
    if i + 1 >= len(lines) or ends_sentence(line.text) or line.text[-1] in CONTINUING or not line.text[0].isalnum():
        return False
    following = lines[i + 1]
    return not is_full(line, following, wraps[i], opens=True) and line.width >= 8 and not following.text[0].islower()


def _is_short_title(line: Line) -> bool:
    return bool(_NUMBERING[0][1].match(line.text)) and line.width <= _LONGEST_HEADING


def _with_headings(blocks: Sequence[Block], wraps: Sequence[int], position: dict[int, int]) -> list[Block]:
    wide = [max(wraps[position[block.lines[0].start]], NARROWEST) for block in blocks]
    like = [_may_be_heading(block, wrap) for block, wrap in zip(blocks, wide, strict=True)]
    result = list(blocks)
    for n, block in enumerate(blocks):
        if not like[n] or (n and result[n - 1].level and _BYLINE.fullmatch(block.head)):
            continue
        # Many short lines in a row are a list, not headings.
        if _run_length(like, n) > 4 and not _numbered(block.head):
            continue
        result[n] = replace(block, level=_numbered(block.head) or 2, open_tail=False)
    return result


def _numbered(text: str) -> int:
    return next((level for level, pattern in _NUMBERING if pattern.match(text)), 0)


def _may_be_heading(block: Block, wrap: int) -> bool:
    text = block.head
    if len(block.lines) > 1 or block.signed or is_tabular(block.lines[0]) or text[-1] in CONTINUING:
        return False
    if ends_sentence(text) and text[-1] not in "？?！!":
        return False
    columns = block.lines[0].width
    if columns > _LONGEST_HEADING or columns < 3 or not any(c.isalpha() for c in text):
        return False
    if starts_item(block.lines[0]) and not _numbered(text):
        return False
    if text[0] in '“"（(【[' and not any(is_cjk(c) for c in text[1:4]):
        return False
    return text[0] not in "，、；。：,;.:" and (columns <= 0.9 * wrap or bool(_numbered(text)))


def _run_length(like: Sequence[bool], n: int) -> int:
    first = last = n
    while first > 0 and like[first - 1]:
        first -= 1
    while last + 1 < len(like) and like[last + 1]:
        last += 1
    return last - first + 1
