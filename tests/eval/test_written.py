"""What is written for training: that the files hold what they say, and what is drawn from them."""

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import written
from questions import read_questions
from reader_examples import examples
from sklearn.metrics import roc_auc_score
from squad import SquadQuestion, SquadSet
from written import WrittenDocument, WrittenFamily, WrittenQuestion, read_near_misses, read_written, subject

DOCUMENTS = read_written()
OURS = read_questions(Path(written.__file__).with_name("questions.jsonl"))
ROWS = [json.loads(line) for line in written.NEAR_MISSES.read_text("utf-8").splitlines()]


class FakeEmbedder:
    """Vectors that tell nothing apart."""

    def embed_questions(self, texts):
        return np.ones((len(texts), 2), np.float32)

    embed_passages = embed_questions


def test_each_answer_stands_in_its_sentence_and_nothing_is_asked_twice():
    asked = [(document.name, question.question) for document in DOCUMENTS for question in document.questions]
    assert len(asked) == len(set(asked)) > 5000
    for document in DOCUMENTS:
        for question in document.questions:
            if question.sentence is not None:
                assert 0 <= question.begin < question.end <= len(document.sentences[question.sentence])


def test_neither_its_language_nor_its_length_tells_a_near_miss():
    asked = [(document, question) for document in DOCUMENTS for question in document.questions]
    for home in (True, False):
        some = [(q.sentence is None, len(q.question)) for d, q in asked if (q.language == d.language) == home]
        missed, lengths = zip(*some, strict=True)
        assert 0.4 < np.mean(missed) < 0.6
        assert 0.4 < roc_auc_score(missed, lengths) < 0.6


def test_none_of_our_own_questions_is_among_them():
    learned = {question.question for document in DOCUMENTS for question in document.questions}
    learned |= {question["question"] for row in ROWS for question in row["questions"]}
    assert not learned & {question.question for question in OURS}


def test_near_misses_on_public_sets_are_of_articles_that_train():
    assert len(ROWS) > 200
    assert all(int(row["document"].split("-")[0]) % 2 == 0 for row in ROWS)


def test_what_is_drawn_is_never_of_a_document_held_out():
    family = WrittenFamily(DOCUMENTS, FakeEmbedder())
    names = {id_.partition("#")[0] for id_ in family.ids}
    assert names == {document.name for document in DOCUMENTS if not document.held_out}
    held = sum(document.held_out for document in DOCUMENTS)
    assert held == pytest.approx(len(DOCUMENTS) / 5, abs=1)


def test_a_spot_is_the_answer_and_without_one_its_sentence_is_left_out():
    answered = {
        q.question: (d, d.sentences[q.sentence], q) for d in DOCUMENTS for q in d.questions if q.sentence is not None
    }
    stream = examples([WrittenFamily(DOCUMENTS, FakeEmbedder())], [1], random.Random(3))
    some = [next(stream) for _ in range(600)]
    assert 0.3 < np.mean([bool(example.spots) for example in some]) < 0.6
    for example in some:
        for spot in example.spots:
            sentence = example.passages[spot.passage][spot.sentence]
            document, home, asked = answered[example.question]
            begin, end = subject(home, document)
            assert sentence in (home, home[:begin] + home[end:])
            if spot.end:
                assert sentence[spot.begin : spot.end] == home[asked.begin : asked.end]
            else:
                assert asked.begin < end and asked.end > begin, "the answer itself was left out"
        if not example.spots and example.question in answered:
            assert answered[example.question][1] not in [text for passage in example.passages for text in passage]


def test_titles_are_told_of_some_and_each_passage_has_its_own():
    titles = {document.title: set(document.sentences) for document in DOCUMENTS if document.language == "en"}
    stream = examples([WrittenFamily(DOCUMENTS, FakeEmbedder())], [1], random.Random(3))
    some = [next(stream) for _ in range(400)]
    assert 0.5 < np.mean([bool(example.titles) for example in some]) < 0.7
    checked = 0
    for example in some:
        assert len(example.titles) in (0, len(example.passages))
        for title, passage in zip(example.titles, example.passages, strict=False):
            if title in titles:
                checked += 1
                assert set(passage) <= titles[title]
    assert checked > 20


@pytest.mark.parametrize(
    ("sentence", "left"),
    [
        ("云岭市出台三项办法。", "出台三项办法。"),
        ("2022年，云岭市出台三项办法。", "2022年，出台三项办法。"),
        ("望江市出台三项办法。", "望江市出台三项办法。"),
        ("云岭多雨。", "云岭多雨。"),  # two characters may be the beginning of another word
    ],
)
def test_a_sentence_may_leave_out_whom_the_title_names(sentence, left):
    document = WrittenDocument("w0", "zh", ((sentence,),), (), False, "云岭市政府工作报告")
    begin, end = subject(sentence, document)
    assert sentence[:begin] + sentence[end:] == left
    assert subject(sentence, replace(document, language="ja")) == (0, 0)


def test_an_answer_moves_with_what_is_left_out():
    assert written._moved((0, 2), (3, 6)) == (0, 2)
    assert written._moved((8, 10), (3, 6)) == (5, 7)
    assert written._moved((4, 10), (3, 6)) == (0, 0)


def test_some_sentences_are_of_other_documents_and_none_of_a_translation(monkeypatch):
    monkeypatch.setattr(written, "_ELSEWHERE", 1.0)
    asked = WrittenQuestion("When did it burn?", "en", 1, 0, 4)
    mill = WrittenDocument("mills:en:0-0", "en", (("It stands.", "1911 it burnt."),), (asked,), False)
    same = [
        WrittenDocument(name, "zh", (("它在1911年烧毁。",),), (asked,), False)
        for name in ("mills:zh:0-0", "mills:zh:0-1")
    ]
    other = WrittenDocument("mills:en:2-0", "en", (("A boat.",), ("A quay.",)), (asked,), False)
    family = WrittenFamily([mill, *same, other], FakeEmbedder())
    example = family.example("mills:en:0-0#0", random.Random(1))
    assert sorted(example.passages) == [("A boat.", "A quay.")] and example.spots == ()


def test_near_misses_stand_beside_what_the_paragraph_answers(tmp_path):
    row = {
        "set": "mills",
        "document": "0-0",
        "questions": [{"language": "en", "question": "Who built it?", "why": "no"}],
    }
    (tmp_path / "near.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    gold = SquadQuestion("a", "When did it burn?", "0-0", ("1911",), ("1911", 38))
    other = SquadQuestion("b", "Who owned it?", "0-1", ("ann",), ("Ann", 0))
    text = "The mill has six floors. It burnt in 1911."
    sets = {"en": SquadSet({"0-0": ("Mill", text), "0-1": ("Mill", "Ann.")}, (gold, other))}
    (document,) = read_near_misses(sets, "mills", tmp_path / "near.jsonl")
    beyond, answered = document.questions
    assert (beyond.question, beyond.sentence) == ("Who built it?", None)
    assert document.sentences[answered.sentence][answered.begin : answered.end] == "1911"
    assert read_near_misses(sets, "boats", tmp_path / "near.jsonl") == []
