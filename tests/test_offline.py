"""The guard itself: what it refuses, what it lets through."""

import asyncio
import json
import socket
import urllib.request

import offline_guard
import pytest

from rag.cli import main


@pytest.fixture
def off_the_record(offline):  # noqa: ARG001 - must end before the guard that would count these refusals
    before = len(offline_guard.attempts)
    yield
    del offline_guard.attempts[before:]


@pytest.mark.usefixtures("off_the_record")
class TestRefused:
    @pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80)])
    def test_address(self, address):
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        with socket.socket(family) as outside, pytest.raises(offline_guard.OutsideConnectionError, match=address[0]):
            outside.connect(address)
        with socket.socket(family) as outside, pytest.raises(offline_guard.OutsideConnectionError):
            outside.connect_ex(address)

    def test_datagram(self):
        with (
            socket.socket(type=socket.SOCK_DGRAM) as outside,
            pytest.raises(offline_guard.OutsideConnectionError),
        ):
            outside.sendto(b"x", ("192.0.2.1", 53))

    def test_name(self):
        with pytest.raises(offline_guard.OutsideConnectionError, match=r"example\.org"):
            socket.getaddrinfo("example.org", 443)
        with pytest.raises(OSError, match="refused"):
            urllib.request.urlopen("http://example.org", timeout=1)

    def test_asyncio(self):
        with pytest.raises(offline_guard.OutsideConnectionError):
            asyncio.run(asyncio.open_connection("192.0.2.1", 80))

    def test_attempts_are_recorded(self):
        before = len(offline_guard.attempts)
        with socket.socket() as outside, pytest.raises(OSError, match="offline"):
            outside.connect(("192.0.2.1", 80))
        assert offline_guard.attempts[before:] == ["socket.connect 192.0.2.1"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_works(host):
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection((host, server.getsockname()[1]), timeout=5).close()


def test_unix_socket_works(tmp_path):
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(path)
        server.listen()
        client.connect(path)


@pytest.mark.model
def test_ingest_and_ask_end_to_end(embedder, tmp_path, capsys, monkeypatch):  # noqa: ARG001 - the model is loaded once
    """What the autouse fixture counts here are the attempts of the whole command."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "城.txt").write_text("这座城市有九十六所高校。城里的河叫清水河，长三十公里。\n", "utf-8")
    assert main(["ingest", "城.txt"]) == 0
    capsys.readouterr()
    assert main(["ask", "城里的河有多长？", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["hits"][0]["text"].endswith("城里的河叫清水河，长三十公里。")
    assert answer["language"] == "zh"
    assert offline_guard.attempts == []
