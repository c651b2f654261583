"""The folder of an index: `manifest.json` names the generation in force and is replaced in one step.

A reader opens the manifest and then the files it names, so it sees one generation whole, whatever a writer does beside
it. A writer that dies leaves the old manifest, and a folder that the next writer clears away.
"""

import contextlib
import re
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from rag.embedding.embedder import Embedder
from rag.errors import BadIndex
from rag.index.contents import Index, indexed_text
from rag.index.generation import DamageError, read_generation, sync, write_generation
from rag.index.manifest import NAME, Manifest, damaged, rebuild_command, shown

LOCK_SECONDS = 600.0
_OURS = re.compile(r"generation-([0-9]+)-[0-9a-f]+|manifest-[0-9a-f]+\.tmp")


def has_index(folder: str | Path) -> bool:
    """Whether there is an index, whole or damaged, in the folder."""
    return (Path(folder) / NAME).exists()


def read_manifest(folder: str | Path) -> Manifest:
    """What the index was made with. Raises BadIndex where there is none or it cannot be read."""
    folder = Path(folder)
    try:
        text = (folder / NAME).read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise BadIndex(
            f"there is no index in {shown(folder)}; make one: rag ingest PATH… --index {shown(folder)}"
        ) from None
    except OSError as error:
        raise BadIndex(f"the index {shown(folder)} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise damaged(folder, NAME) from None
    return Manifest.from_json(text, folder)


def read_index(folder: str | Path, embedder: Embedder | None = None) -> Index:
    """The index of a folder.

    Raises BadIndex, with the command that mends it, where there is no index, where it is damaged, of another format or
    (when an embedder is given) made by another model.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    while True:
        if embedder is not None:
            manifest.require(embedder, folder)
        try:
            index = read_generation(folder / manifest.generation, manifest)
            break
        except DamageError as error:
            # A writer may have swapped twice and cleared this generation away while it was being read.
            newer = read_manifest(folder)
            if newer.generation == manifest.generation:
                raise damaged(folder, str(error)) from error
            manifest = newer
    probe = manifest.probe
    if probe and not index.lexical.passes(probe, indexed_text(index.passages[probe[0]])):
        raise BadIndex(
            f"the index {shown(folder)} cuts words as the libraries installed here do not; {rebuild_command(folder)}"
        )
    return index


def write_index(index: Index, folder: str | Path) -> Index:
    """Make the index the one of the folder; returns it with its new manifest.

    Raises BadIndex where nothing can be written.
    """
    with writing(Path(folder)):
        return swap_in(index, Path(folder))


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Be the folder's only writer, and clear away what writers that died have left. Waits for another writer to end."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / ".lock", timeout=LOCK_SECONDS)
    with _writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout:
            raise BadIndex(
                f"another program is writing the index {shown(folder)}; try again when it has ended"
            ) from None
    try:
        with _writable(folder):
            _clear(folder)
        yield
    finally:
        lock.release()


def swap_in(index: Index, folder: Path) -> Index:
    """Write a generation beside the one in force, then replace the manifest. The caller holds `writing(folder)`."""
    with contextlib.suppress(BadIndex):
        index = replace(index, manifest=replace(index.manifest, previous=read_manifest(folder).generation))
    numbers = [int(match[1]) for path in folder.iterdir() if (match := _OURS.fullmatch(path.name)) and match[1]]
    generation = f"generation-{max(numbers, default=0) + 1:06}-{secrets.token_hex(4)}"
    with _writable(folder):
        try:
            files = write_generation(index, folder / generation)
            manifest = replace(index.manifest, generation=generation, files=files)
            draft = folder / f"manifest-{secrets.token_hex(4)}.tmp"
            draft.write_text(manifest.to_json(), "utf-8")
            sync(draft)
            draft.replace(folder / NAME)
            sync(folder)
        finally:
            # After a failure (a full disk) the unfinished generation goes, otherwise the one before the previous.
            _clear(folder)
    return replace(index, manifest=manifest)


@contextlib.contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadIndex(f"the index {shown(folder)} cannot be written: {error.strerror or error}") from error


def _clear(folder: Path) -> None:
    """Remove what writers left, but for the generation in force and the one before, which may still be being read."""
    try:
        manifest = read_manifest(folder)
        keep = {manifest.generation, manifest.previous}
    except BadIndex:
        # Which generation is whole cannot be told while the manifest is damaged; nothing is thrown away.
        if has_index(folder):
            return
        keep = set()
    for path in folder.iterdir():
        if _OURS.fullmatch(path.name) and path.name not in keep:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
