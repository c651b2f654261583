"""A language model behind the servers: its words stream, and where it fails the documents' own words replace them."""

import asyncio
import json
import threading
import time

import pytest
from serving_fakes import QUESTION, client, small_rag

from rag.llm.generator import LlmFailed

GOOD = "The old mill grinds forty tons of barley a year.[1] "


class Model:
    """A language model that says its pieces; an error among them is raised."""

    context_tokens = 4096

    def __init__(self, *pieces, pause=0.0):
        self.pieces, self.pause = pieces, pause
        self.closed = threading.Event()

    def stream(self, messages):
        assert messages
        try:
            for piece in self.pieces:
                time.sleep(self.pause)
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            self.closed.set()


def events(text):
    blocks = [block for block in text.split("\n\n") if block and not block.startswith(":")]
    pairs = [block.split("\n") for block in blocks]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in pairs]


async def streamed(model):
    async with client(small_rag(llm=model)) as http:
        reply = await http.post("/v1/ask", json={"question": QUESTION}, headers={"Accept": "text/event-stream"})
        chat = {"model": "rag", "stream": True, "messages": [{"role": "user", "content": QUESTION}]}
        chunks = (await http.post("/v1/chat/completions", json=chat)).text
        quoted = (await http.post("/v1/ask", json={"question": QUESTION, "llm": False})).json()
    return (
        events(reply.text),
        [json.loads(line[6:]) for line in chunks.split("\n\n") if line.startswith("data: {")],
        quoted,
    )


def test_words_of_a_model_stream_with_their_citations():
    told, chunks, quoted = asyncio.run(streamed(Model(*GOOD)))
    *texts, (name, answer) = told
    assert (name, answer["origin"]) == ("answer", "generated")
    assert "".join(data["delta"] for _, data in texts) == answer["answer"]
    assert answer["citations"][0]["quote"] in GOOD
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks) == answer["answer"]
    assert chunks[-1]["choices"][0]["delta"]["citations"] == answer["citations"]
    assert quoted["origin"] == "extractive"


def test_model_that_fails_is_replaced_by_the_documents():
    told, chunks, quoted = asyncio.run(streamed(Model(*GOOD, "It ", LlmFailed("the model broke off"))))
    name, answer = told[-1]
    assert (name, answer["origin"], answer["answer"]) == ("answer", "extractive", quoted["answer"])
    assert answer["notice"]
    shown = ""
    for _, data in told[:-1]:
        shown = data["replace"] if "replace" in data else shown + data["delta"]
    assert shown == answer["answer"]  # whoever follows the events sees the same in the end
    assert "".join(c["choices"][0]["delta"].get("content", "") for c in chunks).endswith(answer["answer"])
    assert chunks[-1]["rag"]["notice"] == answer["notice"]


def test_bug_in_a_stream_ends_it_with_an_error_event():
    secret = "swordfish"
    told, chunks, _ = asyncio.run(streamed(Model("The ", ZeroDivisionError(secret))))
    name, problem = told[-1]
    assert (name, problem["status"]) == ("error", 500)
    assert chunks[-1]["error"]["type"] == "server_error"
    assert secret not in json.dumps([told, chunks])


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/chat/completions"])
def test_waiting_for_a_model_takes_no_thread_from_searching(path):
    model = Model(*GOOD, pause=0.02)
    body = {"question": QUESTION, "model": "rag", "messages": [{"role": "user", "content": QUESTION}]}
    body = {"question": QUESTION} if path == "/v1/ask" else {k: body[k] for k in ("model", "messages")}

    async def check():
        async with client(small_rag(llm=model)) as http:
            slow = [asyncio.create_task(http.post(path, json=body)) for _ in range(12)]
            await asyncio.sleep(0.1)
            found = await asyncio.wait_for(http.post("/v1/search", json={"question": QUESTION}), 5)
            assert found.status_code == 200
            assert not any(each.done() for each in slow)
            assert {(await each).status_code for each in slow} == {200}

    asyncio.run(check())
