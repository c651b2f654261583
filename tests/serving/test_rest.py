"""The REST server: what it answers, what it refuses and how, and that nobody waits for whom they need not."""

import asyncio
import functools
import json
import logging
import threading
import time
from concurrent.futures import Future

import anyio
import httpx
import pytest
from fakes import HashingEmbedder
from pydantic import BaseModel
from serving_fakes import KEY, QUESTION, TEXTS, client, serving, small_rag

from rag import Rag, RagError, Settings
from rag.plain import answer_dict
from rag.serving.http import create_app, replies
from rag.serving.http.documents import clean_name
from rag.serving.http.logs import JsonLines
from rag.serving.http.work import Work

SECRET = "the password of the vault is swordfish"
WITH_KEY = {"X-API-Key": KEY}
JSON = {"Content-Type": "application/json"}


def run(check):
    """Runs a coroutine function as a test."""

    @functools.wraps(check)
    def test(**fixtures):
        asyncio.run(check(**fixtures))

    return test


def problem(reply, status, detail=""):
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    body = reply.json()
    assert body["status"] == status
    assert detail in body["detail"]
    assert body["title"]
    assert SECRET not in reply.text
    return body


@run
async def test_every_error_is_a_problem_that_repeats_nothing():
    async with client(api_keys=KEY, headers=WITH_KEY) as http:
        problem(await http.get("/nowhere"), 404)
        wrong = await http.get("/v1/ask")
        problem(wrong, 405)
        assert wrong.headers["allow"] == "POST"
        assert (await http.put("/v1/documents/x")).headers["allow"] == "DELETE, GET"
        assert (await http.put("/openapi.json")).headers["allow"] == "GET, HEAD"
        where = problem(await http.post("/v1/ask", json={"question": QUESTION, "k": SECRET}), 422, "#/k")
        assert where["errors"][0]["pointer"] == "#/k"
        problem(await http.post("/v1/ask", json={"question": QUESTION, "k": 101}), 422, "#/k")
        problem(await http.post("/v1/ask", json={"question": QUESTION, "filter": {}}), 422, "#/filter")
        problem(
            await http.post("/v1/ask", content=f'{{"question": "{SECRET}', headers=JSON),
            422,
        )
        problem(await http.post("/v1/ask", content=b'{"question": "\\ud800"}', headers=JSON), 422, "#/question")
        problem(await http.post("/v1/ask", content=b"[" * 100_000, headers=JSON), 400)
        problem(await http.post("/v1/ask", json={"question": QUESTION, "documents": ["x"]}), 404, "no document 'x'")
        problem(await http.post("/v1/search", json={"question": QUESTION, "filters": {"kind": "x"}}), 404, "'mill'")
        problem(await http.get("/v1/documents/..%2f..%2fetc%2fpasswd"), 404)
        problem(await http.get("/v1/documents?limit=0"), 422, "#query/limit")
        problem(await http.post("/v1/documents", content=SECRET, headers={"content-type": "text/plain"}), 415)
        problem(await http.post("/v1/documents", files={"file": ("a.exe", b"MZ")}), 422, ".exe files are not read")
        problem(await http.post("/v1/documents", files={"other": ("a.txt", b"x")}), 422, "#/file")
        form = {"files": {"file": ("a.txt", b"Some text.")}, "data": {"metadata": "[1]"}}
        problem(await http.post("/v1/documents", **form), 422, "#/metadata")
        problem(
            await http.post("/v1/documents", json={"text": "Some text.", "metadata": {"source": "x"}}), 422, "'source'"
        )


@run
async def test_size_is_limited_whatever_the_header_says():
    async def pieces():
        for _ in range(30):
            yield b" " * 50_000

    async with client(api_keys=KEY, headers=WITH_KEY, max_file_mb=0.5) as http:
        problem(await http.post("/v1/ask", content=b" " * 1_100_000), 413, "1,000,000")
        problem(await http.post("/v1/ask", content=pieces(), headers=JSON), 413)
        # Documents have a limit of their own, the file's and what a form puts around it.
        file = {"file": ("a.txt", b"A sentence. " * 100_000)}
        problem(await http.post("/v1/documents", files=file), 413, "0.5 MB")
        problem(await http.post("/v1/documents", files={"file": ("a.txt", b"A sentence. " * 200_000)}), 413)


@run
async def test_keys_let_in_and_rate_keeps_out():
    rag = small_rag()
    async with client(rag, api_keys=f"other,{KEY}", rate_limit=3) as http:
        for headers in ({}, {"X-API-Key": "wrong"}, {"Authorization": "Basic b3RoZXI="}):
            refused = await http.get("/v1/documents", headers=headers)
            problem(refused, 401)
            assert refused.headers["www-authenticate"].startswith("Bearer")
        problem(await http.get("/v1/documents"), 429)  # nor may keys be guessed at any speed
        for headers in ({"X-API-Key": KEY}, {"Authorization": f"Bearer {KEY}"}, {"authorization": f"bearer {KEY}"}):
            assert (await http.get("/v1/documents", headers=headers)).status_code == 200
        late = await http.get("/v1/documents", headers=WITH_KEY)
        problem(late, 429, "RAG_RATE_LIMIT")
        assert 1 <= int(late.headers["retry-after"]) <= 20
        assert (await http.get("/v1/documents", headers={"X-API-Key": "other"})).status_code == 200
        for path in ("/health", "/ready", "/openapi.json"):
            assert (await http.get(path)).status_code == 200
        problem(await http.get("/metrics"), 429)
    async with client(rag, api_keys=KEY) as http:
        problem(await http.get("/metrics"), 401)


@run
async def test_without_a_key_documents_cannot_be_changed():
    rag = small_rag()
    async with client(rag) as http:
        problem(await http.post("/v1/documents", json={"text": "A new text."}), 403, "RAG_API_KEYS")
        problem(await http.delete(f"/v1/documents/{next(iter(rag.documents))}"), 403, "RAG_API_KEYS")
        assert (await http.post("/v1/ask", json={"question": QUESTION})).status_code == 200
    assert len(rag.documents) == 3


@run
async def test_server_of_this_machine_answers_to_no_other_name():
    app = create_app(small_rag(), Settings(), hosts={"127.0.0.1", "localhost"})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://evil.example:8000") as http:
        problem(await http.get("/v1/documents"), 421)
        assert (await http.get("/v1/documents", headers={"Host": "localhost:8000"})).status_code == 200


@run
async def test_only_listed_origins_may_call_from_a_browser():
    ask = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key,content-type"}
    async with client(api_keys=KEY, cors="https://a.example/, https://b.example") as http:
        for origin, allowed in (("https://a.example", True), ("https://c.example", False), ("null", False)):
            asked = await http.options("/v1/ask", headers={"Origin": origin, **ask})
            assert (asked.status_code == 200, asked.headers.get("access-control-allow-origin") == origin) == (
                allowed,
                allowed,
            )
            refused = await http.post("/v1/ask", headers={"Origin": origin})  # an error can be read there too
            assert (refused.headers.get("access-control-allow-origin") == origin) == allowed
    with pytest.raises(RagError, match="RAG_CORS"):
        create_app(small_rag(), Settings(cors="*"))


@run
async def test_documents_come_and_go():
    rag = small_rag()
    async with client(rag, api_keys=KEY, headers=WITH_KEY) as http:
        note = {
            "name": "../../etc/note.md",
            "text": "# Harbour\n\nThe harbour was dredged in 1987.",
            "metadata": {"kind": "note"},
        }
        added = await http.post("/v1/documents", json=note)
        assert (added.status_code, added.json()["change"]) == (201, "added")
        document = added.json()["document"]
        assert (document["source"], document["title"], document["metadata"]) == ("note.md", "Harbour", {"kind": "note"})
        found = await http.post(
            "/v1/search", json={"question": "When was the harbour dredged?", "filters": {"kind": "note"}}
        )
        assert found.json()["hits"][0]["document_id"] == document["id"]
        again = await http.post("/v1/documents", json=note)
        assert (again.status_code, again.json()["change"], again.json()["passages_embedded"]) == (200, "unchanged", 0)
        file = {"file": ("..\\x/note.md", b"# Harbour\n\nThe harbour was dredged in 1999.")}
        changed = await http.post("/v1/documents", files=file, data={"metadata": '{"kind": "file"}'})
        assert (changed.status_code, changed.json()["change"]) == (201, "changed")
        same = await http.post("/v1/documents", files={"file": ("copy.md", file["file"][1])})
        assert (same.status_code, same.json()["change"]) == (200, "duplicate")
        assert same.json()["document"]["source"] == "note.md"
        chinese = await http.post(
            "/v1/documents", files={"file": ("港口.txt", "港口在一九八七年疏浚。".encode("gb18030"))}
        )
        id_ = chinese.json()["document"]["id"]
        whole = (await http.get(f"/v1/documents/{id_}")).json()
        assert (whole["source"], whole["text"]) == ("港口.txt", "港口在一九八七年疏浚。")
        plain = await http.get(f"/v1/documents/{id_}", headers={"Accept": "text/plain"})
        assert plain.text == whole["text"]
        assert (await http.delete(f"/v1/documents/{id_}")).status_code == 204
        problem(await http.delete(f"/v1/documents/{id_}"), 404)
        problem(await http.delete("/v1/documents/mill.md"), 404)  # a source is no id
        page = (await http.get("/v1/documents?limit=2&offset=1")).json()
        assert ([row["source"] for row in page["documents"]], page["total"]) == (["shop", "船.txt"], 4)


def test_names_of_files_are_names():
    assert clean_name("C:\\docs\\a\nb.txt") == "ab.txt"
    assert clean_name("/etc/passwd") == "passwd"
    assert clean_name("..") == ".."  # a name that is never opened
    assert clean_name("\ud800.txt") == "?.txt"
    long = clean_name("x" * 500 + ".pdf")
    assert (len(long), long[-4:]) == (200, ".pdf")


@run
async def test_request_ids_are_taken_over_where_they_are_safe():
    async with client() as http:
        assert (await http.get("/health", headers={"X-Request-ID": "job-7.a_B"})).headers["x-request-id"] == "job-7.a_B"
        for bad in ("a b", "x" * 65, '"}', "é"):
            made = (await http.get("/health", headers={"X-Request-ID": bad.encode()})).headers["x-request-id"]
            assert len(made) == 32
            assert made != bad


@run
async def test_logs_are_json_without_anybodys_text():
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(JsonLines().format(record))
    logging.getLogger("rag").addHandler(handler)
    logging.getLogger("rag").setLevel(logging.INFO)
    rag = small_rag()
    try:
        async with client(rag, api_keys=KEY, headers={**WITH_KEY, "X-Request-ID": "r-1"}) as http:
            await http.post("/v1/ask", json={"question": SECRET})
            await http.post("/v1/documents", json={"name": SECRET, "text": SECRET})
            await http.get(f"/v1/documents/{SECRET}?{SECRET}")
            rag._searcher = None  # a bug, whose traceback must not tell the question

            async def broken(*_):
                raise ValueError(SECRET)

            http._transport.app.state.service.find = broken
            reply = await http.post("/v1/ask", json={"question": SECRET})
            problem(reply, 500, "request id")
    finally:
        logging.getLogger("rag").removeHandler(handler)
    assert SECRET not in "".join(lines)
    requests = [json.loads(line) for line in lines]
    told = [(r["route"], r["status"], r["caller"], r["request_id"]) for r in requests if r["message"] == "request"]
    assert told == [
        ("/v1/ask", 200, "key 1", "r-1"),
        ("/v1/documents", 201, "key 1", "r-1"),
        ("/v1/documents/{id}", 404, "key 1", "r-1"),
        ("/v1/ask", 500, "key 1", "r-1"),
    ]
    (failure,) = [r for r in requests if r.get("exception")]
    assert (failure["exception"], "broken" in failure["at"][-1]) == ("ValueError", True)


@run
async def test_metrics_count_by_route():
    async with client() as http:
        await http.post("/v1/ask", json={"question": QUESTION})
        await http.post("/v1/ask", json={"question": "zzz qqq"})
        await http.get("/v1/documents/unknown-to-all")
        await http.get("/some/where")
        text = (await http.get("/metrics")).text
    assert 'rag_requests_total{method="POST",route="/v1/ask",status="200"} 2.0' in text
    assert 'rag_requests_total{method="GET",route="/v1/documents/{id}",status="404"} 1.0' in text
    assert 'rag_requests_total{method="GET",route="unmatched",status="404"} 1.0' in text
    assert 'rag_answers_total{origin="extractive",outcome="answered"} 1.0' in text
    assert 'rag_answers_total{origin="extractive",outcome="abstained"} 1.0' in text
    assert "rag_index_documents 3.0" in text
    assert 'rag_answer_stage_seconds_count{stage="search"} 2.0' in text
    assert "unknown-to-all" not in text


@run
async def test_not_ready_until_loaded():
    loading: Future[Rag] = Future()
    app = create_app(loading, Settings())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://rag") as http:
        assert (await http.get("/health")).json() == {"status": "ok"}
        waiting = await http.get("/ready")
        problem(waiting, 503, "being loaded")
        assert waiting.headers["retry-after"] == "2"
        problem(await http.post("/v1/ask", json={"question": QUESTION}), 503)
        assert "rag_ready 0.0" in (await http.get("/metrics")).text
        loading.set_result(small_rag())
        assert (await http.get("/ready")).json()["index"]["documents"] == 3


class SlowEmbedder(HashingEmbedder):
    """Holds questions or passages back while `held` is clear."""

    def __init__(self, held_task: str) -> None:
        self.held_task = held_task
        self.free = threading.Event()
        self.free.set()

    def embed_questions(self, texts):
        assert self.held_task != "questions" or self.free.wait(20)
        return super().embed_questions(texts)

    def embed_passages(self, texts, progress=None):
        assert self.held_task != "passages" or self.free.wait(20)
        return super().embed_passages(texts, progress)


@run
async def test_uploads_keep_nobody_waiting():
    embedder = SlowEmbedder("passages")
    rag = Rag.from_texts(TEXTS, embedder=embedder)
    async with client(rag, api_keys=KEY, headers=WITH_KEY, rate_limit=0) as http:
        embedder.free.clear()
        texts = [{"text": f"Text {n} is about something new."} for n in range(30)]
        uploads = [asyncio.create_task(http.post("/v1/documents", json=text)) for text in texts]
        await asyncio.sleep(0.1)
        asked = await asyncio.gather(*(http.post("/v1/ask", json={"question": QUESTION}) for _ in range(20)))
        assert {reply.json()["citations"][0]["document"] for reply in asked} == {"mill.md"}
        assert not any(upload.done() for upload in uploads)
        embedder.free.set()
        assert {(await upload).status_code for upload in uploads} == {201}
        assert (await http.get("/v1/documents")).json()["total"] == 33


@run
async def test_asking_never_blocks_the_loop():
    embedder = SlowEmbedder("questions")
    rag = Rag.from_texts(TEXTS, embedder=embedder)
    async with client(rag) as http:
        embedder.free.clear()
        asked = [asyncio.create_task(http.post("/v1/ask", json={"question": QUESTION})) for _ in range(50)]
        await asyncio.sleep(0.05)
        began = time.perf_counter()
        assert (await http.get("/health")).status_code == 200
        assert time.perf_counter() - began < 2
        embedder.free.set()
        answers = [(await each).json() for each in asked]
    assert len({json.dumps(answer["citations"]) for answer in answers}) == 1
    assert answers[0]["citations"]


@run
async def test_stream_is_closed_when_its_reader_goes():
    ended = threading.Event()

    def growing():
        try:
            yield from range(1000)
        finally:
            ended.set()

    work = Work()
    stream = work.iterate(work.quick, growing())
    assert await anext(stream) == 0
    await stream.aclose()
    assert ended.is_set()

    with anyio.move_on_after(0.2):
        ended.clear()
        async for _ in work.iterate(work.quick, growing()):
            await anyio.sleep(1)
    await asyncio.sleep(0.2)
    assert ended.is_set()


@run
async def test_slow_stream_tells_that_it_is_alive(monkeypatch):
    monkeypatch.setattr("rag.serving.http.work.IDLE_SECONDS", 0.02)

    def slow():
        time.sleep(0.1)
        yield "answer"

    work = Work()
    items = [item async for item in work.iterate(work.slow, slow())]
    assert items[0] is None
    assert items[-1] == "answer"


@run
async def test_overload_is_refused(monkeypatch):
    monkeypatch.setattr("rag.serving.http.work.MOST_WAITING", 5)
    embedder = SlowEmbedder("questions")
    rag = Rag.from_texts(TEXTS, embedder=embedder)
    async with client(rag) as http:
        embedder.free.clear()
        asked = []
        # As long as the embedder is held up, only a refusal can be done; a crowd that comes at once is all let in.
        while not any(each.done() for each in asked) and len(asked) < 90:
            asked.append(asyncio.create_task(http.post("/v1/search", json={"question": QUESTION})))
            await asyncio.sleep(0.02)
        embedder.free.set()
        replies = [await each for each in asked]
    refused = [reply for reply in replies if reply.status_code == 503]
    assert 0 < len(refused) < len(replies)
    problem(refused[0], 503, "too many")
    assert {reply.status_code for reply in replies} == {200, 503}


def test_mounted_in_an_app_with_paths_of_its_own():
    from fastapi import FastAPI

    app = FastAPI()
    app.mount("/documents", create_app(small_rag(), Settings(api_keys=KEY)))
    with serving(app) as url:
        assert httpx.get(f"{url}/documents/health").json() == {"status": "ok"}
        assert httpx.post(f"{url}/documents/v1/ask", json={"question": QUESTION}).status_code == 401
        asked = httpx.post(f"{url}/documents/v1/ask", json={"question": QUESTION}, headers=WITH_KEY)
        assert asked.json()["citations"]
        assert 'route="/v1/ask"' in httpx.get(f"{url}/documents/metrics", headers=WITH_KEY).text


def undescribed(model: type[BaseModel], value: dict) -> set[str]:
    """Fields of a reply that its description does not know."""
    return set(model.model_validate(value).model_extra or {})


def test_replies_are_described_whole():
    rag = small_rag()
    whole = answer_dict(rag.ask(QUESTION), rag.index)
    assert set(replies.AnswerReply.model_fields) == set(whole)
    for model, value in (
        (replies.HitReply, whole["hits"][0]),
        (replies.CitationReply, whole["citations"][0]),
        (replies.SentenceReply, whole["sentences"][0]),
        (replies.IndexReply, whole["index"]),
    ):
        assert undescribed(model, value) == set()


@run
async def test_widget_is_small_open_to_all_and_cached():
    async with client(api_keys=KEY) as http:
        reply = await http.get("/widget.js")
        again = await http.get("/widget.js", headers={"If-None-Match": reply.headers["etag"]})
    assert (reply.status_code, again.status_code, again.content) == (200, 304, b"")
    assert reply.headers["content-type"] == "text/javascript; charset=utf-8"
    assert reply.headers["cache-control"] == "public, max-age=300"
    assert len(reply.content) < 30_000
