"""Paths → an index that is up to date with them, and a report of what was done."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from rag.embedding.embedder import Embedder
from rag.errors import BadDocument, BadSetting, RagError
from rag.records import Document, Passage, embedding_text
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.documents.extract import Extract
    from rag.documents.reflow import Report as ReflowReport
    from rag.index.update import Change

Progress = Callable[[str, int, int], None]
"""Called with a stage ("read", "embed"), how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file: its notes (see `Extract`), what reflow did, and its passages."""

    source: str
    document: Document
    notes: tuple[str, ...]
    reflow: "ReflowReport"
    passages: int


@dataclass(frozen=True, slots=True)
class IngestReport:
    """`problems` has one line for each path that could not be used; `truncated` counts texts over the model's limit."""

    files: tuple[FileReport, ...]
    problems: tuple[str, ...]
    change: "Change"
    truncated: int


def ingest(
    paths: Iterable[str | Path],
    folder: str | Path,
    embedder: Embedder,
    settings: Settings,
    *,
    remove: Iterable[str] = (),
    rebuild: bool = False,
    metadata: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """Bring the index in `folder` up to date with the files and folders; what cannot be read is reported, not fatal.

    The index changes in one step at the end, and only if at least one document was read or removed. `metadata` are
    fields that the documents of this run get beside those they have; one that is "" is taken off them.

    Raises RagError where nothing could be read at all, BadIndex as `update_index` does, BadSetting for a field that
    cannot be filtered by.
    """
    from rag.documents.load import find_files
    from rag.index.manifest import Chunking
    from rag.index.store import has_index, read_manifest
    from rag.index.update import update_index

    check_fields(metadata or {})
    if has_index(Path(folder)) and not rebuild:
        read_manifest(Path(folder)).require(embedder, Path(folder))
    given = list(paths)
    wanted = [Path(path) for path in given if str(path)]
    found, problems = find_files(wanted)
    if len(wanted) < len(given):
        # An unset shell variable; as a Path it would be the working folder.
        problems.append("an empty path was given; give a file or folder, or . for this folder")
    files: list[FileReport] = []
    add: list[tuple[Document, Sequence[Passage]]] = []
    truncated = 0
    for n, path in enumerate(found):
        try:
            report, passages = read(path, embedder, settings, metadata)
        except BadDocument as error:
            problems.append(str(error))
        else:
            files.append(report)
            add.append((report.document, passages))
            truncated += count_truncated(passages, embedder)
        if progress:
            progress("read", n + 1, len(found))
    removed = _stored(remove, Path(folder)) if remove else []
    if given and not add and not removed:
        raise RagError("; ".join(problems) or "no file to read; give files or folders: rag ingest PATH…")
    change = update_index(
        folder,
        embedder,
        Chunking(settings.chunk_tokens, settings.chunk_chars),
        add,
        removed,
        rebuild=rebuild,
        progress=(lambda done, total: progress("embed", done, total)) if progress else None,
    )
    return IngestReport(tuple(files), tuple(problems), change, truncated)


def read(
    path: Path, embedder: Embedder, settings: Settings, metadata: Mapping[str, str] | None = None
) -> tuple[FileReport, list[Passage]]:
    """One file → its document and passages. Raises BadDocument."""
    from dataclasses import replace

    from rag.documents.load import load

    extract = load(path, settings.max_file_mb)
    # The absolute path is the document's name: the same file is the same document from whatever folder it is given.
    return read_extract(replace(extract, source=os.path.abspath(path)), embedder, settings, metadata)


def read_extract(
    extract: "Extract", embedder: Embedder, settings: Settings, metadata: Mapping[str, str] | None = None
) -> tuple[FileReport, list[Passage]]:
    """An extracted text → its document and passages. Raises BadDocument where it has none."""
    from rag.documents.reflow import reflow
    from rag.documents.split import split

    document, report = reflow(extract, metadata)
    limit = min(settings.chunk_tokens, embedder.max_tokens)
    passages = split(document, embedder.count_tokens, limit, settings.chunk_chars)
    if not passages:
        name = PurePath(extract.source).name
        raise BadDocument(f"{name} has no text to index; give a file with text")
    return FileReport(document.source, document, extract.notes, report, len(passages)), passages


def count_truncated(passages: Iterable[Passage], embedder: Embedder) -> int:
    """How many of the passages the model would not read to their end."""
    counts = embedder.count_tokens([embedding_text(p.heading, p.text) for p in passages])
    return sum(count > embedder.max_tokens for count in counts)


def check_fields(metadata: Mapping[str, str]) -> None:
    """Raises BadSetting for a field that documents cannot have."""
    for field, value in metadata.items():
        if field in ("document", "source"):
            raise BadSetting(f"the field {field!r} is every document's own already; call it otherwise")
        if not isinstance(value, str) or not field.strip() or "=" in field or not (field + value).isprintable():
            raise BadSetting(
                f"the field {field!r} with {value!r} cannot be stored; name and value are one line of text"
            )


def _stored(names: Iterable[str], folder: Path) -> list[str]:
    from rag.index.store import read_index

    return sources_of(names, read_index(folder).documents)


def sources_of(names: Iterable[str], documents: Mapping[str, Document]) -> list[str]:
    """Sources that the names mean: an id, a source, a path, or a file's name that only one source has.

    A name that means nothing is handed back: who removes it says that it is unknown, and what is known.
    """
    sources = {document.source for document in documents.values()}
    result = []
    for name in names:
        same_name = [source for source in sources if PurePath(source).name == name]
        if name in sources:
            result.append(name)
        elif name in documents:
            result.append(documents[name].source)
        elif os.path.abspath(name) in sources:
            result.append(os.path.abspath(name))
        else:
            result.append(same_name[0] if len(same_name) == 1 else name)
    return result
