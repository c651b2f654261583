"""Files that are added and documents that are taken out: one worker does it, one after another, behind who asks.

What is uploaded stays in memory until it is indexed, and is never a file; its name is the document's, never a path.
"""

from __future__ import annotations

import itertools
import logging
import queue
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from rag.errors import RagError

if TYPE_CHECKING:
    from rag.documents.furniture import Dropped
    from rag.ingest import IngestReport
    from rag.rag import Rag

State = Literal["waiting", "read", "embed", "done", "failed"]
FILES_WAITING = 4
"""So many files of the largest size may be in memory at once."""
_REMEMBERED = 1000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a file.

    change   "added", "changed" (it replaced the document of its name), "unchanged", or "duplicate" of `same_as`
    pages    pages that text was found on, 0 where the format has none
    notes    one line for each page that could not be read, and for the encoding
    dropped  lines that were left out as page furniture
    """

    change: str
    document: str
    same_as: str
    passages: int
    pages: int
    notes: tuple[str, ...]
    dropped: tuple[Dropped, ...]
    joined: int


@dataclass(frozen=True, slots=True)
class Job:
    """A file to be added, or (`removes`) a document to be taken out. `done` of `total` texts are embedded.

    problem  for "failed": one line, "" where the fault is the program's
    """

    id: str
    name: str
    removes: bool = False
    state: State = "waiting"
    done: int = 0
    total: int = 0
    report: Report | None = None
    problem: str = ""

    @property
    def over(self) -> bool:
        return self.state in ("done", "failed")


class FullError(Exception):
    """As much waits already as may be in memory."""


@dataclass(order=True, slots=True)
class _Task:
    rank: tuple[int, int]
    job: str = field(compare=False)
    data: bytes = field(compare=False)


class Uploads:
    """Safe from any thread. `after` is called when a change was made and nothing waits any more."""

    def __init__(self, rag: Callable[[], Rag], max_mb: float, after: Callable[[], None] = lambda: None) -> None:
        self._rag = rag
        self._after = after
        self._most = int(FILES_WAITING * max_mb * 1_000_000)
        self._held = 0
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._tasks: queue.PriorityQueue[_Task] = queue.PriorityQueue()
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._changed = False
        threading.Thread(target=self._run, name="uploads", daemon=True).start()

    def reserve(self, size: int) -> None:
        """Room for so many bytes; to be handed to `add`, or given back. Raises FullError."""
        with self._lock:
            if self._held + size > self._most:
                raise FullError
            self._held += size

    def give_back(self, size: int) -> None:
        """Room that was reserved and is not needed."""
        with self._lock:
            self._held -= size

    def add(self, name: str, data: bytes) -> Job:
        """Adds a file once its turn comes; room for it is reserved. A document of that name is replaced."""
        return self._put(Job(secrets.token_urlsafe(12), name), 1, data)

    def remove(self, identity: str, name: str) -> Job:
        """Takes the document with that id out, before any file that waits."""
        return self._put(Job(secrets.token_urlsafe(12), name, removes=True), 0, identity.encode())

    def jobs(self, ids: Iterable[str]) -> list[Job]:
        """Those that are known."""
        with self._lock:
            return [self._jobs[id_] for id_ in ids if id_ in self._jobs]

    def _put(self, job: Job, rank: int, data: bytes) -> Job:
        with self._lock:
            self._jobs[job.id] = job
            over = [id_ for id_, each in self._jobs.items() if each.over]
            for id_ in over[: max(0, len(self._jobs) - _REMEMBERED)]:
                del self._jobs[id_]
            self._tasks.put(_Task((rank, next(self._numbers)), job.id, data))
        return job

    def _run(self) -> None:
        while True:
            task = self._tasks.get()
            job = self._jobs[task.job]
            try:
                self._do(job, task.data)
            except RagError as error:
                self._set(job, state="failed", problem=str(error))
            except Exception:
                _log.exception("documents were not changed")
                self._set(job, state="failed")
            if not job.removes:
                self.give_back(len(task.data))
            del task
            if self._changed and self._tasks.empty():
                self._changed = False
                self._after()

    def _do(self, job: Job, data: bytes) -> None:
        rag = self._rag()
        if job.removes:
            identity = data.decode()
            if identity in rag.documents:  # otherwise somebody else was faster
                self._changed |= rag.remove(identity).written
            self._set(job, state="done")
            return
        self._set(job, state="read")

        def progress(stage: str, done: int, total: int) -> None:
            if stage == "embed":
                self._set(job, state="embed", done=done, total=total)

        report = rag.ingest({job.name: data}, progress=progress)
        self._changed |= report.change.written
        self._set(job, state="done", report=_report(job.name, report))

    def _set(self, job: Job, **changes: object) -> None:
        with self._lock:
            self._jobs[job.id] = replace(self._jobs[job.id], **changes)  # type: ignore[arg-type]


def _report(name: str, ingested: IngestReport) -> Report:
    change = ingested.change
    (file,) = ingested.files
    same_as = dict(change.duplicates).get(name, "")
    document = next(d for d in change.index.documents.values() if d.source == (same_as or name))
    return Report(
        change="duplicate"
        if same_as
        else "added"
        if name in change.added
        else "changed"
        if name in change.changed
        else "unchanged",
        document=document.id,
        same_as=document.title if same_as else "",
        passages=file.passages,
        pages=len({span.page for span in file.document.spans if span.page}),
        notes=file.notes,
        dropped=file.reflow.dropped,
        joined=file.reflow.lines_joined,
    )
