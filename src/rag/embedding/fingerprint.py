"""A short hash of a model folder: the same files give the same hash on every machine, at a start-up's price."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from rag.embedding.text_embedder import Task

SAMPLE = 64 * 1024
SAMPLES = 64
_KINDS = {".safetensors", ".bin", ".json", ".txt", ".model"}
_OTHER_ENGINES = {"onnx", "openvino"}


def fingerprint(folder: Path, prompts: Mapping[Task, str]) -> str:
    """16 hexadecimal digits that change with weights, tokenizer, configuration, pooling or prompts.

    Files over 32 MB are sampled: their size, their first block (a safetensors header lists every tensor with type and
    shape) and 64 blocks of 64 KB spread evenly. Training or quantising again moves all weights, so a sample shows it,
    and reading half a gigabyte at every start is saved. Smaller files, the tokenizer among them, are read whole.
    Exports for other engines, weights in an older format beside safetensors, and read-me files do not count.
    """
    digest = hashlib.sha256(repr(sorted(prompts.items())).encode())
    files = {path for path in (*folder.glob("*"), *folder.glob("*/*")) if path.suffix in _KINDS}
    files -= {path for path in files if path.suffix == ".bin" and any(path.parent.glob("*.safetensors"))}
    kept = (path for path in files if path.parent == folder or path.parent.name not in _OTHER_ENGINES)
    for path in sorted(kept, key=lambda path: path.relative_to(folder).as_posix()):
        digest.update(f"\0{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
        _update(digest, path)
    return digest.hexdigest()[:16]


def _update(digest: "hashlib._Hash", path: Path) -> None:
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= 32 * 1024 * 1024:
            digest.update(file.read())
            return
        for i in range(SAMPLES + 1):
            file.seek((size - SAMPLE) * i // SAMPLES)
            digest.update(file.read(SAMPLE))
