"""What the model hub's local cache holds. Opens no connection."""

import os
from collections.abc import Sequence
from pathlib import Path

from huggingface_hub import try_to_load_from_cache


def cached_file(repository: str, names: Sequence[str]) -> Path | None:
    """The first of these files that the cache holds for the newest revision it knows."""
    for name in names:
        found = try_to_load_from_cache(repository, name, cache_dir=os.environ.get("SENTENCE_TRANSFORMERS_HOME"))
        if isinstance(found, str):
            return Path(found)
    return None
