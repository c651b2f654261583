"""Run by tests in a process of its own: the console command with the model of `fakes`.

`fake_cli.py serve FOLDER` reads a number N and arguments (JSON, a line) from standard input, forks a child that runs
the command and kills itself at its N-th touch of anything in FOLDER, and answers whether the child died so.
"""

import json
import os
import signal
import sys

from fakes import HashingEmbedder

import rag.embedding.load
from rag.cli import main

rag.embedding.load.load_embedder = lambda _name="": HashingEmbedder()
TOUCHES = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.scandir"}


def kill_at(moment: int, folder: str) -> None:
    """Have this process killed when it touches a path below the folder for the moment-th time."""
    left = moment

    def hook(event: str, arguments: tuple) -> None:
        nonlocal left
        if event in TOUCHES and str(arguments[0]).startswith(folder):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def serve(folder: str) -> None:
    import bm25s  # noqa: F401  before the forks, for speed
    import faiss  # noqa: F401
    import sentencex  # noqa: F401

    import rag.documents.load
    import rag.documents.reflow
    import rag.documents.split
    import rag.rag  # noqa: F401

    for line in sys.stdin:
        moment, arguments = json.loads(line)
        child = os.fork()
        if child == 0:
            kill_at(moment, folder)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os._exit(main(arguments))
        print(int(os.WIFSIGNALED(os.waitpid(child, 0)[1])), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    else:
        sys.exit(main(sys.argv[1:]))
