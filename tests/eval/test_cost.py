"""The benchmark measures what it says: an index of that size, real questions, each part timed."""

from pathlib import Path

import cost
import numpy as np
import pytest
from fakes import HashingEmbedder


def test_texts_are_the_same_each_time_and_as_long_as_passages() -> None:
    texts = cost.made_up(250)
    assert texts == cost.made_up(250)
    paragraphs = [paragraph for text in texts for paragraph in text.split("\n\n")]
    assert len(texts) == 3 and len(paragraphs) == 250
    assert all(paragraph.count("。") == 9 for paragraph in paragraphs)
    assert 340 < np.mean([len(paragraph) for paragraph in paragraphs]) < 400
    assert len(set(paragraphs)) == 250


def test_vectors_of_passages_are_random_but_belong_to_their_text() -> None:
    embedder = cost.RandomPassages(HashingEmbedder())
    once, again = embedder.embed_passages(["a", "b", "a"]), embedder.embed_passages(["b"])
    assert once.shape == (3, HashingEmbedder.dimension)
    np.testing.assert_array_equal(once[0], once[2])
    np.testing.assert_array_equal(once[1], again[0])
    assert abs(float(once[0] @ once[1])) < 0.3
    np.testing.assert_allclose(np.linalg.norm(once, axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(embedder.embed_questions(["a"]), HashingEmbedder().embed_questions(["a"]))


@pytest.mark.parametrize(("limit", "code"), [(1e9, 0), (0.0, 1)])
def test_what_is_printed(limit: float, code: int, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr(cost, "load_embedder", HashingEmbedder)
    monkeypatch.setattr(cost, "LIMIT", limit)
    assert cost.main(["--passages", "20", "--profile"]) == code
    printed = capsys.readouterr().out
    assert "180 sentences" in printed and "MB on disk" in printed
    assert "extrapolated" in printed and "times as long" in printed
    assert "searcher.py" in printed, "the profile names our code"


def test_sizes_and_seconds_are_of_the_index_that_was_built(tmp_path: Path) -> None:
    rag, seconds = cost.built(["一二三四五六七八九十。" * 30, "另一份文档。"], tmp_path, HashingEmbedder())
    assert len(rag.documents) == 2 and seconds > 0
    embedding, searching = cost.times(rag, HashingEmbedder(), ["一二三", "文档"])
    assert len(embedding) == len(searching) == 2 and min(embedding + searching) > 0
