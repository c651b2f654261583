"""The facade: one index, its model, and the answers one gets from them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Generator as Stream
from pathlib import Path
from typing import TYPE_CHECKING, Self

from rag.embedding.embedder import Embedder
from rag.index.contents import Index
from rag.records import Answer
from rag.retriever import Retriever
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.answering.answerer import Answerer
    from rag.given import Fields, Given
    from rag.llm.generator import Generator
    from rag.retrieval.filters import Filters
    from rag.retrieval.reranker import Reranker


class Rag(Retriever):
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
        k: int | None = None,
        reranker: "Reranker | None" = None,
        llm: "Generator | None" = None,
        folder: str | Path | None = None,
        settings: Settings | None = None,
    ) -> None:
        """`k` passages are answered from where a question names no k (the settings' by default); `folder` as above."""
        super().__init__(index, embedder, reranker=reranker, folder=folder, settings=settings)
        self._k = self.settings.k if k is None else k
        self._llm = llm

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
        return super().load(folder, model=model, embedder=embedder, reranker=reranker)._written_by(llm)

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
        made = super().from_texts(texts_or_paths, metadata, model=model, embedder=embedder, reranker=reranker)
        return made._written_by(llm)

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
        return super().build(paths, folder, model=model, embedder=embedder, metadata=metadata)._written_by(llm)

    @property
    def generates(self) -> bool:
        """Whether a language model writes the answers."""
        return self._llm is not None

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
        answerer = self._answerer()
        limit = answerer.searcher.limit(documents, filters)
        return answerer.answer(question, self._k if k is None else k, history, limit, llm=llm)

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
        answerer = self._answerer()
        limit = answerer.searcher.limit(documents, filters)
        return answerer.stream(question, self._k if k is None else k, history, limit, llm=llm)

    def warm(self) -> None:
        """Pay now what the first question would pay: the model's first pass, the dictionaries. Asks no `llm`."""
        self.ask("热身 warm-up", llm=False)

    def _answerer(self) -> "Answerer":
        from rag.answering.answerer import Answerer

        return Answerer(self.searcher, generator=self._llm)

    def _written_by(self, llm: "Generator | None") -> Self:
        """With this language model, or the one that the settings name."""
        from rag.llm.openai_compatible import OpenAICompatible

        self._llm = llm or OpenAICompatible.from_settings(self.settings)
        return self
