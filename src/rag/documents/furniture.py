"""Lines → lines without page furniture (page numbers, running heads and feet), and what was dropped.

Three kinds of evidence, strongest first: a line that is nothing but a page number; a head or foot that returns on other
pages, its number aside; a single unfinished line with a number glued to it that cuts a sentence in two.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.documents.lines import CONTINUING, Line, ends_sentence, starts_item

_NUMBER_ONLY = re.compile(
    r"(?:[-–—·•|\[(（【]\s*)?(?:第\s*\d{1,4}\s*页(?:\s*[,，/]?\s*共\s*\d{1,4}\s*页)?"
    r"|(?:[Pp]age|[Ss]eite|[Pp]ágina|[Pp]\.|стр\.)\s*\d{1,4}(?:\s*(?:of|/|von|de|из)\s*\d{1,4})?"
    r"|\d{1,4}\s*/\s*\d{1,4}|\d{1,4})(?:\s*[-–—·•|\])）】])?"
)
_NUMBERED = re.compile(r"(?P<before>\d{1,4})?(?P<space>\s*)(?P<stem>\D.*?\D|\D)(?P<gap>\s*)(?P<after>\d{1,4})?")
_COUNTED = re.compile(
    r"(?:第|附件|附录|附表|图|表|No\.?|Table|Fig(?:ure|\.)?|Chapter|Section|Part|Appendix|Annex|Step|Version)\s*$",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[。！？；，]|[.,;:!?]\s")
_SHORTEST_STEM = 5


@dataclass(frozen=True, slots=True)
class Dropped:
    """Text that reflow left out: its place in the extract and why."""

    text: str
    start: int
    page: int
    reason: str


def drop_furniture(
    lines: Sequence[Line], breaks_inside: Callable[[int], bool], flows: Callable[[str, str], bool]
) -> tuple[list[Line], list[Dropped], set[int]]:
    """Remaining lines, dropped ones, and the positions (in the remaining lines) before which something was dropped.

    breaks_inside(i)  whether a sentence runs over the end of line i
    flows(a, b)       whether language says that text b continues text a
    """
    returning = _returning_stems(lines, breaks_inside)
    firsts = [(stem.split()[0], stem) for stem in sorted(returning, key=len, reverse=True)]
    kept: list[Line] = []
    dropped: list[Dropped] = []
    cuts: set[int] = set()
    for i, line in enumerate(lines):
        reason = _reason(i, lines, returning, breaks_inside, flows)
        if reason:
            dropped.append(Dropped(line.text, line.start, line.page, reason))
            cuts.add(len(kept))
            continue
        rest, glued = _unglue(line, [stem for first, stem in firsts if first in line.text])
        for part in glued:
            dropped.append(Dropped(part.text, part.start, part.page, "running head glued to a line"))
            cuts.add(len(kept) + (part.start > rest.start))
        kept.append(rest)
    # Furniture without a text is the text.
    return (kept, dropped, cuts) if kept else (list(lines), [], set())


def _stem(text: str) -> str:
    """The line without page numbers at its ends."""
    match = _NUMBERED.fullmatch(text)
    return re.sub(r"\s+", " ", match["stem"]).strip(" -–—|·•") if match else ""


def _at_page_edge(lines: Sequence[Line], i: int) -> bool:
    return any(not 0 <= i + step < len(lines) or lines[i + step].page != lines[i].page for step in (-2, -1, 1, 2))


def _returning_stems(lines: Sequence[Line], breaks_inside: Callable[[int], bool]) -> frozenset[str]:
    """Stems of lines that return where pages meet.

    Where the extract knows its pages, that is at their edges; elsewhere, where the line cuts a sentence in two, stands
    beside a page number, or carries another number each time.
    """
    paged = lines[0].page != lines[-1].page if lines else False
    seen: Counter[str] = Counter()
    at_edge: Counter[str] = Counter()
    numbers: dict[str, set[str]] = {}
    above: dict[str, set[str]] = {}
    below: dict[str, set[str]] = {}
    for i, line in enumerate(lines):
        stem = _stem(line.text)
        if len(stem) < _SHORTEST_STEM or ends_sentence(stem) or stem[-1] in CONTINUING or starts_item(line):
            continue
        if stem[0].islower() and not paged:
            continue
        seen[stem] += 1
        above.setdefault(stem, set()).add(lines[i - 1].text if i else "")
        below.setdefault(stem, set()).add(lines[i + 1].text if i + 1 < len(lines) else "")
        match = _NUMBERED.fullmatch(line.text)
        if match and (match["before"] or match["after"]) and not _COUNTED.search(stem):
            numbers.setdefault(stem, set()).add(match["before"] or match["after"])
        beside = any(0 <= j < len(lines) and _NUMBER_ONLY.fullmatch(lines[j].text) is not None for j in (i - 1, i + 1))
        outermost = i in (0, len(lines) - 1)
        at_edge[stem] += _at_page_edge(lines, i) if paged else outermost or beside or breaks_inside(i - 1)
    # A passage that is printed twice has the same neighbours each time; a running head stands wherever a page ends.
    moves = {stem for stem, count in seen.items() if min(len(above[stem]), len(below[stem])) >= 0.8 * count}
    counted = {stem for stem, some in numbers.items() if not paged and _count_up(some) and at_edge[stem]}
    return frozenset(
        stem
        for stem, count in seen.items()
        if (count >= 2 and (paged or stem in moves) and at_edge[stem] >= max(2, 0.5 * count))
        or stem in counted
        or (not paged and len(numbers.get(stem, ())) >= 3)
    )


def _count_up(numbers: set[str]) -> bool:
    """Whether the numbers are those of pages that follow each other."""
    ordered = sorted(map(int, numbers))
    return len(ordered) >= 2 and ordered[-1] - ordered[0] == len(ordered) - 1


def _reason(
    i: int,
    lines: Sequence[Line],
    returning: frozenset[str],
    breaks_inside: Callable[[int], bool],
    flows: Callable[[str, str], bool],
) -> str:
    line = lines[i]
    first, last = i == 0, i == len(lines) - 1
    inside_above = not first and breaks_inside(i - 1)
    if _NUMBER_ONLY.fullmatch(line.text):
        marked = not line.text.isdigit()
        at_edge = lines[0].page != lines[-1].page and _at_page_edge(lines, i)
        beside = any(0 <= j < len(lines) and _stem(lines[j].text) in returning for j in (i - 1, i + 1))
        if marked or at_edge or beside or first or last or inside_above:
            return "page number"
        return ""
    if _stem(line.text) in returning and (lines[0].page == lines[-1].page or _at_page_edge(lines, i)):
        return "running head"
    match = _NUMBERED.fullmatch(line.text)
    # A line of text may well begin with a figure; a head that does so stands apart from it.
    glued = (
        match is not None
        and bool(match["after"] or (match["before"] and match["space"]))
        and not (match["after"] and match["before"])
    )
    if not (glued and match and inside_above) or ends_sentence(line.text) or line.text[-1] in CONTINUING:
        return ""
    stem = match["stem"].strip()
    cuts_sentence = not breaks_inside(i) and not flows(lines[i - 1].text, line.text)
    if stem[:1].islower() or _SENTENCE.search(stem):
        return ""
    if cuts_sentence and len(stem) >= _SHORTEST_STEM and not _COUNTED.search(stem) and not starts_item(line):
        return "running head with page number"
    return ""


def _unglue(line: Line, returning: Sequence[str]) -> tuple[Line, list[Line]]:
    """Cut a known running head (with its number) off either end of a line that also holds running text."""
    glued: list[Line] = []
    for stem in returning:
        at_head, at_foot = _glued(stem)
        head = at_head.match(line.text)
        if head and head.end() < len(line.text):
            glued.append(line.cut(0, head.end()))
            line = line.cut(head.end(), len(line.text))
        foot = at_foot.search(line.text)
        if foot and foot.start() > 0:
            glued.append(line.cut(foot.start(), len(line.text)))
            line = line.cut(0, foot.start())
    return line, glued


@lru_cache(maxsize=1024)
def _glued(stem: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    pattern = r"\s*".join(map(re.escape, stem.split()))
    return (
        re.compile(rf"(?:\d{{1,4}}\s*)?{pattern}(?:\s*\d{{1,4}}(?!\d|[.%％年月日]))?"),
        re.compile(rf"(?:(?<![\d.])\d{{1,4}}\s*)?{pattern}(?:\s*\d{{1,4}})?$"),
    )
