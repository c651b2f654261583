"""How files come to the server, over HTTP and without a browser."""

import http.client
import json
import socket
import time
import urllib.parse

import pytest
from ui_fakes import CORPUS, FakeRag, serving

from rag.serving.browser.places import Places


@pytest.fixture
def rag():
    return FakeRag([CORPUS])


@pytest.fixture
def address(rag):
    with serving(lambda: rag, max_file_mb=0.01) as url:
        yield url


def send(address, name, data=b"Some text.", path="upload", **headers):
    parts = urllib.parse.urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    query = "?" + urllib.parse.urlencode({"name": name}) if name is not None else ""
    connection.request("POST", f"/{path}{query}", data, {n.replace("_", "-"): v for n, v in headers.items()})
    reply = connection.getresponse()
    body = reply.read()
    connection.close()
    return reply.status, json.loads(body) if body[:1] == b"{" else body


def names(rag, more=1):
    end = time.monotonic() + 10
    while len(rag.documents) < 1 + more and time.monotonic() < end:
        time.sleep(0.02)
    return [document.source for document in rag.documents.values()][1:]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("note.txt", "note.txt"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\ann\\笔记.txt", "笔记.txt"),
        ("/etc/cron.d/<img src=x onerror=alert(1)>.txt", "<img src=x onerror=alert(1)>.txt"),
        ("a\0b\r\nc\u202e.txt", "abc.txt"),
    ],
)
def test_a_name_is_a_name(address, rag, sent, kept):
    assert send(address, sent)[0] == 202
    assert names(rag) == [kept]


@pytest.mark.parametrize("name", [None, "", "/", "..", ".", "\0", "a/"])
def test_without_a_name_nothing_is_taken(address, rag, name):
    status, answer = send(address, name)
    if status == 202:  # ".." is a name without a type, and fails as one
        assert name in ("..", ".", "a/")
    else:
        assert (status, answer) == (400, {"refused": "incomplete"})
    time.sleep(0.2)
    assert names(rag, 0) == []


def test_too_large_is_refused_before_it_is_read(address, rag):
    assert send(address, "a.txt", b"x" * 10_000)[0] == 202
    assert send(address, "b.txt", b"x" * 10_001)[0] == 413
    # Who tells no size is not listened to, and who sends more than was told neither.
    parts = urllib.parse.urlsplit(address)
    for head in ("Transfer-Encoding: chunked\r\n\r\n" + "2710\r\n" + "x" * 10_000 + "\r\n" * 1, "\r\n"):
        with socket.create_connection((parts.hostname, parts.port), timeout=10) as line:
            line.sendall(f"POST /upload?name=c.txt HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}".encode())
            assert line.recv(100).split()[1] == b"400"
    assert names(rag) == ["a.txt"]


def test_no_other_request_may_be_large(address):
    assert send(address, None, b"x" * 1_000_001, path="gradio_api/queue/join")[0] == 413
    assert send(address, None, b"{}", path="gradio_api/queue/join")[0] == 422


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "cross-site", "Origin": "http://127.0.0.1"},
    ],
)
@pytest.mark.parametrize("path", ["upload", "gradio_api/component_server", "gradio_api/queue/join"])
def test_another_sites_page_cannot_send(address, rag, headers, path):
    assert send(address, "a.txt", path=path, **headers)[0] == 403
    assert names(rag, 0) == []


def test_the_page_itself_and_programs_can_send(address, rag):
    own = address.rstrip("/")
    for n, headers in enumerate([{"Origin": own}, {"Sec_Fetch_Site": "same-origin", "Origin": own}, {}]):
        assert send(address, f"{n}.txt", f"Text {n}.".encode(), **headers)[0] == 202
    assert names(rag, 3) == ["0.txt", "1.txt", "2.txt"]


def test_behind_a_proxy_the_page_is_known_by_the_proxys_name():
    rag = FakeRag([CORPUS])
    with serving(lambda: rag, "ann:secret") as url:
        proxied = {"Origin": "https://chat.example", "X_Forwarded_Host": "chat.example"}
        assert send(url, "a.txt", **proxied)[0] == 401
        assert send(url, "a.txt", Origin="https://chat.example")[0] == 403


def test_read_only_refuses_files():
    rag = FakeRag([CORPUS])
    with serving(lambda: rag, read_only=True) as url:
        assert send(url, "a.txt") == (403, {"refused": "readOnly"})
    assert names(rag, 0) == []


def test_nothing_is_on_disk_before_during_or_after(address, rag, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    opened = []
    monkeypatch.setattr("builtins.open", lambda *a, real=open, **k: (opened.append(str(a[0])), real(*a, **k))[1])
    assert send(address, "secret-plan.txt", b"The plan is a plan.")[0] == 202
    assert names(rag) == ["secret-plan.txt"]
    assert list(tmp_path.rglob("*")) == [] and not [path for path in opened if "secret-plan" in path]


def test_with_log_ins_files_are_taken_from_who_has_logged_in():
    rag = FakeRag([CORPUS])
    with serving(lambda: rag, "ann:open sesame", places=Places()) as url:
        assert send(url, "a.txt") == (401, {"refused": "login"})
        assert send(url, "a.txt", Cookie="access-token-x=y; access-token-unsecure-x=y") == (401, {"refused": "login"})
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
        form = urllib.parse.urlencode({"username": "ann", "password": "open sesame"})
        connection.request("POST", "/login", form, {"Content-Type": "application/x-www-form-urlencoded"})
        reply = connection.getresponse()
        cookies = [v.split(";")[0] for n, v in reply.getheaders() if n.lower() == "set-cookie"]
        assert reply.status == 200 and cookies
        assert send(url, "a.txt", Cookie="; ".join(cookies))[0] == 202
        assert names(rag) == ["a.txt"]
