"""LangChain's retriever: its own standard tests, and that a passage keeps its place, score and fields."""

import asyncio
import json
import subprocess
import sys

import pytest
from langchain_tests.integration_tests import RetrieversIntegrationTests
from serving_fakes import QUESTION, small_rag

from rag import BadSetting, Retriever
from rag.serving.langchain import RagRetriever


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.mark.anyio
class TestStandard(RetrieversIntegrationTests):
    @property
    def retriever_constructor(self):
        return RagRetriever

    @property
    def retriever_constructor_params(self):
        return {"rag": small_rag()}

    @property
    def retriever_query_example(self):
        return QUESTION


def test_passage_keeps_its_place_its_score_and_the_documents_fields():
    rag = small_rag()
    found = RagRetriever(rag=rag, k=2).invoke(QUESTION)
    hits = rag.search(QUESTION, 2)
    assert [(d.id, d.metadata["score"]) for d in found] == [(h.passage.id, round(h.score, 4)) for h in hits]
    best = found[0]
    place = best.metadata
    assert rag.documents[place["document_id"]].text[place["start"] : place["end"]] == best.page_content
    assert (place["source"], place["title"], place["kind"]) == ("mill.md", "The mill", "mill")
    json.dumps(place)


def test_field_named_like_one_of_ours_gives_way():
    rag = small_rag()
    rag.add({"x": "The harbour was dredged in 1987."}, {"score": "ten", "year": "1987"})
    (best,) = RagRetriever(rag=rag, k=1, filters={"year": "1987"}).invoke("harbour")
    assert isinstance(best.metadata["score"], float)
    assert best.metadata["source"] == "x"


def test_sync_async_and_batch_agree():
    retriever = RagRetriever(rag=small_rag())
    questions = [QUESTION, "When does the bakery open?", "船有多长？"]
    expected = [retriever.invoke(question, k=2) for question in questions]
    assert retriever.batch(questions, k=2) == expected

    async def awaited():
        return await retriever.abatch(questions, k=2), await retriever.ainvoke(QUESTION, k=2)

    assert asyncio.run(awaited()) == (expected, expected[0])


def test_a_retriever_without_answers_is_enough():
    rag = small_rag()
    alone = Retriever(rag.index, rag.embedder)
    assert RagRetriever(rag=alone).invoke(QUESTION) == RagRetriever(rag=rag).invoke(QUESTION)


def test_search_is_limited_by_the_retriever_and_by_a_call():
    retriever = RagRetriever(rag=small_rag(), filters={"kind": ["shop"]})
    assert {d.metadata["source"] for d in retriever.invoke(QUESTION)} == {"shop"}
    assert {d.metadata["source"] for d in retriever.invoke(QUESTION, filters={"kind": "mill"})} == {"mill.md"}
    everywhere = RagRetriever(rag=small_rag(), documents=["船.txt"])
    assert {d.metadata["source"] for d in everywhere.invoke(QUESTION)} == {"船.txt"}
    with pytest.raises(BadSetting, match="no field 'year'"):
        retriever.invoke(QUESTION, filters={"year": "1"})
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        RagRetriever(rag=small_rag(), k=0)


@pytest.mark.parametrize("name", ["langchain", "llamaindex"])
def test_missing_package_is_one_line_that_names_the_extra(name):
    package = {"langchain": "langchain_core", "llamaindex": "llama_index"}[name]
    code = (
        f"import sys\nsys.modules['{package}'] = None\nfrom rag import RagError\n"
        f"try:\n    import rag.serving.{name}\nexcept RagError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith(f"pip install 'cited-rag[{name}]'\n")
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize("name", ["langchain", "llamaindex"])
def test_import_and_search_call_nobody(name):
    # The guard also sees what a library does in a process of its own and swallows.
    code = (
        "import sys\nsys.path[:0] = ['tests', 'tests/serving']\nimport offline_guard\noffline_guard.install()\n"
        f"from serving_fakes import QUESTION, small_rag\nfrom rag.serving.{name} import RagRetriever\n"
        "retriever = RagRetriever(rag=small_rag())\n"
        "print(len(retriever.invoke(QUESTION) if hasattr(retriever, 'invoke') else retriever.retrieve(QUESTION)))\n"
        "print(offline_guard.attempts)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["3", "[]"]
