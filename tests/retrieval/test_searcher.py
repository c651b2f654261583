"""Search: the same however it is called, limited where it is told to be, on one scale."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from fakes import HashingEmbedder

from rag.errors import BadSetting
from rag.index.contents import indexed_text, sentence_texts
from rag.rag import Rag
from rag.retrieval.fuse import fuse
from rag.retrieval.legs import Evidence, Legs
from rag.retrieval.searcher import Searcher

TEXTS = {
    "lake.md": "# Lake\n\nThe lake is twelve metres deep. Herons nest in its reeds.\n\n## Winter\n\nIt freezes.\n",
    "mill.md": "# 磨坊\n\n老磨坊每天磨四十吨大麦。磨坊主姓林。\n\n## 历史\n\n磨坊建于1820年，1911年烧毁。\n",
    "town.txt": "The town has two bakers and a lake of its own. Its market is held on Thursdays.\n",
    "note.txt": "简体汉字写成的计划：发展电动汽车产业，扩大图书馆。\n",
}
QUESTIONS = ["How deep is the lake?", "磨坊主姓什么？", "market", "1911年", "發展電動汽車產業", "", "zzz", " "]


@pytest.fixture(scope="module")
def rag(tmp_path_factory):
    folder = tmp_path_factory.mktemp("searcher")
    for name, text in TEXTS.items():
        (folder / name).write_text(text, "utf-8")
    return Rag.build([folder / name for name in TEXTS], folder / "index", embedder=HashingEmbedder())


def outcome(hits):
    """Hits without the last digits, which depend on how the numbers lie in memory."""
    return [(hit.passage.id, hit.sentence, round(hit.score, 5)) for hit in hits]


def source(rag, name):
    return next(document.source for document in rag.documents.values() if document.source.endswith(name))


def test_many_questions_at_once_are_answered_as_one_by_one(rag):
    together = [outcome(hits) for hits in rag.search_many(QUESTIONS, k=4)]
    assert together == [outcome(rag.search(question, k=4)) for question in QUESTIONS]
    assert [len(hits) for hits in together] == [4, 4, 4, 4, 4, 0, 4, 0]
    assert rag.search_many([]) == []


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How deep is the lake in metres?", "The lake is twelve metres deep. Herons nest in its reeds."),
        ("When in winter does it freeze?", "It freezes."),
        ("磨坊哪一年烧毁？", "磨坊建于1820年，1911年烧毁。"),
    ],
)
def test_the_passage_that_answers_comes_first(rag, question, text):
    assert rag.search(question)[0].passage.text == text


def test_a_question_in_traditional_characters_finds_simplified_text(rag):
    for question in ("發展電動汽車產業，擴大圖書館", "擴大圖書館"):
        assert rag.search(question)[0].passage.text.startswith("简体汉字")
        assert rag.search(question)[0].why["coverage"] == 1


def test_scores_are_probabilities_that_do_not_rise(rag):
    for hits in rag.search_many(QUESTIONS, k=100):
        scores = [hit.score for hit in hits]
        assert all(0 <= score <= 1 for score in scores)
        assert scores == sorted(scores, reverse=True)
        assert len({hit.passage.id for hit in hits}) == len(hits)


@pytest.mark.parametrize("question", ["How deep is the lake?", "磨坊哪一年烧毁？", "lake 1911"])
def test_one_leg_ranks_by_its_own_evidence(rag, question):
    every = {leg: rag.search(question, k=100, leg=leg) for leg in ("hybrid", "dense", "lexical")}
    assert every["hybrid"] == rag.search(question, k=100)
    assert {hit.passage.id for hit in every["dense"]} == {hit.passage.id for hit in every["hybrid"]}
    for leg, name in (("dense", "dense_z"), ("lexical", "lexical")):
        values = [hit.why[name] for hit in every[leg]]
        scores = [hit.score for hit in every[leg]]
        assert values == sorted(values, reverse=True)
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)
        assert rag.search_many([question, ""], k=2, leg=leg) == [every[leg][:2], []]


def test_the_lexical_leg_finds_only_what_shares_a_term(rag):
    assert [hit.passage.text for hit in rag.search("Thursdays", k=100, leg="lexical")] == [TEXTS["town.txt"].strip()]
    assert rag.search("zzz", leg="lexical") == []
    assert len(rag.search("zzz", k=100, leg="dense")) == len(rag.passages)


def test_an_unknown_leg(rag):
    with pytest.raises(BadSetting, match="there is no leg 'sparse'; known: hybrid, dense, lexical"):
        rag.search("lake", leg="sparse")


def test_the_closest_sentence_is_named(rag):
    hit = rag.search("Herons nest in its reeds.")[0]
    document = rag.documents[hit.passage.document]
    assert document.text[hit.sentence.start : hit.sentence.end] == "Herons nest in its reeds."


def test_k(rag):
    assert [len(rag.search("lake", k=k)) for k in (1, 2, 6, 1000)] == [1, 2, 6, len(rag.passages)]
    for k in (0, -1):
        with pytest.raises(BadSetting, match=f"k is {k}; it must be at least 1"):
            rag.search("lake", k=k)


@pytest.mark.parametrize("question", ["How deep is the lake?", "老磨坊每天磨四十吨大麦", "lake"])
def test_a_document_filter_holds_for_both_legs(rag, question):
    town = source(rag, "town.txt")
    (id_,) = (key for key, document in rag.documents.items() if document.source == town)
    for names in ([town], [id_], [town, id_, town]):
        hits = rag.search(question, k=10, documents=names)
        assert [hit.passage.document for hit in hits] == [id_]
    both = rag.search(question, k=10, documents=[town, source(rag, "mill.md")])
    assert len(both) == 3
    assert rag.search(question, documents=[]) == []
    with pytest.raises(BadSetting, match=r"the index has no document 'none.txt'; `rag documents` lists"):
        rag.search(question, documents=["none.txt"])


def test_a_filter_does_not_change_the_evidence(rag):
    every = {hit.passage.id: hit.why for hit in rag.search("How deep is the lake?", k=10)}
    for hit in rag.search("How deep is the lake?", k=10, documents=[source(rag, "lake.md")]):
        for name in ("passage", "sentence", "dense_z", "lexical", "lexical_z", "coverage"):
            assert hit.why[name] == every[hit.passage.id][name]


def test_eight_threads_get_what_one_gets(rag):
    expected = [outcome(rag.search(question, k=5)) for question in QUESTIONS]
    fresh = Searcher(rag.index, HashingEmbedder())  # whose lazy parts the threads race for
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda question: outcome(fresh.search(question, 5)), QUESTIONS * 16))
    assert found == expected * 16


def evidence(dense, lexical, coverage):
    values = np.array(dense, np.float32)
    rows = np.arange(len(dense))
    words = np.array(lexical, np.float32)
    return Evidence(rows, values, values, words, values, words, values, values, words, words, coverage, values)


def test_words_count_by_how_much_of_the_question_the_corpus_knows():
    # The dense leg is for passage 0, the words are strongly for passage 1.
    def lead(coverage):
        fused = fuse(evidence([1.0, 0.0], [0.0, 4.0], coverage))
        return fused[1] - fused[0]

    assert lead(1.0) > 0
    assert lead(0.5) < 0
    assert lead(0.0) == pytest.approx(-1.0)
    assert lead(1.0) > lead(0.8) > lead(0.5) > lead(0.2)


def test_evidence_against_the_definition(rag):
    index = rag.index
    question = "How deep is the lake in winter?"
    vector = HashingEmbedder().embed_questions([question])[0]
    found = Legs(index).evidence(question, vector)
    embed = HashingEmbedder().embed_passages
    passages = np.array([embed([indexed_text(p)])[0] @ vector for p in index.passages])
    sentences = np.array([max(embed(sentence_texts(p)) @ vector) for p in index.passages])
    np.testing.assert_allclose(found.passage, passages, atol=1e-5)
    np.testing.assert_allclose(found.sentence, sentences, atol=1e-5)
    both = passages + sentences
    np.testing.assert_allclose(found.dense_z, (both - both.mean()) / both.std(), atol=1e-4)
    some = Legs(index).evidence(question, vector, [4, 1])
    assert some.rows.tolist() == [1, 4]
    np.testing.assert_array_equal(some.dense_z, found.dense_z[[1, 4]])
    np.testing.assert_array_equal(some.words_z, found.words_z[[1, 4]])


def test_a_passage_without_sentences_stands_for_itself(rag):
    index = rag.index
    starts = index.sentence_starts.copy()
    starts[1:3] = starts[1]  # passage 1 loses its sentences to the one after it
    vector = HashingEmbedder().embed_questions(["lake"])[0]
    found = Legs(replace(index, sentence_starts=starts)).evidence("lake", vector)
    assert found.sentence[1] == found.passage[1]
    assert found.sentence[0] == Legs(index).evidence("lake", vector).sentence[0]
