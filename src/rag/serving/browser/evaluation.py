"""The newest report of `eval/run.py --html`, shown in a frame that can run and fetch nothing."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from rag.serving.browser import views
from rag.serving.browser.places import Places

_MOST_BYTES = 8_000_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Report:
    """A page with plots. `html` was written by another program and is nothing of ours to trust."""

    name: str
    written: datetime
    html: str


def newest(folder: Path | None) -> Report | None:
    """The report of a folder that was written last; None where there is none that can be read."""
    try:
        files = [(each.stat().st_mtime, each) for each in folder.glob("*.html")] if folder else []
        files = [(when, each) for when, each in files if each.is_file() and each.stat().st_size <= _MOST_BYTES]
        if not files:
            return None
        when, file = max(files)
        return Report(file.name, datetime.fromtimestamp(when), file.read_text("utf-8", "replace"))
    except OSError as error:
        _log.warning("the evaluation's reports cannot be read: %s", error)
        return None


def shown(places: Places, dark: bool = False) -> str:
    """The report as HTML, or what to run for one. `dark` as the page is, whatever the system prefers."""
    file, folder = places.feedback, places.reports
    report = newest(folder)
    if report:
        plain = report.html.replace("(prefers-color-scheme: dark)", "all" if dark else "not all")
        plain = plain.replace('content="light dark"', f'content="{"dark" if dark else "light"}"')
        report = replace(report, html=plain)
    return views.frame(
        "evaluation",
        report=report,
        folder=folder.as_posix() if folder and not folder.is_absolute() else "FOLDER",
        feedback=file.name if file and file.exists() else "",
    )
