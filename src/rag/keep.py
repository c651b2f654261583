"""Where the documents of a `Rag` are kept, a folder or memory, and how they change: each change is a new Index."""

import logging
import threading
import weakref
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from rag.embedding.embedder import Embedder
from rag.errors import RagError
from rag.given import Fields, Given, read_given
from rag.index.contents import Index
from rag.index.manifest import NAME, Chunking
from rag.index.store import read_index, read_manifest
from rag.index.update import Change, changed_index, update_index
from rag.ingest import IngestReport, Progress, count_truncated, sources_of
from rag.settings import Settings

_log = logging.getLogger(__name__)


class Refreshing(Protocol):
    """What can take over a newer index."""

    def refresh(self) -> bool:
        """Whether there was a newer one."""
        ...


class Keeper:
    """Adds to and removes from an index. `folder` is None for one that lives in memory only."""

    def __init__(self, embedder: Embedder, settings: Settings, folder: Path | None) -> None:
        self.folder = folder
        self._embedder = embedder
        self._settings = settings

    def add(
        self, index: Index, given: Given, metadata: Fields | None, progress: Progress | None = None
    ) -> IngestReport:
        """Add texts and files; in a folder the change is to what the folder holds by then."""
        was = index.manifest.chunking
        settings = replace(self._settings, chunk_tokens=was.tokens, chunk_chars=was.chars)
        read = read_given(given, self._embedder, settings, metadata, progress)
        embedded = (lambda done, total: progress("embed", done, total)) if progress else None
        new = [(report.document, passages) for report, passages in read]
        if self.folder is None:
            change = changed_index(index, self._embedder, was, new, progress=embedded)
        else:
            change = update_index(self.folder, self._embedder, was, new, progress=embedded)
        truncated = sum(count_truncated(passages, self._embedder) for _, passages in read)
        return IngestReport(tuple(report for report, _ in read), (), change, truncated)

    def remove(self, index: Index, names: Iterable[str]) -> Change:
        """The change that takes documents out. Raises RagError for an unknown one, and then takes out none."""
        sources = sources_of([names] if isinstance(names, str) else names, index.documents)
        if self.folder is None:
            return changed_index(index, self._embedder, index.manifest.chunking, (), sources)
        return update_index(self.folder, self._embedder, index.manifest.chunking, (), sources)

    def newer(self, index: Index) -> Index | None:
        """The folder's index where it is of another generation. Raises BadIndex as `read_index` does."""
        if self.folder is None or read_manifest(self.folder).generation == index.manifest.generation:
            return None
        return read_index(self.folder, self._embedder)

    def stamp(self) -> object:
        """Changes when the folder gets another generation; costs one look at a file's date."""
        if self.folder is None:
            return None
        try:
            status = (self.folder / NAME).stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size


def empty_index(embedder: Embedder, settings: Settings) -> Index:
    """An index in memory without documents."""
    return changed_index(None, embedder, Chunking(settings.chunk_tokens, settings.chunk_chars), ()).index


def watch(target: Refreshing, stamp: Callable[[], object], seconds: float) -> Callable[[], None]:
    """Refresh the target whenever the stamp changes; returns what stops it. The target's end stops it too.

    An index that cannot be read is logged, and the target keeps the one it has.
    """
    stop = threading.Event()
    reference = weakref.ref(target)
    del target

    def run() -> None:
        seen: object = None  # the first look refreshes: the folder may have changed since it was read
        while not stop.wait(seconds):
            now = stamp()
            if now == seen:
                continue
            seen = now
            held = reference()
            if held is None:
                return
            try:
                held.refresh()
            except RagError as error:
                _log.warning("the index stays as it was: %s", error)
            except Exception:
                _log.exception("the index stays as it was")
            del held

    threading.Thread(target=run, name="index-watch", daemon=True).start()
    return stop.set
