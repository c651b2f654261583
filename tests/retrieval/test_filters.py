"""Filters: alternatives within a field, all fields together, both legs, large indexes, and what is not there."""

import pytest
from fakes import HashingEmbedder

from rag.errors import BadSetting
from rag.ingest import ingest
from rag.rag import Rag
from rag.records import Document
from rag.retrieval.filters import Fields
from rag.settings import Settings

HARBOUR = {
    "a.txt": ("The harbour was dug in 1911. Forty ships called.", {"year": "2023", "kind": "report"}),
    "b.txt": ("The harbour was widened. Fifty ships called.", {"year": "2024", "kind": "report"}),
    "c.txt": ("港口扩建以后，有六十艘船停靠。", {"year": "2024", "kind": "新闻"}),
    "d.txt": ("The harbour has a lighthouse of its own.", {}),
}


def built(folder, texts):
    for name, (text, metadata) in texts.items():
        (folder / name).write_text(text + "\n", "utf-8")
        ingest([folder / name], folder / "index", HashingEmbedder(), Settings(), metadata=metadata)
    return Rag.load(folder / "index", embedder=HashingEmbedder())


@pytest.fixture(scope="module")
def rag(tmp_path_factory):
    return built(tmp_path_factory.mktemp("filters"), HARBOUR)


def names(rag, hits):
    return sorted(rag.documents[hit.passage.document].source[-5:] for hit in hits)


@pytest.mark.parametrize("leg", ["hybrid", "dense"])
@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["a.txt", "b.txt", "c.txt", "d.txt"]),
        ({"year": "2024"}, ["b.txt", "c.txt"]),
        ({"year": ["2024"]}, ["b.txt", "c.txt"]),
        ({"year": ("2023", "2024")}, ["a.txt", "b.txt", "c.txt"]),
        ({"year": {"2024"}, "kind": "report"}, ["b.txt"]),
        ({"year": "2023", "kind": "新闻"}, []),
        ({"kind": []}, []),
    ],
)
def test_values_are_alternatives_and_fields_must_all_hold(rag, filters, expected, leg):
    question = "How many ships called at the harbour?"
    assert names(rag, rag.search(question, k=10, filters=filters, leg=leg)) == expected
    assert names(rag, rag.ask(question, k=10, filters=filters).hits) == expected
    assert names(rag, list(rag.stream(question, k=10, filters=filters))[-1].hits) == expected


def test_the_lexical_leg_keeps_to_the_filter(rag):
    assert names(rag, rag.search("harbour", k=10, filters={"year": "2023"}, leg="lexical")) == ["a.txt"]
    assert names(rag, rag.search("harbour 港口", k=10, leg="lexical")) == ["a.txt", "b.txt", "c.txt", "d.txt"]


def test_id_and_source_are_fields_of_every_document(rag):
    for id_, document in rag.documents.items():
        for filters in ({"document": id_}, {"source": document.source}, {"document": id_, "source": document.source}):
            assert {hit.passage.document for hit in rag.search("harbour", filters=filters)} == {id_}
    every = {"document": list(rag.documents)}
    assert rag.search("harbour", filters=every) == rag.search("harbour")


def test_filters_and_documents_narrow_each_other(rag):
    sources = [document.source for document in rag.documents.values()]
    assert names(rag, rag.search("harbour", documents=sources[1:], filters={"kind": "report"})) == ["b.txt"]


def test_filters_do_not_change_what_is_known_of_a_passage(rag):
    every = {hit.passage.id: hit.why for hit in rag.search("Forty ships", k=10)}
    for hit in rag.search("Forty ships", k=10, filters={"year": "2024"}):
        for name in ("passage", "sentence", "dense_z", "lexical", "lexical_z", "coverage"):
            assert hit.why[name] == every[hit.passage.id][name]


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"yaer": "2024"}, r"the index has no field 'yaer'; it has document, source, year, kind$"),
        ({"year": "2031"}, r"no document has year '2031'; there are '2023', '2024'$"),
        ({"year": ["2024", "2031"]}, r"no document has year '2031'; there are"),
        ({"year": 2024}, r"the filter year is 2024; give text, such as '2024'$"),
        ({"source": "a.tx"}, r"no document has source 'a.tx'; there are "),
    ],
)
def test_what_is_not_there_is_one_line(rag, filters, message):
    for call in (rag.search, rag.ask, lambda question, filters: list(rag.stream(question, filters=filters))):
        with pytest.raises(BadSetting, match=message) as caught:
            call("harbour", filters=filters)
        assert "\n" not in str(caught.value)


def test_of_many_values_those_most_alike_are_named():
    documents = {str(n): Document(str(n), f"{n}.txt", "", "", metadata={"year": str(1000 + n)}) for n in range(500)}
    with pytest.raises(
        BadSetting, match=r"no document has year '14999'; there are '1499', '1\d+', '1\d+' and 497 more"
    ):
        Fields(documents).matching(None, {"year": "14999"})


def test_a_document_cannot_pass_for_another():
    documents = {"x": Document("x", "x.txt", "", "", metadata={"document": "y", "source": "y.txt"})}
    documents["y"] = Document("y", "y.txt", "", "")
    fields = Fields(documents)
    assert fields.matching(None, {"document": "y"}) == {"y"}
    assert fields.matching(None, {"source": ["y.txt"]}) == {"y"}
    with pytest.raises(BadSetting, match="documents is the text 'x'; give a list"):
        fields.matching("x", None)
