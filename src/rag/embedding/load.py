"""A model's name in, its Embedder out: one per name and process, since a model takes seconds and megabytes."""

import contextlib
import gc
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rag.embedding.embedder import Embedder
from rag.embedding.package_file import HUB_MODEL
from rag.embedding.packaged import cached_folder, packaged_model_folder
from rag.errors import BadModel
from rag.settings import DEFAULT_MODEL

_loaded: dict[str, Embedder] = {}
_lock = threading.Lock()


def load_embedder(name: str = DEFAULT_MODEL) -> Embedder:
    """The embedder of the packaged model, of a sentence-transformers folder, or of a hub name.

    The packaged model and folders open no connection. Safe from any thread. Raises BadModel.
    """
    embedder = _loaded.get(name)
    if embedder is None:
        with _lock:
            embedder = _loaded.get(name)
            if embedder is None:
                with _uncollected():
                    embedder = _loaded[name] = _load(name)
    return embedder


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking for garbage: the libraries make a million objects, none of it, and a tenth of the time goes."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _load(name: str) -> Embedder:
    # Read by OpenMP when torch is imported. Its threads otherwise spin at every barrier, and when another process
    # wants a core, a question of some 20 ms took up to 870 ms; waiting passively it took 30 ms at worst.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if name == DEFAULT_MODEL:
        return _packaged()
    from rag.embedding.sentence import sentence_transformer

    return sentence_transformer(name)


def _packaged() -> Embedder:
    folder = packaged_model_folder()
    from rag.embedding.sentence import sentence_transformer

    try:
        return replace(sentence_transformer(str(folder)), name=DEFAULT_MODEL)
    except BadModel as error:
        raise BadModel(
            f"the cached model {folder} is damaged ({error}); delete that folder to have it rebuilt"
        ) from error


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model worth naming. `where` is its folder on this machine, or what is needed to have it."""

    name: str
    dimension: int
    max_tokens: int
    licence: str
    where: str


def known_models() -> list[ModelInfo]:
    """The packaged model, then hub models that answer questions in Chinese and other languages. Opens no connection."""
    folder = cached_folder()
    where = str(folder) if folder.is_dir() else "built on first use, no download"
    return [
        ModelInfo(DEFAULT_MODEL, 384, 512, "MIT", where),
        *(ModelInfo(name, *facts, where=_hub_place(name)) for name, facts in _HUB.items()),
    ]


_HUB = {
    HUB_MODEL: (384, 512, "MIT"),
    "intfloat/multilingual-e5-base": (768, 512, "MIT"),
    "intfloat/multilingual-e5-large": (1024, 512, "MIT"),
    "BAAI/bge-small-zh-v1.5": (512, 512, "MIT"),
    "BAAI/bge-m3": (1024, 8192, "MIT"),
    "Qwen/Qwen3-Embedding-0.6B": (1024, 32768, "Apache-2.0"),
}


def _hub_place(name: str) -> str:
    from rag.embedding.hub_cache import cached_file

    weights = cached_file(name, ("model.safetensors", "pytorch_model.bin"))
    return str(weights.parent) if weights else "downloaded from the hub on first use"
