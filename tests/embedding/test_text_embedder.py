"""Limits, order and batches around a model that is replaced by a small function."""

import numpy as np
import pytest
from fakes import HashingEmbedder

from rag.embedding.text_embedder import TextEmbedder, batches

PROMPTS = {"query": "q ", "document": ""}


@pytest.fixture
def seen():
    return []


@pytest.fixture
def embedder(seen):
    """A vector's first number is the text's length; a token is a character."""

    def encode(texts, task):
        seen.append([(PROMPTS[task] + text)[:10] for text in texts])
        return np.array([[len(text), 1.0] for text in texts], dtype=np.float32)

    def count(texts, task):
        return [len(PROMPTS[task] + text) for text in texts]

    return TextEmbedder("small", "f", 2, 10, encode, count)


def test_rows_keep_the_order_of_the_texts(embedder):
    texts = ["a" * n for n in (3, 9, 1, 7, 7, 10, 0)]
    assert embedder.embed_passages(texts)[:, 0].tolist() == [3, 9, 1, 7, 7, 10, 0]
    assert embedder.embed_questions(texts)[:, 0].tolist() == [3, 9, 1, 7, 7, 10, 0]


def test_progress_adds_up(embedder):
    done = []
    embedder.embed_passages(["a" * 10] * 250, done.append)
    assert sum(done) == 250
    assert len(done) > 1


def test_too_long_passage_is_refused_before_any_work(embedder, seen):
    with pytest.raises(ValueError, match="passage 1 takes 11 tokens, small reads at most 10"):
        embedder.embed_passages(["a", "b" * 11])
    assert seen == []


def test_nothing(embedder, seen):
    assert embedder.embed_passages([]).shape == embedder.embed_questions([]).shape == (0, 2)
    assert embedder.embed_passages([]).dtype == np.float32
    assert embedder.count_tokens([]) == []
    assert seen == []


def test_counts_are_those_of_passages(embedder):
    assert embedder.count_tokens(["abc", ""]) == [3, 0]


def test_batches_hold_their_tokens_after_padding():
    counts = [5, 300, 20, 20, 700, 4000, 1]
    found = batches(counts, 1024)
    assert sorted(i for batch in found for i in batch) == list(range(len(counts)))
    assert found == [[5], [4], [1, 2, 3], [0, 6]]
    assert batches([512] * 5, 1024) == [[0, 1], [2, 3], [4]]


class TestHashingEmbedder:
    def test_unit_rows_and_likeness(self):
        embedder = HashingEmbedder()
        passages = ["猫喜欢在窗台上睡觉", "股票市场今天下跌", "The cat sleeps.", ""]
        vectors = embedder.embed_passages(passages)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
        scores = embedder.embed_questions(["猫在哪里睡觉", "市场为什么下跌"]) @ vectors.T
        assert scores.argmax(axis=1).tolist() == [0, 1]

    def test_same_in_another_process(self):
        assert abs(HashingEmbedder().embed_questions(["猫"])[0]).argmax() == 135

    def test_limits(self):
        embedder = HashingEmbedder()
        assert embedder.count_tokens(["猫" * 510]) == [512]
        with pytest.raises(ValueError, match="513 tokens"):
            embedder.embed_passages(["猫" * 511])
        assert embedder.embed_questions(["猫" * 9999]).shape == (1, 512)
        assert embedder.embed_passages([]).shape == (0, 512)
