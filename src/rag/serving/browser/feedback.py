"""Verdicts on answers → a JSONL file of questions for `eval/run.py --questions`.

One line for each question (with what was asked before it): a later verdict takes the place of an earlier one, so that
two lines never say the opposite of each other.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rag.errors import RagError

_MOST_BYTES = 20_000_000
_LOCK_SECONDS = 10


class BadFeedback(RagError):
    """A verdict cannot be kept."""


class Feedback:
    """The file. Safe from any thread and process: each change is made under a lock and takes effect in one step."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def put(self, line: Mapping[str, Any]) -> None:
        """Adds a line, in the place of the one with its id. Raises BadFeedback where the file cannot be written."""
        self._change(str(line["id"]), json.dumps(line, ensure_ascii=False).encode("utf-8", "replace"))

    def drop(self, identity: str) -> None:
        """Takes the line with this id out, where there is one. Raises BadFeedback."""
        self._change(identity, None)

    def _change(self, identity: str, line: bytes | None) -> None:
        from filelock import FileLock, Timeout

        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self.file}.lock", timeout=_LOCK_SECONDS):
                before = self.file.read_bytes() if self.file.exists() else b""
                kept = [each for each in before.splitlines() if _identity(each) != identity]
                after = b"".join(each + b"\n" for each in [*kept, *([] if line is None else [line])])
                if len(after) > max(_MOST_BYTES, len(before)):
                    raise BadFeedback(f"{self.file} is full; move it elsewhere to go on")
                if after != before:
                    _replace(self.file, after)
        except Timeout as error:
            raise BadFeedback(f"{self.file} is in use by another program; try again") from error
        except OSError as error:
            reason = error.strerror or error
            raise BadFeedback(f"{self.file} cannot be written ({reason}); RAG_FEEDBACK names another") from error


def _replace(file: Path, content: bytes) -> None:
    part = file.with_name(file.name + ".part")
    with part.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)


def _identity(line: bytes) -> str | None:
    """None for a line that somebody else wrote in another form: it stays as it is."""
    try:
        return str(json.loads(line)["id"])
    except (ValueError, TypeError, KeyError):
        return None
