"""The facade of search: one index, the model that built it, and how both are opened, changed and searched."""

import copy
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from rag.embedding.embedder import Embedder
from rag.index.contents import Index
from rag.records import Document, Hit, Passage
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.given import Fields, Given
    from rag.index.update import Change
    from rag.ingest import IngestReport, Progress
    from rag.retrieval.filters import Filters
    from rag.retrieval.reranker import Reranker
    from rag.retrieval.searcher import Leg, Searcher


class Retriever:
    """Finds passages in an index. Safe from any thread; one instance serves many askers.

    retriever = Retriever.load("index"); retriever.search("…")[0].passage.text

    A change (`add`, `remove`, `refresh`) puts a new index in the place of the old one in one step and disturbs nobody:
    a search that has begun ends on the index it began with. Several indexes share one model by
    `Retriever.load("other", embedder=retriever.embedder)`. `rag.Rag` does all of this, and answers.
    """

    def __init__(
        self,
        index: Index,
        embedder: Embedder,
        *,
        reranker: "Reranker | None" = None,
        folder: str | Path | None = None,
        settings: Settings | None = None,
    ) -> None:
        """`folder` is where the index was read from and changes are written to; None keeps them in memory."""
        from rag.keep import Keeper

        self.embedder = embedder
        self.settings = settings or Settings()
        self._reranker = reranker
        self._keeper = Keeper(embedder, self.settings, None if folder is None else Path(folder))
        self._changing = threading.Lock()
        self._searcher = self._search_in(index)

    @classmethod
    def load(
        cls,
        folder: str | Path | None = None,
        *,
        model: str | None = None,
        embedder: Embedder | None = None,
        reranker: "str | Reranker | None" = None,
    ) -> Self:
        """Open the index in a folder with the model that built it (`model` insists on one).

        reranker  reorders the first passages: a CrossEncoder's name or folder, or any `Reranker`; "" for none

        Defaults come from `RAG_*` variables (see `Settings`). Raises BadIndex, BadModel, BadSetting.
        """
        import os

        from rag.embedding.load import load_embedder
        from rag.index.store import read_index, read_manifest

        named_reranker = reranker if isinstance(reranker, str) else None
        settings = Settings.from_environment(
            index=None if folder is None else str(folder), model=model, reranker=named_reranker
        )
        path = Path(settings.index)
        if embedder is None:
            # Nobody who opens an index should have to remember which model built it.
            named = model is not None or "RAG_MODEL" in os.environ
            embedder = load_embedder(settings.model if named else read_manifest(path).model.name)
        index = read_index(path, embedder)
        return cls(index, embedder, reranker=_reranker(settings, reranker), folder=path, settings=settings)

    @classmethod
    def from_texts(
        cls,
        texts_or_paths: "Given" = (),
        metadata: "Fields | None" = None,
        *,
        model: str | None = None,
        embedder: Embedder | None = None,
        reranker: "str | Reranker | None" = None,
    ) -> Self:
        """Index in memory, without any file: gone when the object is. All as for `add` and `load`.

        Retriever.from_texts({"opening hours": "We open at nine."}).search("When do you open?")
        """
        from rag.embedding.load import load_embedder
        from rag.keep import empty_index

        named_reranker = reranker if isinstance(reranker, str) else None
        settings = Settings.from_environment(model=model, reranker=named_reranker)
        embedder = embedder or load_embedder(settings.model)
        index = empty_index(embedder, settings)
        made = cls(index, embedder, reranker=_reranker(settings, reranker), settings=settings)
        made.add(texts_or_paths, metadata)
        return made

    @classmethod
    def build(
        cls,
        paths: Iterable[str | Path] | str | Path,
        folder: str | Path | None = None,
        *,
        model: str | None = None,
        embedder: Embedder | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Self:
        """Bring the index in `folder` up to date with files and folders, and open it.

        metadata  fields of these documents, to be filtered by; one that is "" is taken off them

        Raises RagError naming every path that could not be read if there is one (the others are indexed).
        """
        from rag.embedding.load import load_embedder
        from rag.errors import RagError
        from rag.ingest import ingest

        settings = Settings.from_environment(index=None if folder is None else str(folder), model=model)
        embedder = embedder or load_embedder(settings.model)
        given = [paths] if isinstance(paths, (str, Path)) else list(paths)
        report = ingest(given, settings.index, embedder, settings, metadata=metadata)
        if report.problems:
            raise RagError("; ".join(report.problems))
        reranker = _reranker(settings, None)
        return cls(report.change.index, embedder, reranker=reranker, folder=settings.index, settings=settings)

    @property
    def searcher(self) -> "Searcher":
        """What searches the index as it is now."""
        return self._searcher

    @property
    def index(self) -> Index:
        """The index as it is now."""
        return self._searcher.index

    @property
    def folder(self) -> Path | None:
        """Where the index is kept; None for one in memory."""
        return self._keeper.folder

    @property
    def documents(self) -> Mapping[str, Document]:
        """The indexed documents by id."""
        return self.index.documents

    @property
    def passages(self) -> Sequence[Passage]:
        """All passages, document after document."""
        return self.index.passages

    def search(
        self,
        question: str,
        k: int = 5,
        *,
        documents: Collection[str] | None = None,
        filters: "Filters | None" = None,
        leg: "Leg" = "hybrid",
    ) -> list[Hit]:
        """The k likeliest passages, best first. `leg`: ranked by both legs, or by "dense" or "lexical" alone."""
        return self._searcher.search(question, k, documents, filters=filters, leg=leg)

    def search_many(
        self,
        questions: Sequence[str],
        k: int = 5,
        *,
        documents: Collection[str] | None = None,
        filters: "Filters | None" = None,
        leg: "Leg" = "hybrid",
    ) -> list[list[Hit]]:
        """`search` for each question; embedding them together is faster than one by one."""
        return self._searcher.search_many(questions, k, documents, filters=filters, leg=leg)

    def snapshot(self) -> Self:
        """The same over the index as it is now, whatever changes meanwhile: for several steps that must agree."""
        return copy.copy(self)

    def add(self, texts_or_paths: "Given", metadata: "Fields | None" = None) -> "Change":
        """Index texts and files, beside or in place of what has the same source. Returns what was done.

        texts_or_paths  a `str` is a text, never a path; a `Path` is a file or folder; a mapping names its texts
        metadata        fields to filter by, of all of them, or of each in turn; one that is "" is taken off

        All or nothing: raises RagError naming what could not be read, and then nothing has changed. Those who add at
        once take turns; those who ask do not wait.
        """
        return self.ingest(texts_or_paths, metadata).change

    def ingest(
        self, texts_or_paths: "Given", metadata: "Fields | None" = None, *, progress: "Progress | None" = None
    ) -> "IngestReport":
        """`add`, and a report of what was read, dropped and left out of each text or file.

        progress  called with a stage ("read", "embed"), how much of it is done, and how much there is
        """
        with self._changing:
            report = self._keeper.add(self.index, texts_or_paths, metadata, progress)
            self._take(report.change)
            return report

    def remove(self, names: Iterable[str] | str) -> "Change":
        """Take documents out, by id, source, or a file's name that is the only one. Raises RagError for an unknown."""
        with self._changing:
            return self._take(self._keeper.remove(self.index, names))

    def refresh(self) -> bool:
        """Take over the folder's index where somebody has changed it; whether there was another. Errors as `load`."""
        with self._changing:
            newer = self._keeper.newer(self.index)
            if newer is not None:
                self._searcher = self._search_in(newer)
            return newer is not None

    def watch(self, seconds: float = 1.0) -> Callable[[], None]:
        """Keep refreshing in the background, with a look at one file's date each time; returns what stops it.

        An index that cannot be read is logged as a warning, and the one there is goes on answering.
        """
        from rag.keep import watch

        return watch(self, self._keeper.stamp, seconds)

    def _take(self, change: "Change") -> "Change":
        if change.index is not self.index:
            self._searcher = self._search_in(change.index)
        return change

    def _search_in(self, index: Index) -> "Searcher":
        from rag.retrieval.searcher import Searcher

        return Searcher(index, self.embedder, self._reranker)


def _reranker(settings: Settings, given: "str | Reranker | None") -> "Reranker | None":
    if given is not None and not isinstance(given, str):
        return given
    if not settings.reranker:
        return None
    from rag.retrieval.reranker import load_reranker

    return load_reranker(settings.reranker)
