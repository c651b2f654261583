"""From evidence and what was read to one probability: monotone in both, and the hit's own where nothing is read."""

import json
from dataclasses import replace
from importlib.resources import files

import pytest
from fakes import TokenHashingEmbedder

from rag import Rag
from rag.answering.answerer import LEAST_PROBABILITY
from rag.answering.decision import FEATURES, answerable, decision_features
from rag.answering.sentence_features import FEATURES as OF_SENTENCES
from rag.answering.sentences import MOST, Candidates, candidates

READ = OF_SENTENCES.index("read")


@pytest.fixture
def asked():
    rag = Rag.from_texts({"lake.txt": "湖在城北。湖水深十二米。鹭鸟在芦苇中筑巢。"}, embedder=TokenHashingEmbedder())
    (search,) = rag.searcher.searches(["湖水有多深？"], MOST)
    return search, candidates(search, rag.searcher, 0.35)


def read(found: Candidates, *values: float) -> Candidates:
    features = found.features.copy()
    features[:, READ] = values
    return replace(found, features=features, read=True)


def with_score(search, score):
    return replace(search, hits=(replace(search.hits[0], score=score), *search.hits[1:]))


def test_without_a_reader_it_is_the_best_hits_probability(asked):
    search, found = asked
    assert answerable(search, found) == search.hits[0].score


def test_nothing_found_answers_nothing(asked):
    search, found = asked
    assert answerable(replace(search, hits=(), rows=()), found) == 0.0
    assert answerable(search, replace(found, sentences=(), features=found.features[:0])) == 0.0


def test_more_evidence_and_a_surer_reader_make_it_likelier(asked):
    search, found = asked
    for lower, higher in [((0.2, -3.0), (0.6, -3.0)), ((0.5, -6.0), (0.5, 2.0))]:
        less, more = (
            answerable(with_score(search, score), read(found, value, -12.0, -12.0)) for score, value in (lower, higher)
        )
        assert 0 < less < more < 1


def test_features(asked):
    search, found = asked
    values = dict(zip(FEATURES, decision_features(with_score(search, 0.5), read(found, -1.0, 4.0, 2.0)), strict=True))
    assert (values["evidence"], values["read"], values["second"]) == (0.0, 4.0, 2.0)
    for score, told in (
        (0.0, (-6.0, -3.0)),
        (0.03, (pytest.approx(-3.476, abs=1e-3), pytest.approx(-0.476, abs=1e-3))),
    ):
        assert tuple(decision_features(with_score(search, score), read(found, 0.0, 0.0, 0.0))[:2]) == told
    assert tuple(decision_features(with_score(search, 1.0), read(found, 0.0, 0.0, 0.0))[:2]) == (6.0, 0.0)


def test_a_passage_on_something_else_is_not_saved_by_its_sentence(asked):
    search, found = asked
    assert answerable(with_score(search, 0.003), read(found, 1.0, -3.0, -4.0)) < LEAST_PROBABILITY


def test_the_shipped_weights_are_for_these_features():
    shipped = json.loads(files("rag.answering").joinpath("decision.json").read_text("utf-8"))
    assert tuple(shipped["weights"]) == FEATURES
