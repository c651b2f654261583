import json
import threading

from ui_fakes import CORPUS, FakeRag

from rag.answering.conversation import Conversation
from rag.errors import BadIndex
from rag.serving.browser.chat import LONGEST_QUESTION, converse
from rag.serving.browser.kept import Talk
from rag.serving.browser.page import chosen_of, greeting, open_at
from rag.serving.browser.shelf import Shelf
from rag.serving.browser.warm import Warm

QUESTION = "设施平台一共有多少个？"


def talk_with(warm):
    return Talk(Conversation(warm))


def test_a_turn_grows_sentence_by_sentence():
    warm = Warm(lambda: FakeRag([CORPUS]))
    warm.rag()
    turns = list(converse(warm, f"  {QUESTION}\n", talk_with(warm)))
    assert [turn.state for turn in turns] == ["waiting", "streaming", "streaming", "done"]
    assert [len(turn.answer.sentences) for turn in turns[1:]] == [1, 2, 2]
    assert {(turn.number, turn.question) for turn in turns} == {(1, QUESTION)}


def test_earlier_questions_are_the_history_and_numbers_go_on():
    warm = Warm(lambda: FakeRag([CORPUS]))
    talk = talk_with(warm)
    assert list(converse(warm, QUESTION, talk))[-1].number == 1
    second = list(converse(warm, QUESTION, talk))[-1]
    assert second.number == 2
    assert [turn.question for turn in talk.conversation.turns] == [QUESTION, QUESTION]
    assert second.answer.sentences[0].text == "[1]"


def test_nothing_is_asked_for_an_empty_question_and_a_long_one_is_cut():
    warm = Warm(lambda: FakeRag([CORPUS]))
    assert list(converse(warm, " \n ", talk_with(warm))) == []
    assert len(next(converse(warm, "长" * 9000, talk_with(warm))).question) == LONGEST_QUESTION


def test_a_question_waits_for_the_model():
    loaded = threading.Event()

    def load():
        loaded.wait(10)
        return FakeRag([CORPUS])

    warm = Warm(load)
    turns = converse(warm, QUESTION, talk_with(warm))
    assert next(turns).state == "warming"
    loaded.set()
    assert list(turns)[-1].state == "done"


def test_a_fault_fails_the_turn_alone(caplog):
    warm = Warm(lambda: FakeRag([CORPUS]))
    talk = talk_with(warm)
    failed = list(converse(warm, "raise", talk))[-1]
    assert (failed.number, failed.state, failed.problem) == (1, "failed", "")
    assert "ZeroDivisionError" in caplog.text
    after = list(converse(warm, QUESTION, talk))[-1]
    assert (after.number, after.state, len(talk.conversation.turns)) == (2, "done", 1)


def broken():
    raise BadIndex("no index; rag ingest PATH…")


def test_what_loading_raised_is_told_to_who_asks():
    warm = Warm(broken)
    assert list(converse(warm, QUESTION, talk_with(warm)))[-1].problem == "no index; rag ingest PATH…"
    assert list(greeting(warm, Shelf(warm, None, 1))) == []


def test_whatever_the_browser_sends_opens_a_document_or_nothing():
    warm = Warm(lambda: FakeRag([CORPUS]))
    identity = next(iter(warm.rag().documents))
    assert "<mark>" in open_at(warm, [identity, 0, 10])
    assert "<mark>" not in open_at(warm, [identity, 10**9, -5])
    for place in [None, "x", [], [identity], [identity, "0", 1], ["../../etc/passwd", 0, 1], [identity, 0, 1, 2], {}]:
        assert open_at(warm, place) == ""


def test_only_the_chosen_documents_are_searched(tmp_path):
    other = tmp_path / "other.md"
    other.write_text("# Other\n\n设施平台在别处一共有多少个没有说。\n", "utf-8")
    warm = Warm(lambda: FakeRag([CORPUS, other]))
    corpus, second = warm.rag().documents.values()
    turn = list(converse(warm, QUESTION, talk_with(warm), [second.id, "gone"]))[-1]
    assert {hit.passage.document for hit in turn.answer.hits} == {second.id}
    assert turn.within == ("Other",)
    assert list(converse(warm, QUESTION, talk_with(warm), [corpus.id]))[-1].answer.citations
    gone = list(converse(warm, QUESTION, talk_with(warm), ["gone"]))[-1]
    assert (gone.state, gone.fault, gone.answer) == ("failed", "turn.unchosen", None)


def test_whatever_the_browser_sends_as_chosen_is_a_list_of_texts():
    assert chosen_of('{"documents": ["a", 1, null, ["b"], "c"], "era": "x"}') == (["a", "c"], "x")
    assert chosen_of(json.dumps({"documents": [], "era": "x" * 999})) == ([], "x" * 40)
    for value in (None, "", "{", "{}", "3", 3, ["a"], "[" * 100_000, '["a"]', '{"documents": ["a"], "era": 1}'):
        assert chosen_of(value) == ([], "")
