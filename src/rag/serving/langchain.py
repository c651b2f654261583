"""LangChain's retriever over a `Retriever` or `Rag` (extra `langchain`): a question → its passages as documents."""

import asyncio
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from rag.errors import RagError
from rag.plain import flat_hit
from rag.retriever import Retriever

try:
    from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever
except ImportError:
    raise RagError(
        "LangChain needs a package that is not installed; install it: pip install 'cited-rag[langchain]'"
    ) from None


class RagRetriever(BaseRetriever):
    """Any chain's retriever: `invoke`, `ainvoke`, `batch`, `abatch`. Safe from any thread, as `rag` is.

    RagRetriever(rag=Rag.load("index"), k=3, filters={"year": "2024"}).invoke("…", k=5)

    k, documents, filters  as for `Rag.search`; each may be given to a call too, and then counts for that one

    `page_content` is the passage, exactly `metadata["start"]` to `metadata["end"]` of its document's clean text;
    `metadata` has `score`, the probability (0…1) that it answers, `source`, `title`, `heading`, and the document's own
    fields. Raises BadSetting as `Rag.search` does.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    rag: Retriever
    k: Annotated[int, Field(ge=1)] = 5
    documents: list[str] | None = None
    filters: dict[str, str | list[str]] | None = None

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002  # looked for by its name
        k: int | None = None,
        documents: list[str] | None = None,
        filters: dict[str, str | list[str]] | None = None,
    ) -> list[Document]:
        now = self.rag.snapshot()  # the documents of the hits, whatever changes meanwhile
        hits = now.search(
            query,
            self.k if k is None else k,
            documents=self.documents if documents is None else documents,
            filters=self.filters if filters is None else filters,
        )
        return [
            Document(page_content=hit.passage.text, metadata=flat_hit(hit, now.documents), id=hit.passage.id)
            for hit in hits
        ]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, **given: Any
    ) -> list[Document]:
        return await asyncio.to_thread(self._get_relevant_documents, query, run_manager=run_manager.get_sync(), **given)
