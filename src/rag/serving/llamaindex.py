"""LlamaIndex's retriever over a `Retriever` or `Rag` (extra `llamaindex`): a question → passages as scored nodes."""

import asyncio
from collections.abc import Collection
from typing import TYPE_CHECKING

from rag.errors import BadSetting, RagError
from rag.plain import flat_hit
from rag.retriever import Retriever

if TYPE_CHECKING:
    from rag.retrieval.filters import Filters

try:
    from llama_index.core.base.base_retriever import BaseRetriever
    from llama_index.core.schema import NodeRelationship, NodeWithScore, QueryBundle, RelatedNodeInfo, TextNode
except ImportError:
    raise RagError(
        "LlamaIndex needs a package that is not installed; install it: pip install 'cited-rag[llamaindex]'"
    ) from None

# What a language model is shown of a passage beside its text; a query engine shows it all by default.
_SHOWN = {"source", "title", "heading"}


class RagRetriever(BaseRetriever):
    """Any query engine's retriever: `retrieve`, `aretrieve`. Safe from any thread, as `rag` is.

    RagRetriever(Rag.load("index"), k=3, filters={"year": "2024"}).retrieve("…")

    A node's text is the passage, exactly `start_char_idx` to `end_char_idx` of its document's clean text; `score` is
    the probability (0…1) that it answers. `metadata` has `source`, `title`, `heading`, `start`, `end`, and the
    document's own fields. Arguments and errors as for `Rag.search`.
    """

    def __init__(
        self,
        rag: Retriever,
        *,
        k: int = 5,
        documents: Collection[str] | None = None,
        filters: "Filters | None" = None,
    ) -> None:
        if k < 1:
            raise BadSetting(f"k is {k}; it must be at least 1")
        super().__init__()
        self._rag = rag
        self._k = k
        self._documents = documents
        self._filters = filters

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        now = self._rag.snapshot()  # the documents of the hits, whatever changes meanwhile
        hits = now.search(query_bundle.query_str, self._k, documents=self._documents, filters=self._filters)
        nodes = []
        for hit in hits:
            metadata = flat_hit(hit, now.documents)
            unseen = sorted(metadata.keys() - _SHOWN)
            source = RelatedNodeInfo(node_id=hit.passage.document, metadata={"source": metadata["source"]})
            node = TextNode(
                id_=hit.passage.id,
                text=hit.passage.text,
                start_char_idx=hit.passage.start,
                end_char_idx=hit.passage.end,
                metadata=metadata,
                excluded_llm_metadata_keys=unseen,
                excluded_embed_metadata_keys=unseen,
                relationships={NodeRelationship.SOURCE: source},
            )
            nodes.append(NodeWithScore(node=node, score=hit.score))
        return nodes

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)
