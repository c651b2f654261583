"""The command `rag` over the fake model, for tests that start it as a process of its own."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import offline_guard
from fakes import HashingEmbedder

import rag.embedding.load
from rag.cli import main

offline_guard.install()
rag.embedding.load.load_embedder = lambda _name="": HashingEmbedder()

if __name__ == "__main__":
    sys.exit(main())
