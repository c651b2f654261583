"""Document → sections: the text under each heading, with the path of headings that leads to it."""

import re
from dataclasses import dataclass
from pathlib import PurePath

from rag.records import Document

SEPARATOR = " › "
_FRONT_MATTER = re.compile(r"---[ \t]*\n(?:.*\n)*?(?:---|\.\.\.)[ \t]*(?:\n|$)")
"""Settings for other programs at the head of a Markdown file: no reader asks about them."""
_UNDERLINE = re.compile(r"[ \t]*(?:=+|-+)[ \t]*(?:\n|$)")


@dataclass(frozen=True, slots=True)
class Section:
    """`text[start:end]` stands under the headings of `path`, outermost first."""

    start: int
    end: int
    path: tuple[str, ...]

    @property
    def heading(self) -> str:
        return SEPARATOR.join(self.path)


def sections(document: Document) -> list[Section]:
    """Sections with any text, in order; what stands before the first heading is one, too.

    A heading with nothing under it, not even another heading, is the text of a section of its own.
    """
    text = document.text
    found: list[Section] = []
    named = document.title != PurePath(document.source).stem
    title = () if not named or any(h.level == 1 for h in document.headings) else (document.title,)
    stack: list[tuple[int, str]] = []
    path: tuple[str, ...] = title
    markdown = document.source.lower().endswith((".md", ".markdown"))
    front = _FRONT_MATTER.match(text) if markdown else None
    at = front.end() if front else 0
    bare = 0  # where the heading starts that nothing has followed yet
    for heading in document.headings:
        line_start = text.rfind("\n", 0, heading.start) + 1
        body = bool(text[at:line_start].strip())
        if body:
            found.append(Section(at, line_start, path))
        elif stack and stack[-1][0] > heading.level:
            found.append(Section(bare, line_start, path[:-1]))
        if body or not stack or stack[-1][0] != heading.level:
            bare = heading.start
        words = re.sub(r"\s+", " ", text[heading.start : heading.end]).strip()
        if stack and stack[-1][0] == heading.level and not body:
            # Two headings in a row stand over the same text.
            words = f"{stack.pop()[1]} / {words}"
        while stack and stack[-1][0] >= heading.level:
            stack.pop()
        stack.append((heading.level, words))
        path = title + tuple(words for _, words in stack)
        line_end = text.find("\n", heading.end)
        at = len(text) if line_end < 0 else line_end + 1
        underline = _UNDERLINE.match(text, at)
        # A Setext heading is underlined; anywhere else such a line is text.
        if underline and markdown and text[line_start : heading.start].strip() == "":
            at = underline.end()
    if text[at:].strip():
        found.append(Section(at, len(text), path))
    elif stack:
        found.append(Section(bare, len(text), path[:-1]))
    return found
