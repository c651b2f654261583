"""The browser chat with the real model: twenty who ask at once, through the server's own queue.

CHAT_ROUNDS is how many questions each asks in turn: 5 unless it says otherwise.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from asker import Asker, Page, quotes_of, run, text_of
from questions import read_questions

from rag import Rag
from rag.index.store import write_index

pytestmark = pytest.mark.model

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = 20
ROUNDS = int(os.environ.get("CHAT_ROUNDS", "5"))
P95_SECONDS = 3.0
FIRST_SECONDS, VISITORS = 1.0, 7
SHARE, LONE = 1.5, 9
"""Twenty may take this much longer than twenty times one alone, who asks this many questions."""


@pytest.fixture(scope="module")
def rag(embedder):
    return Rag.from_texts(ROOT / "ingest" / "corpus", embedder=embedder)


@pytest.fixture(scope="module")
def url(rag, tmp_path_factory):
    folder = tmp_path_factory.mktemp("chat")
    write_index(rag.index, folder / "index")
    log = folder / "log"
    port = 7870 + os.getpid() % 1000
    command = [sys.executable, "ui.py", "--index", str(folder / "index"), "--port", str(port)]
    with log.open("w") as lines:
        done = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONUNBUFFERED": "1"}, stdout=lines)
    try:
        while "warm" not in log.read_text():
            assert done.poll() is None, log.read_text()
            time.sleep(0.05)
        time.sleep(3)  # the example questions are found first
        yield f"http://127.0.0.1:{port}/"
    finally:
        done.send_signal(signal.SIGINT)
        done.wait(timeout=30)


async def ask_all(url, talks):
    """For each talk its turns and the seconds of each."""
    limits = httpx.Limits(max_connections=2 * PEOPLE)
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits) as http:
        page = await Page.of(http)

        async def person(questions):
            asker, heard = Asker(http, page), []
            for question in questions:
                began = time.perf_counter()
                turn = await asker.ask(question)
                heard.append((turn, time.perf_counter() - began))
            return heard

        return await asyncio.gather(*map(person, talks))


def percentile(heard):
    """Seconds within which 95 % were answered, which it prints."""
    seconds = sorted(each for talk in heard for _, each in talk)
    p95 = seconds[int(len(seconds) * 0.95)]
    print(
        f"\n{PEOPLE} people, {len(seconds)} answers: median {seconds[len(seconds) // 2]:.2f} s, "
        f"95 % within {p95:.2f} s, the slowest {seconds[-1]:.2f} s"
    )
    return p95


def test_a_first_answer_comes_within_a_second(url):
    asked = [q.question for q in read_questions(ROOT / "eval" / "questions.jsonl") if q.answerable and not q.history]
    first = [run(ask_all(url, [[question]]))[0][0][1] for question in asked[:VISITORS]]
    print(f"\nfirst answers: {', '.join(f'{seconds:.2f}' for seconds in sorted(first))} s")
    assert min(first) < FIRST_SECONDS  # other programs only ever add to a time


def test_twenty_people_at_once(url, rag):
    asked = [q.question for q in read_questions(ROOT / "eval" / "questions.jsonl") if q.answerable and not q.history]
    talks = [[asked[(PEOPLE * m + n) % len(asked)] for m in range(ROUNDS)] for n in range(PEOPLE)]
    limit = P95_SECONDS
    for _ in range(3):  # other programs only ever add to a time
        # What one asker waits tells how much of the processors is ours: where that is little, it is so for twenty.
        lone = sorted(seconds for _, seconds in run(ask_all(url, [asked[:LONE]]))[0])[LONE // 2]
        limit = max(P95_SECONDS, SHARE * PEOPLE * lone)
        heard = run(ask_all(url, talks))
        for questions, talk in zip(talks, heard, strict=True):
            for number, (question, (turn, _)) in enumerate(zip(questions, talk, strict=True), 1):
                assert f'id="turn-{number}" data-state="done"' in turn
                assert text_of(question) in text_of(turn)
                alone = rag.ask(question, history=questions[: number - 1])
                assert quotes_of(turn) == [citation.quote for citation in alone.citations], question
        print(f"one alone: median {lone:.2f} s")
        if percentile(heard) < limit:
            return
    pytest.fail(f"95 % were never answered within {limit:.1f} s")
