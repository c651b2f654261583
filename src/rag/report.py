"""What an ingest did, for people (lines) and programs (a dictionary)."""

from typing import Any

from rag.ingest import FileReport, IngestReport


def report_lines(report: IngestReport, folder: str) -> list[str]:
    """One line a document, one for each dropped line, and a sum at the end."""
    change = report.change
    states = dict.fromkeys(change.added, "added") | dict.fromkeys(change.changed, "changed")
    copies = dict(change.duplicates)
    lines = []
    for file in report.files:
        if file.source in copies:
            lines.append(f"duplicate  {file.source}: the same content as {copies[file.source]}")
            continue
        lines.append(f"{states.get(file.source, 'unchanged'):9}  {file.source}: {_size(file)}")
        lines += [f"           note: {note}" for note in file.notes]
        lines += [f"           dropped ({d.reason}{_page(file, d.page)}): {d.text}" for d in file.reflow.dropped]
    lines += [f"removed    {source}" for source in change.removed]
    manifest = change.index.manifest
    lines.append(
        f"index {folder}: {manifest.documents} documents, {manifest.passages} passages "
        f"({change.passages_embedded} embedded now, {change.passages_reused} kept), {report.truncated} truncated"
        + ("" if change.written else "; nothing changed")
    )
    return lines


def report_dict(report: IngestReport, folder: str) -> dict[str, Any]:
    """The same as data."""
    change = report.change
    return {
        "index": folder,
        "added": list(change.added),
        "changed": list(change.changed),
        "unchanged": list(change.unchanged),
        "removed": list(change.removed),
        "duplicates": [{"source": source, "same_as": other} for source, other in change.duplicates],
        "problems": list(report.problems),
        "documents": change.index.manifest.documents,
        "passages": change.index.manifest.passages,
        "passages_embedded": change.passages_embedded,
        "truncated": report.truncated,
        "files": [
            {
                "source": file.source,
                "id": file.document.id,
                "title": file.document.title,
                "passages": file.passages,
                "notes": list(file.notes),
                "lines_joined": file.reflow.lines_joined,
                "pieces_moved": file.reflow.pieces_moved,
                "ends_joined": file.reflow.ends_joined,
                "dropped": [
                    {"text": d.text, "start": d.start, "page": d.page, "reason": d.reason} for d in file.reflow.dropped
                ],
            }
            for file in report.files
        ],
    }


def _size(file: FileReport) -> str:
    parts = [f"{file.passages} passages"]
    if file.reflow.lines_joined:
        parts.append(f"{file.reflow.lines_joined} line breaks undone")
    if file.reflow.ends_joined:
        parts.append(f"{file.reflow.ends_joined} sentences put together again")
    if file.reflow.dropped:
        parts.append(f"{len(file.reflow.dropped)} lines dropped")
    return ", ".join(parts)


def _page(file: FileReport, page: int) -> str:
    return f", page {page}" if any(span.page for span in file.document.spans) else ""
