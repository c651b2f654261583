"""What speaks for a sentence, and the weights of it that are shipped."""

import json
from importlib.resources import files

import numpy as np
import pytest
from fakes import HashingEmbedder, TokenHashingEmbedder

from rag import Rag
from rag.answering.reader import Reading
from rag.answering.sentence_features import FEATURES, content_of, leans_on_before, sentence_features
from rag.answering.sentences import MOST, READ, candidates, choose, told_spans, weights

TEXT = "湖在城北。湖水深十二米。鹭鸟在芦苇中筑巢，每年有3000只。谁见过它们？"


@pytest.fixture(params=[HashingEmbedder, TokenHashingEmbedder])
def rag(request, tmp_path):
    (tmp_path / "lake.txt").write_text(TEXT, "utf-8")
    return Rag.build(tmp_path / "lake.txt", tmp_path / "index", embedder=request.param())


def table(rag, question):
    (search,) = rag.searcher.searches([question], MOST)
    found = sentence_features(search, 0, rag.searcher, content_of(search, rag.searcher))
    return {name: found[:, column] for column, name in enumerate(FEATURES)}


def test_features(rag):
    found = table(rag, "湖水有多少米深？")
    assert all(len(values) == 4 for values in found.values())
    for name in ("cosine", "grams", "run"):
        assert np.argmax(found[name]) == 1, name
    assert found["figure"].tolist() == [0, 0, 1, 0] or found["figure"].tolist() == [0, 1, 1, 0]
    assert (found["ranking"] == 0).all()
    if rag.index.tokens is None:
        assert not found["tokens"].any() and not found["pair"].any() and not found["least"].any()
    else:
        assert np.argmax(found["tokens"]) == 1
        assert (found["pair"] >= found["tokens"]).all()
        assert (found["least"] <= found["tokens"] + 1e-6).all()


def test_no_figure_is_asked_for(rag):
    found = table(rag, "鹭鸟在哪里筑巢？")
    assert not found["figure"].any()
    assert np.argmax(found["words"]) == 2


def test_a_figure_of_the_question_is_not_new(rag):
    found = table(rag, "3000只鹭鸟有多少在筑巢？")
    assert (found["figure"][2], found["new_figure"][2]) == (1, 0)


def test_a_sentence_that_leans_has_the_words_before_it_too(rag):
    found = table(rag, "鹭鸟在哪里筑巢？")
    assert not found["before"].any()  # "谁见过它们" does not begin with what stands for them
    (search,) = rag.searcher.searches(["鹭鸟"], MOST)
    assert leans_on_before("它们在芦苇中。") and leans_on_before("It nests there.")
    assert not leans_on_before("鹭鸟在芦苇中。") and not leans_on_before("Itching is common.")
    assert search.hits


def test_the_best_sentence_is_chosen(rag):
    (search,) = rag.searcher.searches(["湖水深几米？"], MOST)
    found = candidates(search, rag.searcher, 0.35)
    assert len(found.sentences) == 4 and not found.read
    assert choose(found)[0].quote == found.sentences[0].quote == "湖水深十二米。"


class ReaderThatLikes:
    """Says 5 of the sentences that hold a text, -50 of others; `given` is what it was asked to read."""

    def __init__(self, text):
        self.text = text

    def read(self, question, passages, titles):
        self.given = (question, passages, titles)
        return [[Reading(5.0 if self.text in sentence else -50.0) for sentence in passage] for passage in passages]


def test_the_likeliest_are_read_in_reading_order():
    sentences = [f"湖的第{n}个码头在东边。" for n in range(1, 9)]
    rag = Rag.from_texts({"quays.txt": "".join(sentences)}, embedder=TokenHashingEmbedder())
    (search,) = rag.searcher.searches(["湖的码头在哪里？"], MOST)
    reader = ReaderThatLikes("第")
    found = candidates(search, rag.searcher, 0.35, reader)
    question, (passage,), titles = reader.given
    assert question == "湖的码头在哪里？" and titles == [""] and len(passage) == READ == len(found.sentences)
    assert passage == [sentence for sentence in sentences if sentence in passage]
    assert found.read and found.features.shape == (READ, len(FEATURES))


def test_the_titles_are_read_with_the_sentences():
    texts = {"a.md": "# 东湖的码头\n\n## 名称\n\n叫作石码头。", "b.md": "# 西湖的码头\n\n叫作木码头。"}
    rag = Rag.from_texts(texts, embedder=TokenHashingEmbedder())
    (search,) = rag.searcher.searches(["码头叫作什么？"], MOST)
    reader = ReaderThatLikes("")
    candidates(search, rag.searcher, 0.0, reader)
    _, passages, titles = reader.given
    named = {passage[-1]: title for passage, title in zip(passages, titles, strict=True)}
    assert named == {"叫作石码头。": "东湖的码头", "叫作木码头。": "西湖的码头"}


def test_what_was_read_decides_between_like_sentences():
    rag = Rag.from_texts({"a.txt": "东码头在湖边。", "b.txt": "西码头在湖边。"}, embedder=TokenHashingEmbedder())
    for liked in ("东", "西"):
        (search,) = rag.searcher.searches(["码头在湖边吗？"], MOST)
        found = candidates(search, rag.searcher, 0.0, ReaderThatLikes(liked))
        assert found.sentences[0].quote == f"{liked}码头在湖边。"
        assert sorted(found.features[:, FEATURES.index("read")]) == [-12.0, 5.0], "within the bounds"


def test_the_shipped_weights_are_for_these_features():
    shipped = json.loads(files("rag.answering").joinpath("sentences.json").read_text("utf-8"))
    assert tuple(shipped["with reader"]) == FEATURES
    assert (*shipped["with tokens"], "read") == FEATURES
    assert set(FEATURES) - set(shipped["without tokens"]) == {"tokens", "pair", "least", "read"}
    assert all(len(weights(name)) == len(FEATURES) for name in shipped)
    assert shipped["with reader"]["read"] > 0


QUOTE = "湖的四周有三座码头：东码头、西码头、南码头。"


@pytest.mark.parametrize(
    ("reading", "best", "told"),
    [
        (Reading(2.0, 10, 21, 0.9), True, ["东码头、西码头、南码头"]),
        (Reading(2.0, 9, 22, 0.9), True, ["东码头、西码头、南码头"]),  # without the marks around it
        (Reading(2.0, 5, 8, 0.5), True, ["三座码"]),
        (Reading(2.0, 5, 8, 0.49), True, []),
        (Reading(-1.0, 5, 8, 0.9), True, ["三座码"]),  # the decision has said that it answers
        (Reading(-1.0, 5, 8, 0.9), False, []),
        (Reading(2.0, 0, 22, 0.9), True, []),  # the sentence itself
        (Reading(2.0), True, []),
    ],
)
def test_what_the_reader_is_sure_of_is_told(reading, best, told):
    assert [QUOTE[start:end] for start, end in told_spans(reading, QUOTE, best=best)] == told
