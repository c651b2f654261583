"""LlamaIndex's retriever: nodes that keep their place, score and fields, also in a query engine."""

import asyncio

import pytest
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import ResponseMode, get_response_synthesizer
from llama_index.core.schema import MetadataMode
from serving_fakes import QUESTION, small_rag

from rag import BadSetting
from rag.serving.llamaindex import RagRetriever


def test_node_keeps_its_place_its_score_and_the_documents_fields():
    rag = small_rag()
    found = RagRetriever(rag, k=2).retrieve(QUESTION)
    hits = rag.search(QUESTION, 2)
    assert [(n.node.node_id, n.score) for n in found] == [(h.passage.id, h.score) for h in hits]
    node = found[0].node
    assert rag.documents[node.ref_doc_id].text[node.start_char_idx : node.end_char_idx] == node.text
    assert (node.metadata["source"], node.metadata["kind"]) == ("mill.md", "mill")
    shown = node.get_content(MetadataMode.LLM)
    assert "source: mill.md" in shown
    assert "coverage" not in shown  # how the search weighed it is not for a language model


def test_sync_and_async_agree():
    retriever = RagRetriever(small_rag(), k=2)
    assert asyncio.run(retriever.aretrieve(QUESTION)) == retriever.retrieve(QUESTION)


def test_search_is_limited():
    found = RagRetriever(small_rag(), filters={"kind": "shop"}).retrieve(QUESTION)
    assert {n.node.metadata["source"] for n in found} == {"shop"}
    assert len(RagRetriever(small_rag(), k=1, documents=["船.txt"]).retrieve(QUESTION)) == 1
    with pytest.raises(BadSetting, match="k is 0"):
        RagRetriever(small_rag(), k=0)


def test_query_engine_hands_the_passages_on():
    synthesizer = get_response_synthesizer(llm=MockLLM(), response_mode=ResponseMode.COMPACT)
    engine = RetrieverQueryEngine(RagRetriever(small_rag(), k=1), synthesizer)
    response = engine.query(QUESTION)
    assert [n.node.metadata["source"] for n in response.source_nodes] == ["mill.md"]
    assert "forty tons of barley" in str(response)
