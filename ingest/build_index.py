"""Build the index: `python ingest/build_index.py [PATH…]`, by default from ingest/corpus/ into index/.

The same as `rag ingest`, for those who look for the first step in the folder that is named after it.
"""

import sys
from pathlib import Path

from rag.cli import main

CORPUS = Path(__file__).resolve().parent / "corpus"

if __name__ == "__main__":
    given = sys.argv[1:]
    options_only = all(argument.startswith("-") for argument in given)
    sys.exit(main(["ingest", *given, *([str(CORPUS)] if options_only else [])]))
