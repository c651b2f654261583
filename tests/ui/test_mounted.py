"""The chat in the process of the REST server: one index, one load, and a gate for each."""

import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from pathlib import Path

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "serving"))

from serving_fakes import KEY, serving, small_rag
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount, Route
from ui_fakes import CORPUS, FakeRag, free_port

from rag import Settings
from rag.errors import BadSetting
from rag.serving.http import create_app

QUESTION = "设施平台一共有多少个？"


@pytest.fixture
def settings(tmp_path):
    return Settings(index=str(tmp_path / "index"), reports=str(tmp_path / "reports"))


def loaded(rag):
    future = Future()
    future.set_result(rag)
    return future


@pytest.mark.browser
@pytest.mark.parametrize("prefix", ["", "/deep"])
def test_the_page_works_below_a_path(open_page, ask, settings, prefix, eventually):
    rag = FakeRag([CORPUS])
    app = create_app(loaded(rag), settings, chat=True)
    icon = Route("/favicon.ico", lambda _request: Response(status_code=204))
    with serving(Starlette(routes=[icon, Mount(prefix, app)]) if prefix else app) as url:
        page = open_page(f"{url}{prefix}/chat")
        assert page.url == f"{url}{prefix}/chat/"
        turn = ask(page, QUESTION)
        turn.locator(".citation").first.click()
        page.locator("#reader mark").first.wait_for()
        page.locator("#documents input[type=file]").set_input_files(
            {"name": "quay.txt", "mimeType": "text/plain", "buffer": "码头的船停在东边。".encode()}
        )
        eventually(lambda: any(each.source == "quay.txt" for each in rag.documents.values()))
        page.close()


@pytest.mark.browser
def test_who_logs_in_needs_no_key_and_a_program_needs_its_own(open_page, ask, settings):
    settings = Settings(index=settings.index, api_keys=KEY, ui_users="ann:open sesame", rate_limit=3)
    rag = FakeRag([CORPUS])
    with serving(create_app(loaded(rag), settings, chat=True)) as url:
        assert httpx.get(f"{url}/v1/models").status_code == 401
        page = open_page(f"{url}/chat/", ready="input[type=password]")
        page.locator("input").first.fill("ann")
        page.locator("input[type=password]").fill("open sesame")
        page.locator("button", has_text="Login").or_(page.locator("button", has_text="登录")).click()
        page.wait_for_selector(".examples:visible")
        assert page.url == f"{url}/chat/"
        assert ask(page, QUESTION).locator(".citation").count() == 2
        page.close()


def test_what_is_said_in_the_one_is_known_in_the_other(settings):
    rag = small_rag()
    with serving(create_app(rag, settings, chat=True)) as url:
        rag.add({"boat.txt": "The boat is moored at the east quay."})
        found = httpx.post(f"{url}/v1/search", json={"question": "Where is the boat moored?"}).json()
        assert "boat" in str(found)
        assert httpx.get(f"{url}/chat/").status_code == 200


@pytest.mark.parametrize("path", ["gradio_api/info", "gradio_api/upload", "gradio_api/file=/etc/passwd", "docs"])
def test_the_page_is_guarded_there_too(settings, path):
    with serving(create_app(small_rag(), settings, chat=True, hosts={"127.0.0.1"})) as url:
        assert httpx.get(f"{url}/chat/{path}").status_code in (403, 404)
        assert httpx.get(f"{url}/chat/", headers={"Host": "evil.example"}).status_code == 421
        joined = f"{url}/chat/gradio_api/queue/join"
        assert httpx.post(joined, headers={"Origin": "https://evil.example"}).status_code == 403
        large = httpx.post(joined, content=b"x" * 1_000_001)
        assert large.status_code == 413
        assert "script-src 'self' 'nonce-" in httpx.get(f"{url}/chat/").headers["content-security-policy"]


def test_without_it_there_is_no_page(settings):
    with serving(create_app(small_rag(), settings)) as url:
        assert httpx.get(f"{url}/chat/").status_code == httpx.get(f"{url}/chat").status_code == 404


def test_read_only_takes_no_file(settings):
    with serving(create_app(small_rag(), settings, chat=True, read_only=True)) as url:
        reply = httpx.post(f"{url}/chat/upload?name=a.txt", content=b"a text")
        assert (reply.status_code, reply.json()) == (403, {"refused": "readOnly"})


def test_keys_without_log_ins_would_be_a_back_door():
    with pytest.raises(BadSetting, match="RAG_UI_USERS"):
        create_app(small_rag(), Settings(api_keys=KEY), chat=True)


@pytest.mark.browser
def test_a_page_left_open_does_not_hold_the_server_up(open_page, tmp_path):
    port = free_port()
    program = (
        "import sys; sys.path[:0] = ['tests/serving', 'tests']\n"
        "from serving_fakes import small_rag\n"
        "from rag import Settings\n"
        "from rag.serving.http.serve import serve\n"
        f"serve(small_rag, '127.0.0.1', {port}, Settings(index={str(tmp_path / 'index')!r}), chat=True)\n"
    )
    command = [sys.executable, "-c", program]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, text=True, env=dict(os.environ)) as server:
        lines = iter(server.stderr.readline, "")
        ready = next(line for line in lines if '"ready"' in line or "ready" in line)
        assert re.search(r"/chat", ready)
        open_page(f"http://127.0.0.1:{port}/chat/", locale="en-GB", ready="#send")
        time.sleep(0.5)
        began = time.monotonic()
        server.send_signal(signal.SIGTERM)
        server.stderr.read()
        server.wait(20)
        assert time.monotonic() - began < 10
