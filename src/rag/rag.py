"""The facade: one index, its model, and what one does with them."""

import copy
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Generator as Stream
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from rag.embedding.embedder import Embedder
from rag.index.contents import Index
from rag.records import Answer, Document, Hit, Passage
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.answering.answerer import Answerer
    from rag.given import Fields, Given
    from rag.index.update import Change
    from rag.ingest import IngestReport, Progress
    from rag.llm.generator import Generator
    from rag.retrieval.filters import Filters
    from rag.retrieval.reranker import Reranker
    from rag.retrieval.retriever import Leg, Retriever


@dataclass(frozen=True, slots=True)
class _Reader:
    """What one index is read with. Replaced whole, never changed: who has begun with one ends with it."""

    retriever: "Retriever"
    answerer: "Answerer"


class Rag:
    """Answers questions from an index. Safe from any thread; one instance serves many askers.

    rag = Rag.load("index"); rag.ask("…").text

    A change (`add`, `remove`, `refresh`) puts a new index in the place of the old one in one step and disturbs nobody:
    a question or stream that has begun ends on the index it began with. Several indexes share one model by
    `Rag.load("other", embedder=rag.embedder)`.
    """

    def __init__(
        self,
        index: Index,
        embedder: Embedder,
        *,
        k: int = 5,
        reranker: "Reranker | None" = None,
        llm: "Generator | None" = None,
        folder: str | Path | None = None,
        settings: Settings | None = None,
    ) -> None:
        """`folder` is where the index was read from and changes are written to; None keeps them in memory."""
        from rag.keep import Keeper

        self.embedder = embedder
        self._reranker = reranker
        self._llm = llm
        self._k = k
        self._keeper = Keeper(embedder, settings or Settings(), None if folder is None else Path(folder))
        self._changing = threading.Lock()
        self._reader = self._read(index)

    @classmethod
    def load(
        cls,
        folder: str | Path | None = None,
        *,
        model: str | None = None,
        embedder: Embedder | None = None,
        reranker: "str | Reranker | None" = None,
        llm: "Generator | None" = None,
    ) -> Self:
        """Open the index in a folder with the model that built it (`model` insists on one).

        reranker  reorders the first passages: a CrossEncoder's name or folder, or any `Reranker`; "" for none
        llm       writes the answers, such as `OpenAICompatible(base_url=…, model=…, api_key=…)`

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
        return cls._from(settings, index, embedder, path, reranker, llm)

    @classmethod
    def from_texts(
        cls,
        texts_or_paths: "Given" = (),
        metadata: "Fields | None" = None,
        *,
        model: str | None = None,
        embedder: Embedder | None = None,
        reranker: "str | Reranker | None" = None,
        llm: "Generator | None" = None,
    ) -> Self:
        """Index in memory, without any file: gone when the object is. All as for `add` and `load`.

        Rag.from_texts({"opening hours": "We open at nine."}).ask("When do you open?")
        """
        from rag.embedding.load import load_embedder
        from rag.keep import empty_index

        named_reranker = reranker if isinstance(reranker, str) else None
        settings = Settings.from_environment(model=model, reranker=named_reranker)
        embedder = embedder or load_embedder(settings.model)
        rag = cls._from(settings, empty_index(embedder, settings), embedder, None, reranker, llm)
        rag.add(texts_or_paths, metadata)
        return rag

    @classmethod
    def build(
        cls,
        paths: Iterable[str | Path] | str | Path,
        folder: str | Path | None = None,
        *,
        model: str | None = None,
        embedder: Embedder | None = None,
        metadata: Mapping[str, str] | None = None,
        llm: "Generator | None" = None,
    ) -> Self:
        """Bring the index in `folder` up to date with files and folders, and open it.

        metadata  fields of these documents, to be filtered by; one that is "" is taken off them
        llm       as for `load`

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
        return cls._from(settings, report.change.index, embedder, Path(settings.index), None, llm)

    @classmethod
    def _from(
        cls,
        settings: Settings,
        index: Index,
        embedder: Embedder,
        folder: Path | None,
        reranker: "str | Reranker | None",
        llm: "Generator | None",
    ) -> Self:
        return cls(
            index,
            embedder,
            k=settings.k,
            reranker=_reranker(settings, reranker),
            llm=_llm(settings, llm),
            folder=folder,
            settings=settings,
        )

    @property
    def retriever(self) -> "Retriever":
        """What searches the index as it is now."""
        return self._reader.retriever

    @property
    def index(self) -> Index:
        """The index as it is now."""
        return self._reader.retriever.index

    @property
    def folder(self) -> Path | None:
        """Where the index is kept; None for one in memory."""
        return self._keeper.folder

    @property
    def generates(self) -> bool:
        """Whether a language model writes the answers."""
        return self._llm is not None

    @property
    def documents(self) -> Mapping[str, Document]:
        """The indexed documents by id."""
        return self.index.documents

    @property
    def passages(self) -> Sequence[Passage]:
        """All passages, document after document."""
        return self.index.passages

    def ask(
        self,
        question: str,
        *,
        k: int | None = None,
        history: Sequence[str] = (),
        documents: Collection[str] | None = None,
        filters: "Filters | None" = None,
        llm: bool = True,
    ) -> Answer:
        """Answer from the documents, each sentence cited, or say that they do not answer.

        history    questions asked before, oldest first: a question that leans on them is understood by them
        documents  ids or sources to search in; all by default
        filters    fields of documents and the value, or the alternatives, that each must have: {"year": "2024"}
        llm        False: quote the documents, even where a language model is there to write
        """
        reader = self._reader
        limit = reader.retriever.limit(documents, filters)
        return reader.answerer.answer(question, self._k if k is None else k, history, limit, llm=llm)

    def stream(
        self,
        question: str,
        *,
        k: int | None = None,
        history: Sequence[str] = (),
        documents: Collection[str] | None = None,
        filters: "Filters | None" = None,
        llm: bool = True,
    ) -> Stream[Answer]:
        """`ask`, growing by a sentence at a time; the last answer is whole. Closing it stops a language model."""
        reader = self._reader
        limit = reader.retriever.limit(documents, filters)
        return reader.answerer.stream(question, self._k if k is None else k, history, limit, llm=llm)

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
        return self.retriever.search(question, k, documents, filters=filters, leg=leg)

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
        return self.retriever.search_many(questions, k, documents, filters=filters, leg=leg)

    def warm(self) -> None:
        """Pay now what the first question would pay: the model's first pass, the dictionaries. Asks no `llm`."""
        self.ask("热身 warm-up", llm=False)

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
                self._reader = self._read(newer)
            return newer is not None

    def watch(self, seconds: float = 1.0) -> Callable[[], None]:
        """Keep refreshing in the background, with a look at one file's date each time; returns what stops it.

        An index that cannot be read is logged as a warning, and the one there is goes on answering.
        """
        from rag.keep import watch

        return watch(self, self._keeper.stamp, seconds)

    def _take(self, change: "Change") -> "Change":
        if change.index is not self.index:
            self._reader = self._read(change.index)
        return change

    def _read(self, index: Index) -> _Reader:
        from rag.answering.answerer import Answerer
        from rag.retrieval.retriever import Retriever

        retriever = Retriever(index, self.embedder, self._reranker)
        return _Reader(retriever, Answerer(retriever, generator=self._llm))


def _llm(settings: Settings, given: "Generator | None") -> "Generator | None":
    if given is not None:
        return given
    from rag.llm.openai_compatible import OpenAICompatible

    return OpenAICompatible.from_settings(settings)


def _reranker(settings: Settings, given: "str | Reranker | None") -> "Reranker | None":
    if given is not None and not isinstance(given, str):
        return given
    if not settings.reranker:
        return None
    from rag.retrieval.reranker import load_reranker

    return load_reranker(settings.reranker)
