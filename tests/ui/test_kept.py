"""Conversations that are kept, without a browser."""

import stat
from dataclasses import replace

import pytest
from ui_fakes import CORPUS, FakeRag

from rag.serving.browser.chat import converse, told
from rag.serving.browser.kept import Kept
from rag.serving.browser.warm import Warm

QUESTION, OTHER = "设施平台一共有多少个？", "试点覆盖的创新主体有多少家？"


@pytest.fixture
def warm():
    return Warm(lambda: FakeRag([CORPUS]))


def asked(warm, kept, *questions, owner=""):
    talk = kept.begin(warm, owner)
    turns = [list(converse(warm, question, talk))[-1] for question in questions]
    return talk, turns


def test_a_link_reopens_what_was_said_with_its_citations(tmp_path, warm):
    talk, turns = asked(warm, Kept(tmp_path / "deep" / "kept"), QUESTION, OTHER)
    assert [turn.link for turn in turns] == [talk.id] * 2
    again = Kept(tmp_path / "deep" / "kept").open(talk.id, warm)
    assert again is not talk
    assert told(again, warm.index) == turns
    third = list(converse(warm, QUESTION, again))[-1]
    assert third.number == 3 and third.answer.sentences[0].text == "[2]", "it goes on with what was asked before"
    assert len(Kept(tmp_path / "deep" / "kept").open(talk.id, warm).conversation.turns) == 3


def test_nobody_else_may_read_the_files(tmp_path, warm):
    asked(warm, Kept(tmp_path / "kept"), QUESTION)
    (folder,) = (tmp_path / "kept").iterdir()
    (file,) = folder.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700 and stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_id_is_never_a_path(tmp_path, warm):
    kept = Kept(tmp_path / "kept")
    talk, _ = asked(warm, kept, QUESTION)
    outside = tmp_path / "kept" / "outside.json"
    outside.write_text((tmp_path / "kept" / "anybody" / f"{talk.id}.json").read_text())
    assert kept.open(talk.id, warm) is talk
    for wrong in ["", "../outside", f"../anybody/{talk.id}", talk.id + "\n", talk.id[:-1], f"{talk.id}.json", "x" * 22]:
        assert kept.open(wrong, warm) is None
    for wrong in [None, 3, [talk.id], {"id": talk.id}, "\0" * 22, "É" * 22, "/" * 22, "." * 22]:
        assert kept.open(wrong, warm) is None


def test_ids_cannot_be_guessed(tmp_path, warm):
    kept = Kept(tmp_path)
    assert len({kept.begin(warm).id for _ in range(1000)}) == 1000
    assert all(len(kept.begin(warm).id) == 22 for _ in range(10))


def test_only_the_owner_opens_it_where_people_log_in(tmp_path, warm):
    kept = Kept(tmp_path)
    talk, _ = asked(warm, kept, QUESTION, owner="ann/../bob")
    for who in ("", "bob", "ann", "anybody", "ann/../bob "):
        assert kept.open(talk.id, warm, who) is None
    assert kept.open(talk.id, warm, "ann/../bob") is talk
    assert Kept(tmp_path).open(talk.id, warm, "ann/../bob").conversation.turns == talk.conversation.turns
    assert all(path.parent.parent == tmp_path for path in tmp_path.rglob("*.json"))


def test_two_pages_of_one_link_lead_one_conversation(tmp_path, warm):
    kept = Kept(tmp_path)
    talk, _ = asked(warm, kept, QUESTION)
    one, two = kept.open(talk.id, warm), kept.open(talk.id, warm)
    assert list(converse(warm, OTHER, one))[-1].number == 2
    assert list(converse(warm, OTHER, two))[-1].number == 3
    assert len(Kept(tmp_path).open(talk.id, warm).conversation.turns) == 3


def test_a_citation_whose_document_changed_says_so(tmp_path, warm):
    talk, _ = asked(warm, Kept(tmp_path), QUESTION)
    assert told(talk, warm.index)[0].gone == frozenset()
    rag = warm.rag()
    document = next(iter(rag.documents.values()))
    rag.documents = {document.id: replace(document, text=document.text.replace("29", "30"))}
    assert told(talk, warm.index)[0].gone == {1}
    rag.documents = {}
    (turn,) = told(talk, warm.index)
    assert turn.gone == {1, 2} and [citation.number for citation in turn.answer.citations] == [1, 2]


def test_a_damaged_file_opens_nothing_and_its_path_is_told_to_the_terminal_alone(tmp_path, warm, caplog):
    talk, _ = asked(warm, Kept(tmp_path), QUESTION)
    (file,) = tmp_path.rglob("*.json")
    file.write_text('{"kind": "x"}')
    assert Kept(tmp_path).open(talk.id, warm) is None
    assert "no saved conversation" in caplog.text


def test_without_a_folder_nothing_is_kept(warm):
    talk, (turn,) = asked(warm, Kept(None), QUESTION)
    assert (turn.state, turn.link, talk.id) == ("done", "", "")
    assert Kept(None).open("x" * 22, warm) is None


def test_an_answer_is_given_where_it_cannot_be_kept(tmp_path, warm, caplog):
    (tmp_path / "kept").write_text("a file, no folder")
    _, (turn,) = asked(warm, Kept(tmp_path / "kept"), QUESTION)
    assert (turn.state, turn.link) == ("done", "") and turn.answer.citations
    assert "not kept" in caplog.text
