"""Measure the language means that are shipped for the packaged model: `python eval/means.py` rewrites them.

Run it when `generic_questions.json` or the packaged model changes; a test says when that is due.
"""

import sys
from pathlib import Path

from rag.embedding.languages import measured, save
from rag.embedding.load import load_embedder

SHIPPED = Path(__file__).resolve().parents[1] / "src" / "rag" / "embedding" / "language_means.npz"


def main() -> int:
    embedder = load_embedder()
    means = measured(embedder)
    with SHIPPED.open("wb") as file:
        save(file, embedder, means)
    print(f"{SHIPPED.name}: {len(means.languages)} languages, {SHIPPED.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
