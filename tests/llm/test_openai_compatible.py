"""The client of language models, against a server that behaves as badly as servers do."""

import itertools
import json
import subprocess
import sys
import threading
import time

import pytest
from llm_server import Reply, ScriptedServer, event, letters

from rag.errors import BadSetting
from rag.llm.generator import LlmCut, LlmFailed, Message
from rag.llm.openai_compatible import LONGEST, OpenAICompatible
from rag.settings import Settings

KEY = "sk-very-secret-4711"
ASK = [Message("system", "rules"), Message("user", "question?")]


def model(server, **options):
    given = {"connect_seconds": 2, "first_seconds": 5, "next_seconds": 2, "total_seconds": 10} | options
    return OpenAICompatible(server.url, "m", KEY, **given)


def said(server, **options):
    return "".join(model(server, **options).stream(ASK))


def test_pieces_come_as_they_are_sent():
    with ScriptedServer(Reply(letters("湖深十二米。[1]"))) as server:
        pieces = list(model(server).stream(ASK))
        assert pieces == ["湖深十", "二米。", "[1]"]
        ((path, body),) = server.requests
    assert path == "/v1/chat/completions"
    assert body["messages"] == [{"role": "system", "content": "rules"}, {"role": "user", "content": "question?"}]
    assert (body["model"], body["stream"], body["temperature"]) == ("m", True, 0.0)


def test_nothing_is_told_about_this_machine(monkeypatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-private")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody-else")
    with ScriptedServer(Reply("yes")) as server:
        "".join(OpenAICompatible(server.url, "m").stream(ASK))
        (headers,) = server.headers
    told = {name.lower(): value for name, value in headers.items()}
    assert not [name for name in told if name.startswith(("x-stainless", "openai-"))]
    assert told["user-agent"] == "cited-rag"
    assert told["authorization"] == "Bearer none"


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    with ScriptedServer(Reply("yes")) as server:
        assert said(server) == "yes"


def test_reasoning_is_left_out_but_counts_as_life():
    thinking = [part for n in range(6) for part in (0.1, event({"reasoning_content": f"hm {n}"}))]
    with ScriptedServer(Reply([*thinking, "Twelve."])) as server:
        assert said(server, next_seconds=0.4) == "Twelve."


class TestRetries:
    def test_a_refusal_that_passes(self):
        busy = Reply(status=429, body='{"error": {"message": "slow down"}}', headers={"retry-after": "0.2"})
        with ScriptedServer(busy, Reply(status=503), Reply("fine")) as server:
            began = time.monotonic()
            assert said(server) == "fine"
            assert time.monotonic() - began >= 0.2
            assert len(server.requests) == 3

    def test_no_more_than_allowed(self):
        with ScriptedServer(Reply(status=500)) as server:
            with pytest.raises(LlmFailed):
                said(server, retries=1)
            assert len(server.requests) == 2

    def test_a_server_that_asks_for_more_time_than_there_is(self):
        with ScriptedServer(Reply(status=429, headers={"retry-after": "100"})) as server:
            began = time.monotonic()
            with pytest.raises(LlmFailed):
                said(server)
            assert time.monotonic() - began < 2

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
    def test_what_would_fail_again_is_not_repeated(self, status):
        body = json.dumps({"error": {"message": f"Incorrect API key provided: {KEY}"}})
        with ScriptedServer(Reply(status=status, body=body)) as server:
            with pytest.raises(LlmFailed) as caught:
                said(server)
            assert len(server.requests) == 1
        assert KEY not in str(caught.value) and "\n" not in str(caught.value)
        assert caught.value.__cause__ is None and caught.value.__suppress_context__
        assert ("RAG_LLM_API_KEY" in str(caught.value)) is (status in (401, 403))

    def test_not_after_the_first_token(self):
        with ScriptedServer(Reply(["Twelve "], dies=True), Reply("metres")) as server:
            pieces = []
            with pytest.raises(LlmFailed):
                pieces.extend(model(server).stream(ASK))
            assert len(server.requests) == 1

    def test_a_model_that_takes_no_temperature(self):
        refusal = Reply(status=400, body='{"error": {"message": "Unsupported value: \'temperature\'"}}')
        with ScriptedServer(refusal, Reply("warm")) as server:
            assert said(server) == "warm"
            assert ["temperature" in body for _, body in server.requests] == [True, False]


class TestTime:
    def late(self, server, least, most, **options):
        began = time.monotonic()
        with pytest.raises(LlmFailed, match="took too long"):
            said(server, **options)
        assert least <= time.monotonic() - began < most

    def test_first_token(self):
        with ScriptedServer(Reply([3.0, "late"])) as server:
            self.late(server, 0.3, 2, first_seconds=0.3)

    def test_first_byte(self):
        def sleepy(_body):
            time.sleep(3)
            return Reply("late")

        with ScriptedServer(sleepy) as server:
            self.late(server, 0.3, 2, first_seconds=0.3)
            assert len(server.requests) == 1

    def test_signs_of_life_are_no_tokens(self):
        pings = [part for _ in range(40) for part in (0.1, b": ping\n\n")]
        with ScriptedServer(Reply([*pings, "late"])) as server:
            self.late(server, 0.4, 2, first_seconds=0.4)

    def test_next_token(self):
        with ScriptedServer(Reply(["one ", 3.0, "two"])) as server:
            self.late(server, 0.3, 2, next_seconds=0.3)

    def test_whole_reply(self):
        with ScriptedServer(Reply([part for _ in range(100) for part in ("a ", 0.05)])) as server:
            self.late(server, 0.5, 2, total_seconds=0.5)

    def test_a_server_that_is_not_there(self):
        with ScriptedServer(Reply("x")) as server:
            gone = model(server, retries=0)
        began = time.monotonic()
        with pytest.raises(LlmFailed, match=r"the language model m at 127\.0\.0\.1:\d+ failed"):
            list(gone.stream(ASK))
        assert time.monotonic() - began < 2


class TestGarbage:
    @pytest.mark.parametrize(
        "data",
        [
            b"data: {not json\n\n",
            b"data: \xff\xfe\xff\n\n",
            b'data: {"error": {"message": "out of memory"}}\n\n',
            b"<html>Bad gateway</html>",
        ],
    )
    def test_is_a_failure(self, data):
        with ScriptedServer(Reply(["fine so far", data], finish=None)) as server, pytest.raises(LlmFailed):
            said(server)

    @pytest.mark.parametrize(
        "data",
        [
            b'data: {"choices": []}\n\n',
            b'data: {"choices": "none"}\n\n',
            b'data: {"choices": [{"delta": {"content": 7}}]}\n\n',
            b'data: {"choices": [{"delta": null}]}\n\n',
            b"data: 12\n\n",
            b"data: []\n\n",
            b'data: {"usage": {"total_tokens": 3}}\n\n',
        ],
    )
    def test_a_strange_chunk_says_nothing(self, data):
        with ScriptedServer(Reply(["a", data, "b"])) as server:
            assert said(server) == "ab"

    @pytest.mark.parametrize(
        "reply", [Reply("half", finish=None), Reply("half", dies=True), Reply("half", finish="content_filter")]
    )
    def test_half_a_reply_is_a_failure(self, reply):
        with ScriptedServer(reply) as server, pytest.raises(LlmFailed) as caught:
            said(server)
        assert not isinstance(caught.value, LlmCut)

    def test_out_of_tokens(self):
        pieces = []
        with ScriptedServer(Reply("as far as", finish="length")) as server, pytest.raises(LlmCut):
            pieces.extend(model(server).stream(ASK))

    def test_endless_output_is_cut(self):
        with ScriptedServer(Reply(itertools.repeat("blah " * 100))) as server:
            text = ""
            with pytest.raises(LlmCut):
                for piece in model(server).stream(ASK):
                    text += piece
            assert LONGEST < len(text) <= LONGEST + 500
            assert server.hung_up.wait(2)


def test_closing_the_iterator_hangs_up():
    with ScriptedServer(Reply(itertools.cycle(["word ", 0.01]))) as server:
        stream = model(server).stream(ASK)
        assert next(stream) == "word "
        stream.close()
        assert server.hung_up.wait(2)
        assert server.sent < 100
        assert not [t for t in threading.enumerate() if t.name == "llm-watch" and t.is_alive() and not t.daemon]


def test_two_at_once_do_not_mix():
    def echo(body):
        return Reply([part for _ in range(10) for part in (body["messages"][-1]["content"], 0.01)])

    with ScriptedServer(echo) as server:
        shared, heard = model(server), {}

        def ask(name):
            heard[name] = "".join(shared.stream([Message("user", name)]))

        threads = [threading.Thread(target=ask, args=(name,)) for name in ("a", "b", "c")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert heard == {name: name * 10 for name in ("a", "b", "c")}


def test_nothing_is_loaded_before_it_is_asked():
    code = (
        "import sys, rag.rag, rag.answering.answerer; from rag import OpenAICompatible\n"
        "OpenAICompatible('http://127.0.0.1:9/v1', 'm').stream([])\n"
        "print([name for name in ('openai', 'httpx2', 'xllamacpp') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


class TestSettings:
    def test_the_key_is_nowhere_to_be_seen(self, caplog):
        with caplog.at_level("DEBUG"), ScriptedServer(Reply("yes")) as server:
            generator = model(server)
            "".join(generator.stream(ASK))
        assert KEY not in repr(generator) and KEY not in caplog.text

    @pytest.mark.parametrize(
        ("url", "name", "key", "named"),
        [
            ("", "m", "", "RAG_LLM_BASE_URL"),
            ("localhost:11434", "m", "", "RAG_LLM_BASE_URL"),
            ("http://me:secret@host/v1", "m", "", "RAG_LLM_BASE_URL"),
            ("http://host/v1", " ", "", "RAG_LLM_MODEL"),
            ("http://host/v1", "m", "secret with space", "RAG_LLM_API_KEY"),
            ("http://host/v1", "m", "secret钥匙", "RAG_LLM_API_KEY"),
        ],
    )
    def test_what_no_request_can_be_made_of(self, url, name, key, named):
        with pytest.raises(BadSetting, match=named) as caught:
            OpenAICompatible(url, name, key)
        assert "secret" not in str(caught.value)

    def test_an_address_as_people_write_it(self):
        assert OpenAICompatible("http://h/v1/chat/completions", "m").base_url == "http://h/v1"
        assert OpenAICompatible(" http://h/v1/ ", "m", " key\n").api_key == "key"

    def test_from_the_environment(self):
        read = Settings.from_environment
        assert OpenAICompatible.from_settings(read({})) is None
        named = {"RAG_LLM_BASE_URL": "http://h/v1", "RAG_LLM_MODEL": "m", "RAG_LLM_API_KEY": KEY}
        settings = read(named | {"RAG_LLM_CONTEXT": "8192", "RAG_LLM_FIRST_SECONDS": "9", "RAG_LLM_RETRIES": "0"})
        found = OpenAICompatible.from_settings(settings)
        assert (found.base_url, found.model, found.api_key) == ("http://h/v1", "m", KEY)
        assert (found.context_tokens, found.first_seconds, found.retries) == (8192, 9.0, 0)
        assert KEY not in repr(settings)
        for alone in ("RAG_LLM_MODEL", "RAG_LLM_API_KEY"):
            with pytest.raises(BadSetting, match=f"^{alone} .*RAG_LLM_BASE_URL") as caught:
                OpenAICompatible.from_settings(read({alone: named[alone]}))
            assert KEY not in str(caught.value)
        with pytest.raises(BadSetting, match="RAG_LLM_CONTEXT"):
            read({"RAG_LLM_CONTEXT": "10"})
