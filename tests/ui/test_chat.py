import threading

from ui_fakes import CORPUS, FakeRag

from rag.errors import BadIndex
from rag.serving.browser.chat import LONGEST_QUESTION, converse
from rag.serving.browser.page import greeting, open_at
from rag.serving.browser.warm import Warm

QUESTION = "设施平台一共有多少个？"


def test_a_turn_grows_sentence_by_sentence():
    warm = Warm(lambda: FakeRag([CORPUS]))
    warm.rag()
    turns = list(converse(warm, f"  {QUESTION}\n", []))
    assert [turn.state for turn in turns] == ["waiting", "streaming", "streaming", "done"]
    assert [len(turn.answer.sentences) for turn in turns[1:]] == [1, 2, 2]
    assert {(turn.number, turn.question) for turn in turns} == {(1, QUESTION)}


def test_earlier_questions_are_the_history_and_numbers_go_on():
    warm = Warm(lambda: FakeRag([CORPUS]))
    first = list(converse(warm, QUESTION, []))[-1]
    second = list(converse(warm, QUESTION, [first]))[-1]
    assert second.number == 2
    assert second.answer.sentences[0].text == "[1]"


def test_nothing_is_asked_for_an_empty_question_and_a_long_one_is_cut():
    warm = Warm(lambda: FakeRag([CORPUS]))
    assert list(converse(warm, " \n ", [])) == []
    assert len(next(converse(warm, "长" * 9000, [])).question) == LONGEST_QUESTION


def test_a_question_waits_for_the_model():
    loaded = threading.Event()

    def load():
        loaded.wait(10)
        return FakeRag([CORPUS])

    turns = converse(Warm(load), QUESTION, [])
    assert next(turns).state == "warming"
    loaded.set()
    assert list(turns)[-1].state == "done"


def test_a_fault_fails_the_turn_alone(caplog):
    warm = Warm(lambda: FakeRag([CORPUS]))
    failed = list(converse(warm, "raise", []))[-1]
    assert (failed.state, failed.problem) == ("failed", "")
    assert "ZeroDivisionError" in caplog.text
    assert list(converse(warm, QUESTION, [failed]))[-1].state == "done"


def broken():
    raise BadIndex("no index; rag ingest PATH…")


def test_what_loading_raised_is_told_to_who_asks():
    warm = Warm(broken)
    assert list(converse(warm, QUESTION, []))[-1].problem == "no index; rag ingest PATH…"
    assert list(greeting(warm)) == []


def test_whatever_the_browser_sends_opens_a_document_or_nothing():
    warm = Warm(lambda: FakeRag([CORPUS]))
    identity = next(iter(warm.rag().documents))
    assert "<mark>" in open_at(warm, [identity, 0, 10])
    assert "<mark>" not in open_at(warm, [identity, 10**9, -5])
    for place in [None, "x", [], [identity], [identity, "0", 1], ["../../etc/passwd", 0, 1], [identity, 0, 1, 2], {}]:
        assert open_at(warm, place) == ""
