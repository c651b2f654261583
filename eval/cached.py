"""Indexes for measuring, built once: an index is made again only when its documents, settings or our code change."""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import filelock

import rag
from rag import Rag
from rag.documents.load import find_files
from rag.errors import RagError
from rag.settings import Settings

CACHE = Path(__file__).resolve().parent / ".cache"
# Code that an index does not depend on; any other that changes has it built anew.
_AFTER_THE_INDEX = {"retrieval", "answering", "serving", "cli.py"}


def index_of(paths: Sequence[Path], cache: Path = CACHE) -> Path:
    """Folder of an index of these files and folders. Raises RagError where one of them cannot be used."""
    files, problems = find_files(paths)
    if problems:
        raise RagError(problems[0])
    if not files:
        raise RagError(f"there is no document in {', '.join(map(str, paths))}")
    content = hashlib.sha256(_code_and_settings())
    for file in files:
        content.update(
            f"\0{file.resolve()}\0".encode("utf-8", "surrogateescape") + hashlib.sha256(file.read_bytes()).digest()
        )
    return _built(cache / content.hexdigest()[:16], files)


def index_of_texts(texts: Mapping[str, str], cache: Path = CACHE, *, ending: str = "txt") -> Path:
    """Folder of an index with one file `NAME.ENDING` for each item: the way a user would bring them in.

    An empty text is no document; it is left out.
    """
    content = hashlib.sha256(_code_and_settings() + repr((ending, sorted(texts.items()))).encode())
    folder = cache / content.hexdigest()[:16]
    named = {f"{name}.{ending}": text for name, text in texts.items()}
    return _built(folder, [folder / "texts"], named)


def _built(folder: Path, paths: Sequence[Path], texts: Mapping[str, str] | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    complete = folder / "complete"
    with filelock.FileLock(folder / "lock"):  # another run may be building the same
        if not complete.exists():
            # What an earlier run left when it was stopped.
            shutil.rmtree(folder / "index", ignore_errors=True)
            (folder / "texts").mkdir(exist_ok=True)
            for name, text in (texts or {}).items():
                if text.strip():
                    (folder / "texts" / name).write_text(text, "utf-8")
            Rag.build(paths, folder / "index")
            complete.touch()
    return folder / "index"


def _code_and_settings() -> bytes:
    root = Path(rag.__file__).resolve().parent
    hashed = hashlib.sha256(repr(asdict(Settings.from_environment(index=""))).encode())
    for file in sorted(root.rglob("*.py")):
        if file.relative_to(root).parts[0] not in _AFTER_THE_INDEX:
            hashed.update(file.read_bytes())
    return hashed.digest()
