"""Conversations: their turns stay as they were, through later turns, reloads, other indexes and export."""

import json
import re
import threading

import pytest
from fakes import HashingEmbedder
from markdown_it import MarkdownIt

from rag import BadConversation, Conversation, Rag
from rag.answering.answerer import Answerer
from rag.answering.conversation_markdown import escaped

LAKE = "# The lake\n\nThe lake is twelve metres deep. Herons nest in its reeds.\n\n## Winter\n\n"
LAKE += "In winter the lake freezes.\n"
MILL = "# 磨坊\n\n老磨坊每天磨四十吨大麦。磨坊主姓林。\n"
QUESTIONS = ["How deep is the lake in metres?", "And in winter?", "磨坊主姓什么？", "谢谢！"]


def built(folder, **texts):
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.md").write_text(text, "utf-8")
    rag = Rag.build(folder, folder / "index", embedder=HashingEmbedder())
    decide(rag, 0.0)
    return rag


def decide(rag, least):
    """From this probability on `rag` answers."""
    rag._answerer = lambda: Answerer(rag.searcher, least)


@pytest.fixture(scope="module")
def rag(tmp_path_factory):
    return built(tmp_path_factory.mktemp("conversation"), lake=LAKE, mill=MILL)


@pytest.fixture
def talk(rag):
    conversation = Conversation(rag)
    for question in QUESTIONS:
        conversation.ask(question)
    return conversation


def test_a_question_is_asked_with_those_before(rag, talk):
    assert [turn.question for turn in talk.turns] == QUESTIONS
    for n, turn in enumerate(talk.turns):
        expected = rag.ask(turn.question, history=QUESTIONS[:n])
        assert (turn.answer.text, turn.answer.resolved) == (expected.text, expected.resolved)
        assert turn.answer.citations == expected.citations
    assert talk.turns[1].answer.resolved
    assert talk.turns[3].answer.reason == "thanks"


def test_what_the_search_was_limited_to_is_kept(rag, tmp_path):
    conversation = Conversation(rag)
    (lake,) = (document for document in rag.documents.values() if document.title == "The lake")
    conversation.ask(QUESTIONS[0], documents=[lake.source])
    conversation.ask(QUESTIONS[0], documents=[lake.id])
    conversation.ask(QUESTIONS[0])
    conversation.save(tmp_path / "talk.json")
    assert [turn.within for turn in Conversation.load(tmp_path / "talk.json", rag).turns] == [("The lake",)] * 2 + [()]
    older = json.loads((tmp_path / "talk.json").read_text())
    for turn in older["turns"]:
        del turn["within"]
    (tmp_path / "talk.json").write_text(json.dumps(older))
    assert [turn.within for turn in Conversation.load(tmp_path / "talk.json", rag).turns] == [()] * 3


def test_later_turns_and_reloads_renumber_nothing(rag, talk, tmp_path):
    before = talk.turns
    numbers = [[c.number for c in turn.answer.citations] for turn in before]
    assert numbers[0][0] == numbers[1][0] == 1  # each message counts its own
    talk.ask("Herons nest in what?")
    assert talk.turns[:4] == before
    talk.save(tmp_path / "talk.json")
    again = Conversation.load(tmp_path / "talk.json", rag)
    assert again.turns == talk.turns
    again.ask("磨坊主姓什么？")
    assert again.turns[:5] == talk.turns
    assert {turn.generation for turn in again.turns} == {rag.index.manifest.generation}
    assert rag.index.manifest.generation


def test_what_was_quoted_stays_when_the_documents_change(talk, tmp_path):
    other = built(tmp_path / "other", lake=LAKE.replace("twelve", "eleven"))
    talk.save(tmp_path / "talk.json")
    again = Conversation.load(tmp_path / "talk.json", other)
    deep = again.turns[0].answer.citations
    assert "The lake is twelve metres deep." in [citation.quote for citation in deep]
    assert again.turns[0].changed(other.index) == deep
    assert "twelve metres" in again.markdown() and "磨坊主姓林。" in again.markdown()
    assert "eleven" in again.ask("How deep is the lake in metres?").text
    assert again.turns[-1].changed(other.index) == ()
    assert talk.turns[0].changed(talk._rag.index) == ()


def test_an_answer_that_is_not_waited_for_is_no_turn(rag):
    conversation = Conversation(rag)
    answers = conversation.stream("How deep is the lake in metres?")
    next(answers)
    answers.close()
    assert conversation.turns == ()
    assert [answer.text for answer in conversation.stream("谢谢")] == [conversation.turns[0].answer.text]


def test_many_threads_lose_no_turn(rag):
    conversation = Conversation(rag)
    threads = [
        threading.Thread(target=lambda: [conversation.ask("磨坊主姓什么？") for _ in range(5)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(conversation.turns) == 20


def change(path, edit):
    content = json.loads(path.read_text("utf-8"))
    edit(content)
    path.write_text(json.dumps(content), "utf-8")


def _cites(content):
    return content["turns"][0]["answer"]["citations"][0]


DAMAGE = {
    "format 2, this program reads 1": lambda c: c.update(format=2),
    "is no saved conversation": lambda c: c.update(kind="recipe"),
    "'answer' is missing": lambda c: c["turns"][0].pop("answer"),
    "is not a list": lambda c: c.update(turns=7),
    "is not a text": lambda c: c["turns"][0].update(question=7),
    "is not a whole number": lambda c: _cites(c).update(start=-1),
    "does not stand in its passage": lambda c: _cites(c).update(quote="The lake is eleven metres deep."),
    "in turn 2: ": lambda c: c["turns"].insert(1, []),
    "cites what is not there": lambda c: c["turns"][0]["answer"]["sentences"][0].update(citations=[9]),
    "a document is not named": lambda c: c["turns"][0].update(sources={}),
    "the origin is": lambda c: c["turns"][0]["answer"].update(origin="<b>"),
}


@pytest.mark.parametrize("line", DAMAGE)
def test_a_damaged_file_is_one_line(rag, talk, tmp_path, line):
    path = tmp_path / "talk.json"
    talk.save(path)
    change(path, DAMAGE[line])
    with pytest.raises(BadConversation, match=re.escape(line)) as caught:
        Conversation.load(path, rag)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_conversation_is_one_line(rag, tmp_path, content):
    path = tmp_path / "talk.json"
    path.write_bytes(content)
    with pytest.raises(BadConversation, match="is no saved conversation"):
        Conversation.load(path, rag)


def test_files_that_cannot_be_read_or_written(rag, talk, tmp_path):
    with pytest.raises(BadConversation, match="cannot be read: No such file"):
        Conversation.load(tmp_path / "none.json", rag)
    for write in (talk.save, talk.export):
        with pytest.raises(BadConversation, match="cannot be written"):
            write(tmp_path / "none" / "talk")
        with pytest.raises(BadConversation, match="cannot be written"):
            write(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_saving_again_replaces_the_file_in_one_step(rag, talk, tmp_path):
    path = tmp_path / "talk.json"
    path.write_text("what was there", "utf-8")
    talk.save(path)
    assert [each.name for each in tmp_path.iterdir()] == ["talk.json"]
    assert Conversation.load(path, rag).turns == talk.turns


def test_lone_surrogates_survive(rag, tmp_path):
    conversation = Conversation(rag)
    conversation.ask("a\ud800 lake?")
    conversation.save(tmp_path / "talk.json")
    assert Conversation.load(tmp_path / "talk.json", rag).turns == conversation.turns
    conversation.export(tmp_path / "talk.md")


def test_markdown_has_every_turn_with_its_sources(talk):
    text = talk.markdown()
    assert [line for line in text.splitlines() if line.startswith("## ")] == [f"## {escaped(q)}" for q in QUESTIONS]
    assert r"- \[1\] The lake — lake.md" in text
    assert "  > The lake is twelve metres deep." in text
    assert "**Sources**" in text and "**来源**" in text
    assert "conversation" not in text  # no folder of this machine


def test_the_closest_passages_of_an_abstention_have_another_label(rag):
    conversation = Conversation(rag)
    decide(rag, 1.1)
    try:
        conversation.ask("Who won the cup?")
    finally:
        decide(rag, 0.0)
    text = conversation.markdown()
    assert "**Closest passages (no answer)**" in text and "Sources" not in text and r"\[1\]" not in text


HOSTILE = """
<script>alert(1)</script>
<img src=x onerror=alert(1)>
[click](javascript:alert(1))
![](http://evil.example/x.png)
<http://evil.example>
http://evil.example/a_b_c
www.evil.example
someone@evil.example
# heading
- item
+ item
* item
1. item
2) item
> quote
---
===
```code```
~~~
    indented code
**bold** _it_ __b__ `c` ~~s~~
| a | b |
&lt;b&gt; &#60;
\\\\ \\[x\\]
[ref]: http://evil.example
a\u202egnp.exe
a\x1b[31m\x07b
$x$ @everyone #1 :smile:
""".strip("\n").splitlines()  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text(text):
    markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    shown = markdown.parse(escaped(text))
    assert [token.type for token in shown] == ["paragraph_open", "inline", "paragraph_close"]
    assert {child.type for child in shown[1].children} <= {"text"}
    plain = "".join(child.content for child in shown[1].children)
    assert plain.split() == re.sub(r"[\x00-\x1f\u202e]", " ", text).split()


def test_a_hostile_document_is_text_in_the_export(tmp_path):
    body = " ".join(line.strip() for line in HOSTILE if not line.startswith("[ref]"))
    rag = built(tmp_path / "evil", a=f"# Herons <b>[x](y)</b>\n\nHerons nest: {body}.\n")
    conversation = Conversation(rag)
    conversation.ask("Herons nest where? <i>[x](javascript:1)</i> # *now*")
    tokens = MarkdownIt("commonmark", {"html": True}).parse(conversation.markdown())
    assert conversation.turns[0].answer.citations
    kinds = {token.type.removesuffix("_open").removesuffix("_close") for token in tokens}
    assert kinds <= {"heading", "paragraph", "inline", "bullet_list", "list_item", "blockquote"}
    inside = {child.type for token in tokens for child in token.children or ()}
    assert inside <= {"text", "strong_open", "strong_close", "softbreak"}
    assert sum(token.type == "heading_open" for token in tokens) == 1
