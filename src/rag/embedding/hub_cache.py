"""What the model hub's local cache holds. Opens no connection."""

import os
from collections.abc import Sequence
from pathlib import Path

from huggingface_hub import try_to_load_from_cache


def cached_file(repository: str, names: Sequence[str]) -> Path | None:
    """The first of these files that the cache holds for the newest revision it knows."""
    return next((Path(found) for name in names if isinstance(found := _look_up(repository, name), str)), None)


def modules_known(repository: str) -> bool:
    """Whether the cache holds `modules.json` or the knowledge that the repository has none.

    Weights that another library fetched come without it, and loading those alone would guess the pooling.
    """
    return _look_up(repository, "modules.json") is not None


def _look_up(repository: str, name: str) -> object:
    return try_to_load_from_cache(repository, name, cache_dir=os.environ.get("SENTENCE_TRANSFORMERS_HOME"))
