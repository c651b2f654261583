"""httpx, the official openai client and the official mcp client, over processes of their own: the same citations."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import anyio
import httpx
import openai
import pytest
from fakes import HashingEmbedder
from mcp import ClientSession, StdioServerParameters, types
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamablehttp_client
from serving_fakes import QUESTION, TEXTS

from rag import Rag, Settings
from rag.index.store import write_index
from rag.plain import answer_dict

COMMAND = [sys.executable, str(Path(__file__).with_name("fake_serve.py"))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("served") / "index"
    write_index(Rag.from_texts(TEXTS, embedder=HashingEmbedder()).index, path)
    return path


@pytest.fixture(scope="module")
def expected(folder):
    rag = Rag.load(folder, embedder=HashingEmbedder())
    answer = json.loads(json.dumps(answer_dict(rag.ask(QUESTION), rag.index, str(folder))))
    assert answer["citations"][0]["quote"] == "The old mill grinds forty tons of barley a year."
    return answer


@contextmanager
def process(*arguments, **environment):
    """The process, and the first line of its log that has a port."""
    done = subprocess.Popen(
        [*COMMAND, *arguments, "--port", "0"], stderr=subprocess.PIPE, text=True, env={**os.environ, **environment}
    )
    try:
        for line in done.stderr:
            if '"port"' in line:
                break
        else:
            raise AssertionError(f"it ended with {done.wait()}")
        yield done, f"http://127.0.0.1:{json.loads(line)['port']}"
    finally:
        done.send_signal(signal.SIGTERM)
        done.communicate(timeout=20)


@pytest.fixture(scope="module")
def served(folder):
    with process("serve", "--index", str(folder)) as (_, url):
        yield url


def without_times(answer):
    return {name: value for name, value in answer.items() if name != "timings"}


def test_rest_gives_the_answer_of_python(served, expected):
    plain = httpx.post(f"{served}/v1/ask", json={"question": QUESTION}).json()
    assert without_times(plain) == without_times(expected)
    events = httpx.post(f"{served}/v1/ask", json={"question": QUESTION}, headers={"Accept": "text/event-stream"}).text
    *_, last = events.strip().split("\n\n")
    assert last.startswith("event: answer\ndata: ")
    assert without_times(json.loads(last.split("data: ")[1])) == without_times(expected)


def test_openai_client_works_unchanged(served, expected):
    with openai.OpenAI(base_url=f"{served}/v1", api_key="none", max_retries=0) as client:
        assert [model.id for model in client.models.list()] == ["rag", "hashing"]
        assert client.models.retrieve("rag").owned_by == "rag"
        messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": QUESTION}]
        whole = client.chat.completions.create(model="rag", messages=messages)
        message = whole.choices[0].message
        assert (message.content, message.citations) == (expected["answer"], expected["citations"])
        assert without_times(whole.rag) == without_times(expected)
        assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens > 0
        options = {"include_usage": True}
        *chunks, usage = client.chat.completions.create(
            model="rag", messages=messages, stream=True, stream_options=options
        )
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == expected["answer"]
        assert chunks[-1].choices[0].finish_reason == "stop"
        assert chunks[-1].choices[0].delta.citations == expected["citations"]
        assert without_times(chunks[-1].rag) == without_times(expected)
        assert usage.usage == whole.usage
        # The client asks for base64 by itself and decodes it.
        vectors = client.embeddings.create(model="hashing", input=["barley", "rye"]).data
        wanted = HashingEmbedder().embed_passages(["barley", "rye"])
        assert [vector.embedding for vector in vectors] == [list(map(float, row)) for row in wanted]
        numbers = client.embeddings.create(model="hashing", input="rye", encoding_format="float").data[0].embedding
        assert numbers == list(map(float, wanted[1]))


def test_earlier_turns_are_history_for_the_openai_client(served):
    with openai.OpenAI(base_url=f"{served}/v1", api_key="none", max_retries=0) as client:
        turns = [
            {"role": "user", "content": [{"type": "text", "text": "When does the bakery open?"}]},
            {"role": "assistant", "content": "At nine."},
            {"role": "user", "content": "And what does it sell?"},
        ]
        rag = client.chat.completions.create(model="rag", messages=turns).rag
        same = {"question": "And what does it sell?", "history": ["When does the bakery open?"]}
        assert without_times(rag) == without_times(httpx.post(f"{served}/v1/ask", json=same).json())
        assert rag["resolved"]


def test_openai_client_gets_its_own_errors(served):
    with openai.OpenAI(base_url=f"{served}/v1", api_key="none", max_retries=0) as client:
        ask = client.chat.completions.create
        with pytest.raises(openai.NotFoundError, match="no such model") as missing:
            ask(model="gpt", messages=[{"role": "user", "content": QUESTION}])
        assert missing.value.code == "model_not_found"
        with pytest.raises(openai.UnprocessableEntityError, match="no message of the role user"):
            ask(model="rag", messages=[{"role": "system", "content": "Be brief."}])
        with pytest.raises(openai.NotFoundError, match="no field 'year'"):
            ask(
                model="rag",
                messages=[{"role": "user", "content": QUESTION}],
                stream=True,
                extra_body={"filters": {"year": "1"}},
            )
        with pytest.raises(openai.UnprocessableEntityError, match="at most 512"):
            client.embeddings.create(model="hashing", input="x" * 600)


@asynccontextmanager
async def agent(folder, **environment):
    server = StdioServerParameters(
        command=COMMAND[0], args=[*COMMAND[1:], "mcp", "--index", str(folder)], env={**os.environ, **environment}
    )
    async with stdio_client(server) as streams, ClientSession(*streams) as session:
        await session.initialize()
        yield session


async def check_agent(session, expected):
    tools = {tool.name: tool for tool in (await session.list_tools()).tools}
    assert tools.keys() == {"search", "ask", "read_document"}
    assert all(tool.annotations.readOnlyHint for tool in tools.values())
    asked = await session.call_tool("ask", {"question": QUESTION})
    assert without_times(asked.structuredContent) == without_times(expected)
    citation = expected["citations"][0]
    text = asked.content[0].text
    assert text.startswith(expected["answer"])
    assert f"document {citation['document_id']}, characters {citation['start']}-{citation['end']}" in text
    found = (await session.call_tool("search", {"question": QUESTION, "k": 1})).structuredContent["hits"]
    assert [hit["document_id"] for hit in found] == [citation["document_id"]]
    place = {"document": citation["document_id"], "start": citation["start"], "end": citation["end"]}
    read = await session.call_tool("read_document", place)
    assert read.content[0].text == read.structuredContent["text"] == citation["quote"]
    resources = (await session.list_resources()).resources
    assert len(resources) == 3
    uri = next(each.uri for each in resources if str(each.uri).endswith(citation["document_id"]))
    (contents,) = (await session.read_resource(uri)).contents
    assert contents.text[citation["start"] : citation["end"]] == citation["quote"]
    for name, arguments, wrong in (
        ("ask", {"question": ""}, "question: String should have at least 1 character"),
        ("ask", {"question": "x", "filters": {"year": "1"}}, "no field 'year'"),
        ("read_document", {"document": "/etc/passwd"}, "no such document"),
        ("write", {}, "no such tool"),
    ):
        failed = await session.call_tool(name, arguments)
        assert failed.isError
        assert wrong in failed.content[0].text
    with pytest.raises(Exception, match="no such document"):
        await session.read_resource(types.AnyUrl("rag://documents/../../etc/passwd"))


def test_mcp_client_over_standard_input_and_output(folder, expected):
    async def run():
        async with agent(folder) as session:
            await check_agent(session, expected)

    anyio.run(run)


def test_mcp_client_over_http_needs_the_key(folder, expected):
    async def run(url):
        headers = {"Authorization": "Bearer k-1"}
        async with (
            streamablehttp_client(f"{url}/mcp", headers=headers) as (received, sent, _),
            ClientSession(received, sent) as session,
        ):
            await session.initialize()
            await check_agent(session, expected)

    with process("mcp", "--http", "--index", str(folder), RAG_API_KEYS="k-1") as (_, url):
        anyio.run(run, url)
        assert httpx.post(f"{url}/mcp", json={}).status_code == 401
        assert httpx.post(f"{url}/elsewhere", headers={"X-API-Key": "k-1"}).status_code == 404


def test_server_that_cannot_start_says_why_in_one_line(tmp_path, folder):
    def failed(*arguments, **environment):
        done = subprocess.run(
            [*COMMAND, *arguments], capture_output=True, text=True, timeout=60, env={**os.environ, **environment}
        )
        assert done.returncode == 1
        (line,) = done.stderr.splitlines()
        return line

    assert "there is no index" in failed("serve", "--index", str(tmp_path / "none"))
    assert "there is no index" in failed("mcp", "--index", str(tmp_path / "none"))
    assert "set RAG_API_KEYS" in failed("serve", "--index", str(folder), "--host", "0.0.0.0")
    assert "set RAG_API_KEYS" in failed("mcp", "--http", "--index", str(folder), "--host", "0.0.0.0")
    assert "is no origin" in failed("serve", "--index", str(folder), RAG_CORS="example.com")
    damaged = tmp_path / "damaged"
    write_index(Rag.load(folder, embedder=HashingEmbedder()).index, damaged)
    next(damaged.glob("generation-*/passages.jsonl")).write_text("")
    assert "is damaged" in failed("serve", "--index", str(damaged))  # found by the loading behind
    with process("serve", "--index", str(folder)) as (_, url):
        assert "try another --port" in failed("serve", "--index", str(folder), "--port", url.rsplit(":")[-1])


def test_server_ends_when_it_is_told_to(folder):
    with process("serve", "--index", str(folder)) as (done, url):
        assert httpx.get(f"{url}/ready").json()["index"]["documents"] == 3
        done.send_signal(signal.SIGTERM)
        assert done.wait(20) in (0, -signal.SIGTERM)


def test_new_generation_is_served_without_a_restart(tmp_path):
    folder = tmp_path / "index"
    write_index(Rag.from_texts(TEXTS, embedder=HashingEmbedder()).index, folder)
    with process("serve", "--index", str(folder)) as (_, url):
        before = httpx.get(f"{url}/ready").json()["index"]
        Rag.load(folder, embedder=HashingEmbedder()).add({"harbour": "The harbour was dredged in 1987."})
        end = time.monotonic() + 20
        while (after := httpx.get(f"{url}/ready").json()["index"]) == before:
            assert time.monotonic() < end
            time.sleep(0.05)
        asked = httpx.post(f"{url}/v1/ask", json={"question": "When was the harbour dredged?"}).json()
    assert (before["documents"], after["documents"]) == (3, 4)
    assert asked["citations"][0]["document"] == "harbour"
    assert asked["index"]["generation"] == after["generation"]


def test_what_is_added_over_http_is_kept_in_the_folder(tmp_path):
    folder = tmp_path / "index"
    write_index(Rag.from_texts(TEXTS, embedder=HashingEmbedder()).index, folder)
    key = {"X-API-Key": "k-1"}
    with process("serve", "--index", str(folder), RAG_API_KEYS="k-1") as (_, url):
        added = httpx.post(f"{url}/v1/documents", headers=key, files={"file": ("../a.txt", b"The harbour is deep.")})
        assert added.status_code == 201
        shop = next(
            d for d in httpx.get(f"{url}/v1/documents", headers=key).json()["documents"] if d["source"] == "shop"
        )
        assert httpx.delete(f"{url}/v1/documents/{shop['id']}", headers=key).status_code == 204
    kept = Rag.load(folder, embedder=HashingEmbedder())
    assert {document.source for document in kept.documents.values()} == {"mill.md", "船.txt", "a.txt"}
    assert {path.name for path in tmp_path.iterdir()} == {"index"}


def test_settings_do_not_show_keys():
    assert "secret" not in repr(Settings(api_keys="secret"))
