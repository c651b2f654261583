"""What the library says of a file, in English → a line of the page's words, which exists in every language.

A line that is not known here is shown as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_NOTES = {
    "note.damagedPage": r"page (?P<page>\d+) is damaged and was left out",
    "note.emptyPage": r"page (?P<page>\d+) has no text .*",
    "note.encoding": r"read as (?P<encoding>\S+)",
    "note.characters": r"(?P<count>\d+) unreadable characters stand as .",
    "problem.empty": r"is empty \(0 bytes\).*",
    "problem.noText": r"holds no text.*|has no text to index.*",
    "problem.scanned": r"is a scanned PDF.*",
    "problem.encrypted": r"is encrypted with a password.*",
    "problem.damaged": r"is a damaged (PDF|Word file).*|is no (PDF|Word file) although it is named so.*",
    "problem.type": r"\S+ files are not read; .*|files without an extension are not read; .*",
    "problem.large": r"has (?P<megabytes>[\d.,]+) MB, the limit is (?P<limit>[\d.]+) MB.*",
    "problem.other": r"is an? .+, which is not read.*|is a zip archive or another Office file.*",
}
_LINES = {key: re.compile(pattern) for key, pattern in _NOTES.items()}


@dataclass(frozen=True, slots=True)
class Said:
    """A line of words/*.json with what goes into its places; `text`, as the library said it, where `key` is ""."""

    text: str
    key: str = ""
    values: dict[str, str] = field(default_factory=dict)


def said(line: str, name: str = "") -> Said:
    """What a note or problem says; `name` of the file that it may begin with is left out."""
    rest = line.removeprefix(f"{name}: ").removeprefix(f"{name} ") if name else line
    for key, pattern in _LINES.items():
        if found := pattern.fullmatch(rest):
            return Said(rest, key, {name: value for name, value in found.groupdict().items() if value is not None})
    return Said(rest)
