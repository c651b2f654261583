"""`rag serve` with the real model: how soon it is ready, and 50 who ask at once.

SERVING_SECONDS is how long they ask: 5 unless it says otherwise, 60 for what is published.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from rag import Rag
from rag.index.store import write_index

pytestmark = pytest.mark.model

CORPUS = Path(__file__).resolve().parents[2] / "ingest" / "corpus"
QUESTIONS = (
    "北京有多少所高校？",
    "How many universities are there in Beijing?",
    "国家实验室有几个？",
    "谁写的？",
    "你好",
)
SECONDS = float(os.environ.get("SERVING_SECONDS", "5"))
START = "from rag.cli import program; program()"
ASKERS = 50
READY_SECONDS = 8.0
GROWTH = 1.05


@pytest.fixture(scope="module")
def server(tmp_path_factory, embedder):
    folder = tmp_path_factory.mktemp("served") / "index"
    log = folder.with_name("log")  # a pipe that nobody reads would stop the server
    write_index(Rag.from_texts(CORPUS, embedder=embedder).index, folder)
    began = time.perf_counter()
    with log.open("w") as lines:
        command = [sys.executable, "-c", START, "serve", "--index", str(folder), "--port", "0"]
        done = subprocess.Popen(command, stderr=lines)
    try:
        while '"ready"' not in log.read_text():
            assert done.poll() is None, log.read_text()
            time.sleep(0.02)
        told = json.loads(log.read_text().splitlines()[0])
        seconds = time.perf_counter() - began
        yield f"http://127.0.0.1:{told['port']}", seconds, computed(done.pid), done.pid
    finally:
        done.send_signal(signal.SIGTERM)
        done.wait(timeout=30)


def computed(pid: int) -> float:
    """Seconds that processors have spent on the process, its threads and the system's part of it included."""
    status = Path(f"/proc/{pid}/stat")
    if not status.exists():
        pytest.skip("times are read from /proc")
    after_name = status.read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> int:
    """Bytes of memory that the process holds."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        pytest.skip("memory is read from /proc")
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) * 1024


def test_ready_soon(server):
    _, seconds, computed, _ = server
    print(f"\nready after {seconds:.1f} s, of which the processors computed {computed:.1f} s")
    # What it computes, on two processors: by the clock it is also what other programs take.
    assert computed < 2 * READY_SECONDS


async def ask_for(url: str, seconds: float) -> tuple[list[float], list[str], set[tuple[str, str]]]:
    """Seconds of each answer, what went wrong, and what was cited for each question."""
    times: list[float] = []
    failures: list[str] = []
    cited: set[tuple[str, str]] = set()
    end = time.monotonic() + seconds

    async def asker(http: httpx.AsyncClient, first: int) -> None:
        n = first
        while time.monotonic() < end:
            question = QUESTIONS[n % len(QUESTIONS)]
            n += 1
            began = time.perf_counter()
            try:
                reply = await http.post("/v1/ask", json={"question": question})
                reply.raise_for_status()
                cited.add((question, json.dumps(reply.json()["citations"], sort_keys=True)))
            except httpx.HTTPError as error:
                failures.append(repr(error))
            times.append(time.perf_counter() - began)

    limits = httpx.Limits(max_connections=ASKERS)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as http:
        await asyncio.gather(*(asker(http, n) for n in range(ASKERS)))
    return times, failures, cited


def test_fifty_at_once_lose_nothing_and_leak_nothing(server):
    url, _, _, pid = server
    asyncio.run(ask_for(url, min(SECONDS, 10)))  # threads, buffers and allocators fill first
    before = resident(pid)
    times, failures, cited = asyncio.run(ask_for(url, SECONDS))
    after = resident(pid)
    times.sort()
    print(
        f"\n{len(times)} answers in {SECONDS:g} s ({len(times) / SECONDS:.0f} a second), median "
        f"{times[len(times) // 2]:.2f} s, 95 % within {times[int(len(times) * 0.95)]:.2f} s, {len(failures)} lost; "
        f"{before / 1e6:.0f} MB → {after / 1e6:.0f} MB ({after / before - 1:+.1%})"
    )
    assert failures == []
    assert len(times) >= ASKERS
    assert len(cited) == len(QUESTIONS)  # every time the same
    assert after < before * GROWTH
