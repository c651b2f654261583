"""What the server refuses before and while it runs, without a browser."""

import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from ui_fakes import CORPUS, FakeRag, free_port, serving

from rag.errors import BadSetting
from rag.serving.browser.offer import parse_users
from rag.serving.browser.serve import start
from rag.serving.http.serve import BadServer, is_loopback

ROOT = Path(__file__).parents[2]


def fetch(url, host=None, method="GET"):
    request = urllib.request.Request(url, headers={"Host": host} if host else {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.status, reply.headers, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def test_loopback():
    assert all(map(is_loopback, ["127.0.0.1", "127.1.2.3", "localhost", "::1", "[::1]"]))
    assert not any(map(is_loopback, ["0.0.0.0", "::", "192.168.1.4", "example.org", ""]))


def test_beyond_loopback_needs_users():
    with pytest.raises(BadSetting, match="RAG_UI_USERS"):
        start(lambda: None, "0.0.0.0", 1)


def test_users():
    assert parse_users("") == []
    assert parse_users("ann:secret, bob:a:b,") == [("ann", "secret"), ("bob", "a:b")]
    for wrong in ("ann", "ann:", ":secret", "ann:x,hunter2"):
        with pytest.raises(BadSetting, match="RAG_UI_USERS") as error:
            parse_users(wrong)
        assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_does_not_exist(port):
    with pytest.raises(BadSetting, match=f"port {port}"):
        start(lambda: None, "127.0.0.1", port)


def test_a_taken_port_is_one_line(address):
    port = int(address.rstrip("/").rsplit(":", 1)[1])
    with pytest.raises(BadServer, match=rf"127\.0\.0\.1:{port}.*--port {port + 1}"):
        start(lambda: FakeRag([]), "127.0.0.1", port)


@pytest.mark.parametrize(
    "path",
    [
        f"gradio_api/file={CORPUS}",
        "gradio_api/file=/etc/passwd",
        "gradio_api/proxy=https://huggingface.co/",
        "gradio_api/upload",
        "gradio_api/info",
        "gradio_api/openapi.json",
        "gradio_api/call/answer",
        "gradio_api/run/answer",
        "monitoring",
        "docs",
        "llms.txt",
        "assets/../../../../etc/passwd",
        "static/%2e%2e/%2e%2e/%2e%2e/routes.py",
    ],
)
def test_only_what_the_page_needs_is_served(address, path):
    status, _, body = fetch(address + path)
    assert status in (403, 404)
    assert b"root:" not in body


def test_a_strangers_name_for_this_server_is_refused(address):
    assert fetch(address)[0] == 200
    assert fetch(address, host="localhost:1234")[0] == 200
    for name in ("evil.example", "127.0.0.1.evil.example", "evil.example:7860"):
        assert fetch(address, host=name)[0] == 421


def test_the_page_forbids_what_did_not_come_with_it(address):
    _, headers, body = fetch(address)
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy and "script-src 'self' 'nonce-" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    nonce = policy.split("'nonce-")[1].split("'")[0]
    assert body.count(b"<script") == body.count(f'<script nonce="{nonce}"'.encode()) > 1
    assert nonce not in fetch(address)[1]["content-security-policy"]
    assert b"fonts.googleapis" not in body and b"cdnjs" not in body


def test_with_users_nothing_is_shown_before_the_log_in():
    with serving(lambda: FakeRag([CORPUS]), "ann:secret") as url:
        status, _, body = fetch(url)
        assert status == 200 and b"auth_required" in body and b"open_document" not in body
        assert fetch(url + "config")[0] == 401
        assert fetch(url + "gradio_api/component_server", method="POST")[0] == 401


def run_ui(*arguments):
    return subprocess.run([sys.executable, "ui.py", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_a_missing_index_is_one_line_with_the_command(tmp_path):
    run = run_ui("--index", str(tmp_path / "nothing"))
    assert run.returncode == 1 and run.stdout == ""
    assert run.stderr.count("\n") == 1
    assert "no index" in run.stderr and f"rag ingest PATH… --index {tmp_path / 'nothing'}" in run.stderr


def test_a_damaged_index_ends_the_server_with_one_line(tmp_path):
    (tmp_path / "manifest.json").write_text("{}")
    run = run_ui("--index", str(tmp_path), "--port", str(free_port()))
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1 and "index" in run.stderr
