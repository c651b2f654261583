"""Follow-ups rewritten by a model, and models whose rewrites are none."""

import pytest
from llm_server import Reply, ScriptedServer, letters

from rag.answering.generation.rewrite import rewrite
from rag.answering.generation.thoughts import without_thoughts
from rag.llm.openai_compatible import OpenAICompatible

HISTORY = ["北京有多少所高校？", "它们在哪里？"]


def rewritten(reply, question="那科研院所呢？", history=HISTORY):
    with ScriptedServer(reply) as server:
        model = OpenAICompatible(server.url, "m", first_seconds=2, next_seconds=2, retries=0)
        return rewrite(model, question, history), server.requests


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ("北京有多少家科研院所？", "北京有多少家科研院所？"),
        ("  “北京有多少家科研院所？”\n", "北京有多少家科研院所？"),
        ("<think>它们 = 高校？</think>\n\n北京有多少家科研院所？", "北京有多少家科研院所？"),
        ("Rewritten question: 北京有多少家科研院所？", "北京有多少家科研院所？"),
    ],
)
def test_a_rewrite_stands_by_itself(said, question):
    found, requests = rewritten(Reply(letters(said)))
    assert found == question
    content = requests[0][1]["messages"][1]["content"]
    assert HISTORY[0] in content and "那科研院所呢？" in content


@pytest.mark.parametrize(
    "reply",
    [
        Reply(""),
        Reply("\n \n"),
        Reply("北京有多少家科研院所？\n上海呢？"),
        Reply("北京" * 500),
        Reply("How many research institutes are there in Beijing, the capital of China?"),
        Reply("NOT_IN_PASSAGES"),
        Reply("北京有多少家科研", dies=True),
        Reply(status=500),
        Reply([b"data: {garbage\n\n"]),
    ],
    ids=range(9),
)
def test_what_is_no_rewrite_is_not_used(reply):
    assert rewritten(reply)[0] is None


def test_numbers_of_the_question_are_kept():
    history = ["How many ships called at the harbour in 2023?"]
    assert rewritten(Reply("How many ships called in 2024?"), "And in 2025?", history)[0] is None
    said = "How many ships called at the harbour in 2025?"
    assert rewritten(Reply(said), "And in 2025?", history)[0] == said


def test_nothing_before_it_asks_nobody():
    assert rewritten(Reply("x"), history=[]) == (None, [])
    assert rewritten(Reply("x"), history=[" "]) == (None, [])
    assert rewritten(Reply("x"), question=" ") == (None, [])


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (["<thi", "nk>so ", "</th", "ink>\n", "Twelve", "."], "Twelve."),
        (["<think>never ends", " and on" * 2000], ""),
        (["<think>" + "x" * 5000 + "</thi", "nk>ok"], "ok"),
        ([" <", "b>bold"], " <b>bold"),
        (["<th"], "<th"),
        (["a <think>b</think>"], "a <think>b</think>"),
        ([], ""),
    ],
)
def test_thoughts_are_not_text(pieces, text):
    assert "".join(without_thoughts(iter(pieces))) == text


def test_closing_reaches_the_source():
    closed = []

    def source():
        try:
            yield from ("a", "b")
        finally:
            closed.append(True)

    stream = without_thoughts(source())
    next(stream)
    stream.close()
    assert closed
