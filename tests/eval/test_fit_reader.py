"""What a reader learns from, and that it learns."""

import json
import random
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "answering"))

import fit_reader
from reader_examples import Family, examples
from squad import read_squad
from test_reader import tiny_network
from written import WrittenDocument, WrittenQuestion

from rag.answering.reader import Reader, layout


def gold(path, articles):
    """`articles`: lists of (paragraph, question, answer)."""
    data = [
        {
            "title": str(a),
            "paragraphs": [
                {
                    "context": text,
                    "qas": [
                        {
                            "id": f"{a}-{p}",
                            "question": question,
                            "answers": [{"text": answer, "answer_start": text.index(answer)}],
                        }
                    ],
                }
                for p, (text, question, answer) in enumerate(article)
            ],
        }
        for a, article in enumerate(articles)
    ]
    path.write_text(json.dumps({"data": data}), "utf-8")
    return read_squad(path)


MILL = [
    ("The mill has 6 floors. It burnt down in 1911. Ann owned it.", "In 1911 what did the Old Mill do?", "burnt down"),
    ("The boat is moored at the quay. It is red.", "Where is the boat of Ann Lindqvist?", "at the quay"),
]
HELD = [("Nobody may learn from this. It is held out.", "Who may learn?", "Nobody")]


@pytest.fixture
def drawn(tmp_path):
    family = Family([gold(tmp_path / "gold.json", [MILL, HELD])])
    stream = examples([family], [1], random.Random(1))
    return [next(stream) for _ in range(400)]


def test_held_out_articles_are_never_seen(drawn):
    assert not any("held out" in text or "learn" in text for e in drawn for passage in e.passages for text in passage)


def test_a_spot_is_where_the_answer_stands(drawn):
    answered = [example for example in drawn if example.spots]
    assert 0.4 < len(answered) / len(drawn) < 0.8
    for example in answered:
        for spot in example.spots:
            sentence = example.passages[spot.passage][spot.sentence]
            assert sentence[spot.begin : spot.end] in ("burnt down", "at the quay")


def test_without_a_spot_no_sentence_answers_or_the_question_is_another(drawn):
    asked = {question for _, question, _ in MILL}
    unanswered = [example for example in drawn if not example.spots]
    assert any(example.question not in asked for example in unanswered), "another figure or name"
    for example in unanswered:
        if example.question in asked:
            (answer,) = [answer for _, question, answer in MILL if question == example.question]
            assert not any(answer in text for passage in example.passages for text in passage)


def test_translations_are_asked_over_each_other(tmp_path):
    other = [
        ("磨坊有6层。它在1911年烧毁。", "1911年磨坊怎么了？", "烧毁"),
        ("船停在码头。船是红的。", "船停在哪里？", "码头"),
    ]
    family = Family([gold(tmp_path / "en.json", [MILL]), gold(tmp_path / "zh.json", [other])])
    stream = examples([family], [1], random.Random(1))
    pairs = {
        (example.question[0] < "一", example.passages[0][0][0] < "一") for example in (next(stream) for _ in range(300))
    }
    assert pairs == {(True, True), (True, False), (False, True), (False, False)}


@pytest.fixture
def sets(tmp_path, monkeypatch):
    """What is trained on, at a rate at which a hundred steps teach something."""
    monkeypatch.setattr(fit_reader, "WEIGHTS", tmp_path / "reader.npz")
    monkeypatch.setattr(fit_reader, "RATE", 1e-2)
    monkeypatch.setattr(fit_reader, "HEAD_RATE", 1e-2)
    return [gold(tmp_path / "gold.json", [MILL, HELD])]


def tiny_embedder():
    return SimpleNamespace(network=tiny_network(), dimension=16, fingerprint="tiny")


def test_training_teaches_and_what_is_written_reads_the_same(sets, capsys):
    embedder = tiny_embedder()
    trained = fit_reader.train(embedder, [sets], [], 100)
    told = losses(capsys)
    assert told[-1] < 0.8 * told[0]
    # What is merged into a network says what the network said in training.
    network = tiny_network()
    found = Reader(network, trained).read("where is the boat", [["the boat is moored", "at the quay"]])
    assert len(trained) == 2 * 12 + 2
    own = embedder.network
    laid = layout(own.tokenizer, "where is the boat", [["the boat is moored", "at the quay"]])
    import torch

    from rag.answering.reader import sentence_values

    with torch.inference_mode():
        states = own.module(input_ids=torch.tensor([laid.ids])).last_hidden_state[0]
    head, bias = torch.tensor(trained["head.weight"]), torch.tensor(trained["head.bias"])
    assert np.allclose(
        [each.value for each in found[0]], sentence_values(states @ head.T + bias, laid.places).numpy(), atol=1e-4
    )


def test_training_goes_on_from_weights_of_a_lower_rank(sets, monkeypatch, capsys):
    monkeypatch.setattr(fit_reader, "RANK", 4)
    first = fit_reader.train(tiny_embedder(), [sets], [], 100)
    last = losses(capsys)[-1]
    monkeypatch.setattr(fit_reader, "RANK", 8)
    more = fit_reader.train(tiny_embedder(), [sets], [], 25, first)
    assert losses(capsys)[0] < 1.1 * last
    assert {len(values) for name, values in more.items() if name.endswith(".down")} == {8}


class Stopped(Exception):
    """Before any step."""


def test_documents_that_the_weights_have_not_seen_are_drawn_more_often(sets, monkeypatch):
    told = {}

    def drawn(sources, shares, _):
        told.update(zip([tuple(source.ids) for source in sources], shares, strict=True))
        raise Stopped

    def embed(texts):
        return np.ones((len(texts), 2), np.float32)

    monkeypatch.setattr(fit_reader, "examples", drawn)
    embedder = tiny_embedder()
    embedder.embed_questions = embedder.embed_passages = embed
    asked = (WrittenQuestion("Who built the ferry?", "en", None),)
    old, new = (WrittenDocument(name, "en", (("A ferry.", "A quay."),), asked, False) for name in ("w1", "w2"))
    for fresh, share in (((), 1.0), ((new,), 1 - fit_reader.FRESH)):
        told.clear()
        with pytest.raises(Stopped):
            fit_reader.train(embedder, [sets], [old], 100, fresh=fresh)
        assert told["w1#0",] == pytest.approx(fit_reader.WRITTEN * share)
        assert sum(told.values()) == pytest.approx(1)
    assert told["w2#0",] == pytest.approx(fit_reader.WRITTEN * fit_reader.FRESH)


def losses(capsys):
    """As printed on the way."""
    return [float(line.split()[-1]) for line in capsys.readouterr().out.splitlines() if "loss" in line]


def test_what_goes_on_gives_the_mean_of_before_and_after(sets, monkeypatch):
    first = fit_reader.train(tiny_embedder(), [sets], [], 5)
    told = []
    own = fit_reader.learned
    monkeypatch.setattr(fit_reader, "learned", lambda *given: told.append(own(*given)) or told[-1])
    mean = fit_reader.train(tiny_embedder(), [sets], [], 5, first)
    before, after, _ = told
    assert all(np.allclose(before[name], first[name]) for name in first)
    assert any(not np.allclose(before[name], after[name], atol=1e-3) for name in first)
    assert all(np.allclose(mean[name], (before[name] + after[name]) / 2, atol=1e-6) for name in first)
