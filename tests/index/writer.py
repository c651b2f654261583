"""Run by test_kill in a process of its own: `writer.py FOLDER TURNS` swaps the index between two states TURNS times.

With `step` for TURNS it reads a number N from each line of standard input, forks a child that does one update and kills
itself at its N-th touch of the folder, and answers with whether the child died so.
"""

import os
import signal
import sys

import bm25s  # noqa: F401  imported before the forks, for speed
import faiss  # noqa: F401
from index_fakes import CHUNKING, CountingEmbedder, document

from rag.index.update import update_index

STATES = tuple(
    [document("a.txt", *(f"{word} {number}. 第{number}段，内容为{word}。" for number in range(40)))]
    for word in ("alpha", "beta")
)
TOUCHES = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir"}


def kill_at(moment: int, folder: str) -> None:
    """Have this process killed when it touches the folder for the moment-th time."""
    left = moment

    def hook(event: str, arguments: tuple) -> None:
        nonlocal left
        if event in TOUCHES and str(arguments[0]).startswith(folder):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def main(folder: str, turns: str) -> None:
    print("ready", flush=True)
    if turns != "step":
        for turn in range(int(turns)):
            update_index(folder, CountingEmbedder(), CHUNKING, STATES[turn % 2])
        return
    for line in sys.stdin:
        moment, wanted = map(int, line.split())
        child = os.fork()
        if child == 0:
            kill_at(moment, folder)
            update_index(folder, CountingEmbedder(), CHUNKING, STATES[wanted])
            os._exit(0)
        print(int(os.WIFSIGNALED(os.waitpid(child, 0)[1])), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
