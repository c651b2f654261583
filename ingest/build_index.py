"""Build the index: `python ingest/build_index.py [PATH…]`, by default from ingest/corpus/ into index/.

The same as `rag ingest`, for those who look for the first step in the folder that is named after it.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rag.cli import main

CORPUS = Path(__file__).resolve().parent / "corpus"


def ingest_arguments(arguments: Sequence[str] | None = None) -> list[str]:
    """What to hand to `rag`, with the corpus where no path is given."""
    parser = argparse.ArgumentParser(prog="build_index.py", description="Bring the index up to date with documents.")
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files and folders (default: ingest/corpus)")
    parser.add_argument("--index", metavar="FOLDER", help="folder of the index (RAG_INDEX, default: index)")
    parser.add_argument("--model", metavar="NAME", help="embedding model: a name or a folder (RAG_MODEL)")
    parser.add_argument("--rebuild", action="store_true", help="start from nothing")
    given = parser.parse_args(arguments)
    # One word each, so that a folder whose name begins with a dash is not taken for an option.
    options = [f"--{name}={value}" for name in ("index", "model") if (value := getattr(given, name)) is not None]
    return ["ingest", *options, *["--rebuild"] * given.rebuild, "--", *(given.paths or [str(CORPUS)])]


if __name__ == "__main__":
    sys.exit(main(ingest_arguments()))
