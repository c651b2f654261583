"""Verdicts become lines that the evaluation reads, with evidence that the documents hold."""

import json
import threading

import metrics
import pytest
from questions import read_questions
from ui_fakes import CORPUS, FakeRag

from rag.serving.browser import verdict
from rag.serving.browser.feedback import BadFeedback, Feedback
from rag.serving.browser.verdict import LONGEST_ANSWER, Verdict, case, identity

ASKED, UNKNOWN = "设施平台一共有多少个？", "Who won the cup?"
GOOD, BAD = Verdict(good=True), Verdict(good=False)


@pytest.fixture(scope="module")
def rag():
    return FakeRag([CORPUS])


@pytest.fixture
def read(tmp_path):
    """What the evaluation makes of lines: the only question, or None where it is left out."""

    def reader(*lines):
        file = tmp_path / "index.feedback.jsonl"
        for line in lines:
            Feedback(file).put(line)
        if all("incomplete" in line for line in lines):
            return None
        (question,) = read_questions(file)
        return question

    return reader


def judged(rag, given, question=ASKED, history=()):
    return case(rag, question, history, rag.ask(question), given)


def holding(rag, question):
    return [p for p in rag.passages if all(metrics.holds(p.text, keys) for keys in question.groups)]


def test_a_right_answer_has_the_cited_sentences_as_evidence(rag, read):
    made = judged(rag, GOOD)
    question = read(made.line)
    cited = rag.ask(ASKED).citations
    assert made.note == "good" and question.kind == "confirmed" and question.language == "zh"
    assert question.groups == ((tuple(citation.quote for citation in cited),),)
    assert {c.passage.id for c in cited} <= {p.id for p in holding(rag, question)}


def test_a_typed_answer_that_one_passage_holds_is_the_evidence(rag, read):
    made = judged(rag, Verdict(good=False, answer=" “２９个”。 "))
    question = read(made.line)
    assert (made.note, question.kind, made.offers) == ("found", "corrected", ())
    assert question.groups == ((("２９个",),),) and question.answer == "“２９个”。"
    assert len(holding(rag, question)) == 1


def test_what_stands_in_several_places_is_offered_to_choose_from(rag, read):
    several = next(w for w in ("北京市", "中关村", "企业", "科研") if sum(w in p.text for p in rag.passages) > 1)
    made = judged(rag, Verdict(good=False, answer=several))
    assert made.note in ("several", "common") and 1 < len(made.offers) <= 3
    assert all(several in offer.text for offer in made.offers)
    offer = made.offers[0]
    chosen = judged(rag, Verdict(good=False, answer=several, place=(offer.document, offer.start, offer.end)))
    question = read(made.line, chosen.line)
    assert chosen.note == "found" and question.groups == (((offer.text,),),) and question.answer == several


def test_too_common_or_short_an_answer_is_no_evidence(rag, read):
    made = judged(rag, Verdict(good=False, answer="的"))
    assert made.note == "common" and len(made.offers) == 3
    assert read(made.line) is None


def test_words_that_stand_nowhere_are_kept_but_no_question(rag, read):
    made = judged(rag, Verdict(good=False, answer="平台共三百二十一座"))
    assert made.note == "nowhere" and made.line["answer"] == "平台共三百二十一座"
    assert read(made.line) is None
    assert made.offers and all(o.text in CORPUS.read_text("utf-8") for o in made.offers)


def test_a_bare_thumb_down_waits_for_the_answer(rag, read):
    made = judged(rag, BAD)
    assert made.note == "unsaid" and read(made.line) is None


def test_absent_ones(rag, read):
    question = read(judged(rag, Verdict(good=False, absent=True)).line)
    assert (question.kind, question.answerable) == ("absent", False)
    right = judged(rag, GOOD, UNKNOWN)
    assert right.note == "absent" and right.line["answerable"] is False


def test_a_refusal_that_was_wrong(rag, read):
    question = read(judged(rag, Verdict(good=False, answer="29个"), UNKNOWN).line)
    assert question.answerable and question.kind == "refused"


def test_what_was_asked_before_goes_with_it(rag, read):
    question = read(judged(rag, GOOD, history=(UNKNOWN, "有29个吗？")).line)
    assert question.history == (UNKNOWN, "有29个吗？")
    assert identity(ASKED, (UNKNOWN,)) != identity(ASKED, ()) == identity("设施平台 一共有多少个？", ())


def test_an_answer_without_citations_proves_nothing(rag):
    made = judged(rag, GOOD)
    from dataclasses import replace

    bare = replace(rag.ask(ASKED), citations=())
    assert case(rag, ASKED, (), bare, GOOD).note == "uncited" != made.note


@pytest.mark.parametrize("place", [("x", 0, 5), ("../../etc/passwd", 0, 9), None])
def test_a_place_that_is_no_sentence_counts_for_nothing(rag, place):
    identity = next(iter(rag.documents))
    for wrong in (place, (identity, 0, 10**9), (identity, -5, 3)):
        assert judged(rag, Verdict(good=False, place=wrong)).note == "unsaid"


def test_sizes_are_limited(rag):
    made = judged(rag, Verdict(good=False, answer="长" * 90_000), history=["问"] * 50)
    assert len(made.line["answer"]) == LONGEST_ANSWER and len(made.line["history"]) == 10


def test_evidence_is_compared_as_the_evaluation_does_it(rag):
    for text in ["２９ 个 ", "Ａb\nC\u3000d", "ﬁx Ⅳ", *(p.text for p in rag.passages)]:
        assert verdict.normal(text) == metrics.normal(text)


def test_one_line_for_one_question(tmp_path):
    feedback = Feedback(tmp_path / "new folder" / "f.jsonl")
    feedback.put({"id": "a", "v": 1})
    feedback.put({"id": "b", "v": 2})
    feedback.put({"id": "a", "v": "改"})
    assert [json.loads(line) for line in feedback.file.read_text("utf-8").splitlines()] == [
        {"id": "b", "v": 2},
        {"id": "a", "v": "改"},
    ]
    feedback.drop("b")
    feedback.drop("never there")
    assert feedback.file.read_text("utf-8") == '{"id": "a", "v": "改"}\n'


def test_what_somebody_else_wrote_stays(tmp_path):
    feedback = Feedback(tmp_path / "f.jsonl")
    feedback.file.write_bytes(b'{"id": "mine"}\nnot json\n[1]')
    feedback.put({"id": "a"})
    assert feedback.file.read_bytes() == b'{"id": "mine"}\nnot json\n[1]\n{"id": "a"}\n'


def test_many_at_once_lose_nothing(tmp_path):
    def add(n):
        for m in range(10):
            Feedback(tmp_path / "f.jsonl").put({"id": f"{n}-{m}"})

    threads = [threading.Thread(target=add, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = (tmp_path / "f.jsonl").read_text().splitlines()
    assert {json.loads(line)["id"] for line in lines} == {f"{n}-{m}" for n in range(8) for m in range(10)}
    assert len(lines) == 80


def test_what_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadFeedback, match="RAG_FEEDBACK names another"):
        Feedback(tmp_path / "file" / "f.jsonl").put({"id": "a"})


def test_a_full_file_is_left_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr("rag.serving.browser.feedback._MOST_BYTES", 30)
    feedback = Feedback(tmp_path / "f.jsonl")
    feedback.put({"id": "a"})
    with pytest.raises(BadFeedback, match="full"):
        feedback.put({"id": "b", "text": "x" * 30})
    assert feedback.file.read_text() == '{"id": "a"}\n'
    feedback.drop("a")
    assert feedback.file.read_text() == ""
