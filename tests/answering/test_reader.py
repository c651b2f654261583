"""Reading a question and sentences in one pass: what the network is given, and what is said of each."""

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers

from rag.answering.reader import (
    LONGEST_SPAN,
    MOST_TOKENS,
    QUESTION_TOKENS,
    SENTENCE_TOKENS,
    TITLE_TOKENS,
    Reader,
    Reading,
    answer_span,
    corrections,
    layout,
    read_weights,
    reader_for,
    sentence_values,
    write_weights,
)
from rag.embedding.text_embedder import Network

SPECIALS = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3}


def tiny_network() -> Network:
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    text = "query : where is the boat moored at east quay mill has floors"
    words = {word: 4 + n for n, word in enumerate(text.split())}
    tokenizer = Tokenizer(models.WordLevel(SPECIALS | words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    config = BertConfig(
        vocab_size=40,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=MOST_TOKENS,
    )
    return Network(BertModel(config, add_pooling_layer=False).eval(), tokenizer)


@pytest.fixture(scope="module")
def network():
    return tiny_network()


@pytest.fixture(scope="module")
def weights():
    random = np.random.default_rng(0)
    names = ("encoder.layer.0.attention.self.query", "encoder.layer.1.output.dense")
    inputs = (16, 32)
    given = {}
    for name, size in zip(names, inputs, strict=True):
        given |= {f"{name}.down": random.normal(size=(4, size)), f"{name}.up": random.normal(size=(16, 4))}
    return given | {"head.weight": random.normal(size=(2, 16)), "head.bias": random.normal(size=2)}


def test_layout(network):
    laid = layout(
        network.tokenizer, "where is the boat", [["the boat is moored", "at the quay"], ["the mill has floors"]]
    )
    tokens = [network.tokenizer.id_to_token(token) for token in laid.ids]
    assert " ".join(tokens) == (
        "<s> query : where is the boat </s> the boat is moored at the quay </s> the mill has floors </s>"
    )
    assert [tokens[begin:end] for begin, end in laid.places] == [
        ["the", "boat", "is", "moored"],
        ["at", "the", "quay"],
        ["the", "mill", "has", "floors"],
    ]


def test_a_title_stands_before_its_passages_and_once(network):
    passages = [["the boat", "is moored"], ["at the quay"], ["the mill"], ["has floors"]]
    laid = layout(network.tokenizer, "where", passages, ["boat " * 50, "boat " * 50, "east mill", ""])
    tokens = [network.tokenizer.id_to_token(token) for token in laid.ids]
    title = " ".join(["boat"] * TITLE_TOKENS)
    assert " ".join(tokens) == (
        f"<s> query : where </s> {title} </s> the boat is moored </s> at the quay </s> east mill </s> the mill"
        " </s> </s> has floors </s>"
    )
    assert [" ".join(tokens[begin:end]) for begin, end in laid.places] == [s for passage in passages for s in passage]


def test_blanks_beside_chinese_are_not_read(network):
    text = "引进 1702 人 quay"
    apart = layout(network.tokenizer, "quay 在哪", [[text]])
    close = layout(network.tokenizer, "quay在哪", [["引进1702人quay"]])
    assert apart.ids == close.ids
    characters = apart.characters[0]
    assert (characters[0][0], characters[-1][1]) == (0, len(text)), "of the text as it was"


def test_what_is_too_long_loses_its_end(network):
    laid = layout(network.tokenizer, "boat " * 100, [["quay " * 200] * 6, ["mill"]])
    assert len(laid.ids) == MOST_TOKENS and laid.ids[-1] == SPECIALS["</s>"]
    lengths = [end - begin for begin, end in laid.places]
    assert laid.places[0][0] == QUESTION_TOKENS + 2
    assert lengths[0] == SENTENCE_TOKENS and lengths[-1] == 0
    assert sum(lengths) < MOST_TOKENS


def test_the_characters_of_each_token(network):
    laid = layout(network.tokenizer, "where is the boat", [["the boat  is"], ["mill"]])
    assert laid.characters == [[(0, 3), (4, 8), (10, 12)], [(0, 4)]]


def test_the_likeliest_stretch_begins_before_it_ends():
    marks = np.log(np.array([[0.2, 0.7], [0.7, 0.1], [0.1, 0.2]]))
    characters = [(0, 3), (4, 8), (9, 11)]
    # 0.2 · 0.7 for the first alone is as much as 0.7 · 0.2 for the last two, which the margin of ends decides.
    marks[2, 1] += 0.01
    begin, end, sure = answer_span(marks, characters)
    assert (begin, end) == (4, 11)
    assert sure == pytest.approx(0.7 * np.exp(marks[2, 1]) / np.exp(marks[:, 1]).sum())
    assert answer_span(marks[:0], []) == (0, 0, 0.0)


def test_no_stretch_is_longer_than_a_span_may_be():
    marks = np.zeros((LONGEST_SPAN + 5, 2))
    marks[0, 0] = marks[-1, 1] = 9.0
    characters = [(n, n + 1) for n in range(len(marks))]
    begin, end, _ = answer_span(marks, characters)
    assert end - begin <= LONGEST_SPAN


def test_values_are_odds_against_nothing():
    marks = torch.tensor([[1.0, 2.0], [0.0, 0.0], [3.0, 1.0], [2.0, 2.0]])
    values = sentence_values(marks, [(1, 2), (2, 4), (4, 4)])
    expected = np.log(np.exp(3) + np.exp(2)) + np.log(np.exp(1) + np.exp(2)) - 3
    assert values.tolist() == pytest.approx([-3.0, expected, -30.0])
    assert sentence_values(marks, []).shape == (0,)


def test_the_corrections_are_added_and_the_network_itself_stays(network, weights):
    query = network.module.encoder.layer[0].attention.self.query.weight
    before = query.clone()
    reader = Reader(network, weights)
    assert torch.equal(query, before)
    down, up = corrections(weights)["encoder.layer.0.attention.self.query"]
    own = reader._module.encoder.layer[0].attention.self.query.weight
    assert torch.allclose(own, before + torch.tensor(up @ down, dtype=torch.float32), atol=1e-5)
    assert reader._module.embeddings is network.module.embeddings, "the largest part is not held twice"


def test_each_passage_has_its_sentences_values(network, weights):
    reader = Reader(network, weights)
    found = reader.read("where is the boat", [["the boat is moored", "at the quay"], ["the mill has floors"]])
    assert [len(values) for values in found] == [2, 1]
    alone = reader.read("where is the boat", [["the boat is moored"]])[0]
    assert alone[0].value != pytest.approx(found[0][0].value), "sentences are read together"
    assert reader.read("where is the boat", [[""]]) == [[Reading(-30.0)]]


def test_weights_are_kept_in_half_precision(weights):
    import io

    with np.load(io.BytesIO(write_weights(weights, "abc")), allow_pickle=False) as stored:
        assert str(stored["fingerprint"]) == "abc"
        assert stored["head.weight"].dtype == np.float16
        assert set(stored.files) == {*weights, "fingerprint"}


def test_another_model_has_no_reader():
    from fakes import HashingEmbedder, TokenHashingEmbedder

    assert reader_for(HashingEmbedder()) is None and reader_for(TokenHashingEmbedder()) is None


@pytest.mark.model
def test_the_shipped_reader_is_of_the_packaged_model_and_small(embedder):
    fingerprint, weights = read_weights()
    assert fingerprint == embedder.fingerprint
    assert sum(values.nbytes for values in weights.values()) < 25_000_000
    assert reader_for(embedder) is reader_for(embedder)


@pytest.mark.model
@pytest.mark.parametrize(
    ("question", "sentences", "right", "answer"),
    [
        ("磨坊是哪一年烧毁的？", ["磨坊有六层。", "它于1911年被烧毁。", "磨坊主姓林。"], 1, "1911"),
        ("How many floors does the mill have?", ["磨坊有六层。", "它于1911年被烧毁。", "磨坊主姓林。"], 0, "六层"),
        (
            "Who owned the mill?",
            ["The mill has six floors.", "It belonged to Ann Lindqvist.", "It burnt down in 1911."],
            1,
            "Ann Lindqvist",
        ),
    ],
)
def test_reading(embedder, question, sentences, right, answer):
    reader = reader_for(embedder)
    found = reader.read(question, [sentences])[0]
    values = [each.value for each in found]
    assert np.argmax(values) == right
    without = reader.read(question, [[s for n, s in enumerate(sentences) if n != right]])[0]
    assert max(each.value for each in without) < values[right], "without the sentence that answers it finds less"
    assert sentences[right][found[right].begin : found[right].end].strip("。. 年") == answer
