"""The facade: one index, its model, and what one does with them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Generator as Stream
from pathlib import Path
from typing import TYPE_CHECKING, Self

from rag.embedding.embedder import Embedder
from rag.index.contents import Index
from rag.records import Answer, Document, Hit, Passage
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.llm.generator import Generator
    from rag.retrieval.filters import Filters
    from rag.retrieval.reranker import Reranker
    from rag.retrieval.retriever import Leg


class Rag:
    """Answers questions from an index. Safe from any thread; one instance serves many askers.

    rag = Rag.load("index"); rag.ask("…").text
    """

    def __init__(
        self,
        index: Index,
        embedder: Embedder,
        *,
        k: int = 5,
        reranker: "Reranker | None" = None,
        llm: "Generator | None" = None,
    ) -> None:
        from rag.answering.answerer import Answerer
        from rag.retrieval.retriever import Retriever

        self.index = index
        self.retriever = Retriever(index, embedder, reranker)
        self._answerer = Answerer(self.retriever, generator=llm)
        self._k = k

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
        return cls(index, embedder, k=settings.k, reranker=_reranker(settings, reranker), llm=_llm(settings, llm))

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
        reranker = _reranker(settings, None)
        return cls(report.change.index, embedder, k=settings.k, reranker=reranker, llm=_llm(settings, llm))

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
        limit = self.retriever.limit(documents, filters)
        return self._answerer.answer(question, k or self._k, history, limit, llm=llm)

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
        limit = self.retriever.limit(documents, filters)
        return self._answerer.stream(question, k or self._k, history, limit, llm=llm)

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
