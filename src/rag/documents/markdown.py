"""Text of a Markdown file -> the same text, with its headings found by markdown-it-py's CommonMark block rules.

Headings are ATX (`# …`) and Setext (underlined) ones, wherever CommonMark sees them: not in code, HTML or front matter.
Their ranges leave the markup out.
"""

import re
from itertools import accumulate

from rag.documents.extract import Extract
from rag.records import Heading

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?:(.*?)\n)??(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title[ \t]*:[ \t]*(.+?)[ \t]*$", re.MULTILINE)
_CONTAINERS = re.compile(r"(?:[ \t]|>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t]))*")  # quote and list marks before a heading
_ATX = re.compile(r"#{1,6}[ \t]+(?P<text>.*?)(?:[ \t]+#+)?[ \t]*$")


def read_markdown(text: str, source: str, notes: tuple[str, ...] = ()) -> Extract:
    """The text unchanged; title is the front matter's, else the first level-1 heading."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["normalize", "block"])  # inline markup is not looked at
    front = _FRONT_MATTER.match(text)
    start = front.end() if front else 0
    lines = text[start:].split("\n")
    offsets = list(accumulate((len(line) + 1 for line in lines), initial=start))
    headings = []
    for token in parser.parse(text[start:]):
        if token.type == "heading_open" and token.map:
            first, after = token.map
            heading = _range(lines, offsets, first, after if token.markup.startswith("#") else after - 1)
            if heading is not None:
                headings.append(Heading(*heading, int(token.tag[1:])))
    named = _FRONT_TITLE.search(front[1] or "") if front else None
    title = named[1].strip("\"'") if named else None
    title = title or next((text[h.start : h.end] for h in headings if h.level == 1), None)
    return Extract(source, "markdown", text, title, tuple(headings), notes=notes)


def _range(lines: list[str], offsets: list[int], first: int, after: int) -> tuple[int, int] | None:
    """Start and end of the words of the heading that stands on these lines, None for an empty heading."""
    line = lines[first]
    begin = _CONTAINERS.match(line)
    skip = begin.end() if begin else 0
    if atx := _ATX.match(line, skip):
        start, end = offsets[first] + atx.start("text"), offsets[first] + atx.end("text")
    else:
        start, end = offsets[first] + skip, offsets[after - 1] + len(lines[after - 1].rstrip())
    return (start, end) if end > start and not re.fullmatch(r"#+", line[skip:].strip()) else None
