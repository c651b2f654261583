"""The scripts that fit weights run, on some of our own dev questions and a public set of two articles."""

import json
from pathlib import Path

import cached
import fit
import fit_decision
import fit_ranking
import fit_sentences
import numpy as np
import pytest
from questions import read_questions
from written import WrittenDocument, WrittenQuestion

from rag.answering.decision import FEATURES as DECISION_FEATURES
from rag.answering.sentence_features import FEATURES as SENTENCE_FEATURES
from rag.retrieval.probability import FEATURES as PROBABILITY_FEATURES
from rag.retrieval.rank import FEATURES as RANKING_FEATURES


def paragraph(name, context, question, answer):
    asked = {"id": name, "question": question, "answers": [{"text": answer, "answer_start": context.index(answer)}]}
    return {"title": name, "paragraphs": [{"context": context, "qas": [asked]}]}


@pytest.fixture(autouse=True)
def some_questions(monkeypatch):
    """Every fourth is enough to see that they are read."""
    some = read_questions(Path(cached.__file__).parent / "questions.jsonl")[::4]
    for script in (fit, fit_decision, fit_ranking, fit_sentences):
        monkeypatch.setattr(script, "read_questions", lambda _path: some)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fits")


@pytest.mark.model
@pytest.mark.parametrize(
    ("script", "features"),
    [(fit_ranking, RANKING_FEATURES), (fit_sentences, SENTENCE_FEATURES), (fit, PROBABILITY_FEATURES)],
    ids=["ranking", "sentences", "probability"],
)
def test_weights_are_fitted_and_written(folder, monkeypatch, capsys, script, features):
    for function in (cached.index_of, cached.index_of_texts):
        monkeypatch.setattr(function, "__defaults__", (folder / "cache",))
    monkeypatch.setattr(script, "WEIGHTS", folder / f"{script.__name__}.json")
    mill = paragraph("mill", "The mill has six floors. It burnt down in 1911.", "When did the mill burn?", "1911")
    lake = paragraph("lake", "The lake is deep. Herons nest there.", "Which birds nest at the lake?", "Herons")
    (folder / "gold.json").write_text(json.dumps({"data": [mill, lake]}), "utf-8")
    monkeypatch.setattr("sys.argv", ["fit", "--squad", str(folder / "gold.json"), "--write"])
    assert script.main() == 0
    printed = capsys.readouterr().out
    assert "gold.json" in printed
    assert "held out" in printed
    written = json.loads((folder / f"{script.__name__}.json").read_text("utf-8"))
    found = {name: weights.get("weights", weights) for name, weights in written.items()}
    assert {*found["with tokens"], "read"} == {*features, "read"}
    assert set(found["without tokens"]) < set(features)


@pytest.mark.model
def test_the_decision_is_fitted_and_written(folder, monkeypatch, capsys):
    for function in (cached.index_of, cached.index_of_texts):
        monkeypatch.setattr(function, "__defaults__", (folder / "cache",))
    monkeypatch.setattr(fit_decision, "WEIGHTS", folder / "decision.json")
    passages = (("The ferry was built in 1902 and carries 40 people.", "It stops at four quays."),)
    asked = (WrittenQuestion("When was the ferry built?", "en", 0), WrittenQuestion("Who built the ferry?", "en", None))
    ferry = WrittenDocument("w004", "en", passages, asked, held_out=True, title="The ferry")
    monkeypatch.setattr(fit_decision, "read_written", lambda: [ferry])
    articles = [
        {"title": name, "paragraphs": [first["paragraphs"][0], second["paragraphs"][0]]}
        for name in ("mill", "lake")
        for first, second in [
            (
                paragraph(
                    f"{name}1", f"The {name} has six floors. It burnt down in 1911.", "When did it burn?", "1911"
                ),
                paragraph(f"{name}2", f"Herons nest at the {name}.", "Which birds nest there?", "Herons"),
            )
        ]
    ]
    (folder / "near.json").write_text(json.dumps({"data": articles}), "utf-8")
    monkeypatch.setattr("sys.argv", ["fit", "--squad", str(folder / "near.json"), "--write"])
    assert fit_decision.main() == 0
    printed = capsys.readouterr().out
    assert "near misses: AUROC" in printed and "held out" in printed and "\nwritten" in printed
    written = json.loads((folder / "decision.json").read_text("utf-8"))
    assert tuple(written["weights"]) == DECISION_FEATURES


def test_a_question_is_told_by_weights_that_have_not_seen_it_anywhere(monkeypatch):
    def example(id_, source, held_out=False):
        return fit_decision.Example(np.zeros(1), True, source, "near-miss", held_out, id_)

    examples = [example(f"q{n}", source, n == 11) for source in ("digest", "article") for n in range(12)]
    fits = []

    def fitted(some):
        fits.append({e.id for e in some})
        return 0.0, np.zeros(1)

    monkeypatch.setattr(fit_decision, "fitted", fitted)
    told_by = iter(range(fit_decision.FOLDS))

    def chances(some, _bias, _weights):
        assert not {e.id for e in some} & fits[-1]
        return np.full(len(some), float(next(told_by)))

    monkeypatch.setattr(fit_decision, "chances", chances)
    told = fit_decision.unseen(examples)
    assert (told[:12] == told[12:]).all() and set(told) == set(range(fit_decision.FOLDS))
    assert not any("q11" in seen for seen in fits), "what is held out is never learned from"
