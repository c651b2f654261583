"""A writer that is killed at any moment, and readers beside a writer."""

import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from index_fakes import CHUNKING, CountingEmbedder
from writer import STATES

from rag.index.store import read_index
from rag.index.update import update_index

WRITER = Path(__file__).with_name("writer.py")
WHOLE = [[passage.text for passage in passages] for [(_, passages)] in STATES]


def start(folder, turns):
    process = subprocess.Popen(
        [sys.executable, str(WRITER), str(folder), turns],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout.readline() == "ready\n"
    return process


def finish(process):
    process.communicate()
    return process.returncode


def state(folder):
    index = read_index(folder, CountingEmbedder())
    assert len(index.lexical.scores("alpha")[0]) == len(index.passages) == index.passage_vectors.ntotal == 40
    return WHOLE.index([passage.text for passage in index.passages])


def check_clean_after_next_update(folder):
    assert update_index(folder, CountingEmbedder(), CHUNKING, STATES[1 - state(folder)]).written
    assert len(list(folder.glob("generation-*"))) == 2
    assert not list(folder.glob("*.tmp"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_every_touch_of_the_folder(tmp_path):
    folder = tmp_path / "index"
    update_index(folder, CountingEmbedder(), CHUNKING, STATES[1])
    process = start(folder, "step")
    now, outcomes = 1, []
    for moment in range(1, 400):
        process.stdin.write(f"{moment} {1 - now}\n")
        process.stdin.flush()
        killed = process.stdout.readline() == "1\n"
        after = state(folder)
        if not killed:
            assert after == 1 - now
            break
        outcomes.append(after != now)
        now = after
    assert finish(process) == 0
    # Killed at first before the swap, at the end after it, while the old generations were being cleared away.
    assert len(outcomes) >= 40
    assert not any(outcomes[:25])
    assert any(outcomes)
    check_clean_after_next_update(folder)


def test_killed_at_any_time(tmp_path):
    folder = tmp_path / "index"
    update_index(folder, CountingEmbedder(), CHUNKING, STATES[1])
    dice = random.Random(3)
    for _ in range(6):
        process = start(folder, "1000")
        time.sleep(0.05 + dice.random() / 4)
        process.kill()
        finish(process)
        state(folder)
    check_clean_after_next_update(folder)


def test_readers_beside_a_writer_always_see_a_whole_index(tmp_path):
    folder = tmp_path / "index"
    update_index(folder, CountingEmbedder(), CHUNKING, STATES[1])
    first = read_index(folder).manifest.generation
    failures, seen, over = [], [], threading.Event()

    def read():
        while not over.is_set():
            try:
                seen.append(state(folder))
            except Exception as error:
                failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    process = start(folder, "20")
    code = finish(process)
    over.set()
    for reader in readers:
        reader.join()
    assert code == 0
    assert failures == []
    assert {*seen} == {0, 1}
    last = read_index(folder).manifest.generation
    assert int(last.split("-")[1]) - int(first.split("-")[1]) == 20


def test_two_writers_wait_for_each_other(tmp_path):
    folder = tmp_path / "index"
    update_index(folder, CountingEmbedder(), CHUNKING, STATES[1])
    writers = [start(folder, "6") for _ in range(2)]
    assert [finish(writer) for writer in writers] == [0, 0]
    assert state(folder) == 1
