"""The styles of a Word file -> which of them are the title, headings (with their level) and list items."""

import re
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
TITLE = 1  # the level of the title; headings below it begin at 2


def outline_level(element: Any) -> int:
    """2…10 where the paragraph or style states its outline level, else 0 (Word counts from 0; 9 is body text)."""
    value = value_of(element, "pPr/outlineLvl")
    return int(value) + 2 if re.fullmatch("[0-8]", value) else 0


def heading_styles(styles_element: Any) -> tuple[dict[str, int], set[str]]:
    """Style id -> level of the title style (1) and of the heading styles (2…), and ids of list styles; all inherited.

    A heading style has an outline level or a built-in name, which Word stores in English whatever its language.
    """
    styles = {style.get(W + "styleId", ""): style for style in styles_element.iter(W + "style")}
    levels: dict[str, int] = {}
    lists: set[str] = set()
    for style_id in styles:
        seen: set[str] = set()
        current = style_id
        while current in styles and current not in seen:  # damaged files hold circles
            seen.add(current)
            style = styles[current]
            level = outline_level(style) or _level_by_name(value_of(style, "name"))
            if level:
                levels.setdefault(style_id, level)
            if style.find(f"{W}pPr/{W}numPr") is not None:
                lists.add(style_id)
            current = value_of(style, "basedOn")
    return levels, lists


def _level_by_name(name: str) -> int:
    named = re.fullmatch(r"(?:heading|标题|標題) ?([1-9])", name.lower())
    return int(named[1]) + 1 if named else TITLE if name.lower() == "title" else 0


def value_of(element: Any, path: str) -> str:
    found = element.find("/".join(W + name for name in path.split("/")))
    return found.get(W + "val", "") if found is not None else ""
