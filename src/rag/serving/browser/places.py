"""Files and folders that the page reads and writes beside the index. No part of a path ever comes from a browser."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.settings import Settings


@dataclass(frozen=True, slots=True)
class Places:
    """None leaves out what the place is for.

    feedback       file that verdicts on answers are added to
    reports        folder of the pages that `eval/run.py --html` wrote
    conversations  folder of those that a link reopens
    """

    feedback: Path | None = None
    reports: Path | None = None
    conversations: Path | None = None

    @classmethod
    def of(cls, settings: Settings) -> Places:
        """As the settings say. Feedback stands beside the index, not in it: that one can be made again."""
        index = Path(settings.index).absolute()
        own = index.with_name(f"{index.name}.feedback.jsonl")
        talks = Path(settings.conversations or index.with_name(f"{index.name}.conversations"))
        return cls(
            Path(settings.feedback) if settings.feedback else own,
            Path(settings.reports),
            None if settings.conversations == "none" else talks,
        )
