"""The second stage with a real CrossEncoder, made here: one layer whose weights say which word a text should hold."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from fakes import HashingEmbedder

from rag.cli import main
from rag.errors import BadModel
from rag.rag import Rag
from rag.retrieval.reranker import RERANKED, load_reranker

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "heron", "mill", "lake", "磨", "坊"]
TEXTS = ["The lake has a mill.", "The lake is deep.", "A heron nests by the lake.", "The lake freezes in winter."]


def make_model(folder, labels=1):
    """A text with "heron" scores above one without, one with "mill" or 磨 below, wherever in it the word stands."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(WORDS), "utf-8")
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8,
        max_position_embeddings=128, num_labels=labels,
    )  # fmt: skip
    model = BertForSequenceClassification(config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "LayerNorm.weight" not in name:
                weight.zero_()
        embeddings = model.bert.embeddings.word_embeddings.weight
        embeddings[WORDS.index("heron"), 0] = 1
        embeddings[[WORDS.index("mill"), WORDS.index("磨")], 0] = -1
        attention = model.bert.encoder.layer[0].attention  # queries and keys of zero: every token counts the same
        for part in (attention.self.value, attention.output.dense, model.bert.pooler.dense):
            part.weight.copy_(torch.eye(8))
        model.classifier.weight[0, 0] = 4
    model.save_pretrained(folder)
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_model(tmp_path_factory.mktemp("models") / "重排 reranker")


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reranked")
    for n, text in enumerate(TEXTS):
        (folder / f"{n}.txt").write_text(text + "\n", "utf-8")
    Rag.build(folder, folder / "index", embedder=HashingEmbedder())
    return folder / "index"


def load(index, reranker=None):
    return Rag.load(index, embedder=HashingEmbedder(), reranker=reranker)


def test_a_cross_encoder_scores_what_it_was_made_for(folder):
    scores = load_reranker(folder).scores("what?", [*TEXTS, "老磨坊", "heron " * 500])
    assert scores.shape == (6,)
    assert scores.dtype == np.float32
    assert scores[2] > 1 > abs(scores[1]) < 1e-3 > abs(scores[3])
    assert scores[0] < -1 > scores[4]
    assert scores[5] > 1


def test_it_reorders_hits_and_leaves_the_probabilities_in_their_places(index, folder):
    question = "Is it deep?"
    plain, found = load(index).search(question), load(index, folder).search(question)
    assert plain[0].passage.text == TEXTS[1]
    assert [found[0].passage.text, found[-1].passage.text] == [TEXTS[2], TEXTS[0]]
    assert [hit.score for hit in found] == [hit.score for hit in plain]
    own = [hit.why["reranker"] for hit in found]
    assert own == sorted(own, reverse=True)
    assert all("reranker" not in hit.why for hit in plain)
    before = {hit.passage.id: hit for hit in plain}
    for hit in found:
        assert before[hit.passage.id].sentence == hit.sentence
        assert before[hit.passage.id].why.items() <= hit.why.items()
    # Those of one score keep the order of the search.
    assert [hit.passage.text for hit in found[1:3]] == [h.passage.text for h in plain if h.passage.text in TEXTS[1::2]]


def test_a_hit_from_beyond_k_can_come_first(index, folder):
    rag = load(index, folder)
    assert rag.search("deep", k=1)[0].passage.text == TEXTS[2]
    assert rag.search("deep", k=4)[:1] == rag.search("deep", k=1)
    assert rag.search_many(["deep", "", "lake"], k=2) == [rag.search("deep", k=2), [], rag.search("lake", k=2)]
    (search,) = rag.searcher.searches(["deep"], k=2)
    assert [rag.passages[row] for row in search.rows] == [hit.passage for hit in search.hits]


def test_an_answer_is_drawn_from_the_new_order(index, folder):
    assert load(index, folder).ask("deep").hits == tuple(load(index, folder).search("deep"))


def test_single_legs_and_filters_are_untouched(index, folder):
    rag, plain = load(index, folder), load(index)
    for leg in ("dense", "lexical"):
        assert rag.search("deep", leg=leg) == plain.search("deep", leg=leg)
    sources = [document.source for document in rag.documents.values() if document.source[-5] != "2"]
    assert TEXTS[2] not in [hit.passage.text for hit in rag.search("deep", documents=sources)]


class ByLength:
    """Any object with `scores` will do."""

    def __init__(self):
        self.asked = []

    def scores(self, question, texts):
        self.asked.append((question, list(texts)))
        return np.array([len(text) for text in texts])


def test_any_object_reranks_the_first_hits_and_copies_stay_behind(tmp_path):
    copy = (
        "The quay of the old harbour was paved with slate, and the tide tables were {} in the round tower each day. "
        "A steam tug kept the basin open in winter, and the pilots came aboard at the outer buoy."
    )
    for n, word in enumerate(["posted", "nailed up"]):
        (tmp_path / f"copy{n}.txt").write_text(copy.format(word) + "\n", "utf-8")
    for n in range(30):
        (tmp_path / f"other{n}.txt").write_text(f"The tide of day {n} was {'very ' * (n % 7)}high.\n", "utf-8")
    Rag.build(tmp_path, tmp_path / "index", embedder=HashingEmbedder())
    by_length, plain = ByLength(), load(tmp_path / "index")
    rag = load(tmp_path / "index", by_length)
    question = "Were there tide tables in the round tower?"
    before, after = plain.search(question, k=100), rag.search(question, k=100)
    ((asked, texts),) = by_length.asked
    assert asked == question
    copies = [n for n, hit in enumerate(before) if "tables" in hit.passage.text and not hit.duplicates]
    assert len(copies) == 1
    assert 2 <= copies[0] < RERANKED == len(texts) + 1
    lengths = [len(hit.passage.text) for n, hit in enumerate(after[:RERANKED]) if n not in copies]
    assert lengths == sorted(lengths, reverse=True)
    assert after[copies[0]] == before[copies[0]]
    assert after[RERANKED:] == before[RERANKED:]
    assert [hit.score for hit in after] == [hit.score for hit in before]
    assert after[0].duplicates == 1


def test_eight_threads_get_what_one_gets(index, folder):
    rag = load(index, folder)
    questions = ["deep", "how long is the lake", "does it freeze in winter?", "磨坊"]
    expected = rag.search_many(questions)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(rag.search, questions * 8))
    for one, other in zip(found, expected * 8, strict=True):
        assert [hit.passage.id for hit in one] == [hit.passage.id for hit in other]
        assert [hit.why["reranker"] for hit in one] == pytest.approx([hit.why["reranker"] for hit in other], abs=1e-3)


def test_from_the_variable_and_the_command(index, folder, monkeypatch, capsys):
    monkeypatch.setattr("rag.embedding.load.load_embedder", lambda _name="": HashingEmbedder())

    def first(*options):
        assert main(["search", "deep", "--index", str(index), "--json", *options]) == 0
        return json.loads(capsys.readouterr().out)[0]

    assert "reranker" not in first()["why"]
    assert first("--reranker", folder)["text"] == TEXTS[2]
    monkeypatch.setenv("RAG_RERANKER", folder)
    assert first()["why"]["reranker"] > 1
    assert "reranker" not in first("--reranker=")["why"]
    assert load(index).search("deep")[0].passage.text == TEXTS[2]
    assert load(index, "").search("deep")[0].passage.text == TEXTS[1]


def test_what_is_no_reranker_is_one_line(tmp_path, index, capsys, monkeypatch):
    from transformers import BertConfig, BertModel

    monkeypatch.setattr("rag.embedding.load.load_embedder", lambda _name="": HashingEmbedder())
    make_model(tmp_path / "three", labels=3)
    embedding = tmp_path / "embedding"
    make_model(embedding)
    config = BertConfig(vocab_size=10, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)
    BertModel(config).save_pretrained(embedding)
    (tmp_path / "empty").mkdir()
    damaged = tmp_path / "damaged"
    make_model(damaged)
    (damaged / "model.safetensors").write_bytes(b"no weights")
    for name, message in {
        str(tmp_path / "three"): "gives 3 scores for a pair; a reranker gives one",
        str(embedding): "is no reranker but BertModel; give a CrossEncoder",
        str(tmp_path / "empty"): "cannot be loaded",
        str(damaged): "cannot be loaded",
        str(tmp_path / "no such"): "there is no reranker folder",
        "some-owner/never-fetched": "nor complete in the local hub cache, and the hub is switched off",
    }.items():
        with pytest.raises(BadModel, match=message):
            load_reranker(name)
        capsys.readouterr()
        assert main(["search", "deep", "--index", str(index), "--reranker", name]) == 1
        out, err = capsys.readouterr()
        assert (out, err.count("\n"), err[:5]) == ("", 1, "rag: ")
