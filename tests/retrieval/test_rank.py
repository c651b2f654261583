"""The final order of the best candidates."""

import json
from importlib.resources import files

import numpy as np
import pytest
from fakes import TokenHashingEmbedder

from rag import Rag
from rag.retrieval import rank
from rag.retrieval.rank import FEATURES, OF_TOKENS, longest_run, ranked_values


@pytest.fixture(autouse=True)
def weights(monkeypatch):
    """Simple ones, so that the tests do not depend on what was fitted."""
    plain, home = np.zeros(len(FEATURES)), np.zeros(len(FEATURES))
    plain[FEATURES.index("tokens")], home[FEATURES.index("words_z")] = 1.0, 2.0
    monkeypatch.setattr(rank, "_weights", lambda _name: (plain, home))


def table(tokens, words):
    rows = np.zeros((len(tokens), len(FEATURES)))
    rows[:, FEATURES.index("tokens")], rows[:, FEATURES.index("words_z")] = tokens, words
    return rows


def test_words_count_where_the_corpus_knows_them():
    rows = table([1.0, 0.0], [0.0, 1.0])
    fused, some = np.array([5.0, 4.0]), np.array([0, 1])
    assert ranked_values(rows, True, fused, some, 1.0).tolist() == [1.0, 2.0]
    assert ranked_values(rows, True, fused, some, 0.5).tolist() == [1.0, 0.125]


def test_candidates_that_are_not_ranked_follow_in_fusion_s_order():
    fused = np.array([0.5, 9.0, -3.0, 8.0, 7.0])
    some = np.array([1, 3])
    values = ranked_values(table([-20.0, -10.0], [0.0, 0.0]), True, fused, some, 1.0)
    assert np.argsort(-values).tolist() == [3, 1, 4, 0, 2]
    # Where they would follow anyway their distance is left alone, but for one.
    values = ranked_values(table([20.0, 10.0], [0.0, 0.0]), True, fused, some, 1.0)
    assert np.argsort(-values).tolist() == [1, 3, 4, 0, 2]
    assert ranked_values(table([], []), True, fused, np.array([], int), 1.0).tolist() == fused.tolist()


@pytest.mark.parametrize(
    ("asked", "text", "share"),
    [
        ("磨坊何时烧毁", "老磨坊何时建成", 4 / 6),
        ("abc", "xabcx", 1),
        ("abc", "", 0),
        ("", "abc", 0),
        ("aab", "ab", 2 / 3),
    ],
)
def test_thelongest_run(asked, text, share):
    assert longest_run(asked, text) == pytest.approx(share)


def test_the_shipped_weights_are_for_these_features():
    shipped = json.loads(files("rag.retrieval").joinpath("ranking.json").read_text("utf-8"))
    assert set(shipped["with tokens"]) == set(FEATURES)
    assert set(shipped["without tokens"]) == set(FEATURES) - OF_TOKENS


def test_the_tokens_of_an_index_are_searched_with(tmp_path):
    (tmp_path / "a.md").write_text("# 水\n\n湖水深十二米。\n\n# 山\n\n山高三百米，山路很陡。\n", "utf-8")
    rag = Rag.build(tmp_path / "a.md", tmp_path / "index", embedder=TokenHashingEmbedder())
    hits = rag.search("湖水深十二米", k=2)
    assert hits[0].passage.text == "湖水深十二米。"
    # The ends of the sentence differ: a character's state leans on its neighbours.
    assert 0.8 < hits[0].why["tokens"] <= 1
    assert hits[0].why["window"] == hits[0].why["tokens"]
    assert hits[1].why["tokens"] < 0.7
    again = Rag.load(tmp_path / "index", embedder=TokenHashingEmbedder())
    assert again.search("湖水深十二米", k=2) == hits
