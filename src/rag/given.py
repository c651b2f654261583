"""What a caller gives to be indexed, texts and paths, → documents with their passages.

A `str` is always a text and a `Path` always a file or folder: a text that somebody else wrote can never become a path.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, TypeAlias

from rag.embedding.embedder import Embedder
from rag.errors import BadSetting, RagError
from rag.ingest import FileReport, Progress, check_fields, read, read_extract
from rag.records import Passage
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.documents.extract import Extract

Given: TypeAlias = str | Path | Iterable[str | Path] | Mapping[str, str] | Mapping[str, str | bytes]
"""Texts and paths, one or many; a mapping is of names to texts (a name that ends in .md or .html says what it is), or
to the bytes of files whose names say what kind they are. Names are never opened."""
Fields: TypeAlias = Mapping[str, str] | Sequence[Mapping[str, str]]
"""Fields of all documents, or of each text or path in turn."""
Read: TypeAlias = tuple[FileReport, list[Passage]]


def read_given(
    given: Given,
    embedder: Embedder,
    settings: Settings,
    metadata: Fields | None = None,
    progress: Progress | None = None,
) -> list[Read]:
    """Every text and file as a document, with what was done to read it. One that cannot be read is an error.

    Raises RagError naming every one that could not be read, BadSetting for fields that cannot be stored.
    """
    items = _items(given)
    fields = _fields(metadata, len(items))
    done: list[Read] = []
    problems: list[str] = []
    for n, ((name, item), own) in enumerate(zip(items, fields, strict=True), 1):
        check_fields(own)
        try:
            if isinstance(item, Path):
                done += _read_path(item, embedder, settings, own)
            else:
                done.append(read_extract(_extract(name, item, settings), embedder, settings, own))
        except RagError as error:
            problems.append(str(error))
        if progress:
            progress("read", n, len(items))
    if problems:
        raise RagError("; ".join(problems))
    return done


def text_name(text: str) -> str:
    """The source of a text that was given without a name: the same text is the same document."""
    return f"text-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def _items(given: Given) -> list[tuple[str, str | bytes | Path]]:
    if isinstance(given, Mapping):
        return list(given.items())
    items = [given] if isinstance(given, (str, Path)) else list(given)
    for item in items:
        if not isinstance(item, (str, Path)):
            raise BadSetting(f"{type(item).__name__} cannot be indexed; give texts (str) or files (pathlib.Path)")
    return [("", item) for item in items]


def _fields(metadata: Fields | None, count: int) -> Sequence[Mapping[str, str]]:
    if metadata is None or isinstance(metadata, Mapping):
        return [metadata or {}] * count
    if len(metadata) != count:
        raise BadSetting(f"there are {count} texts or paths and fields for {len(metadata)}; give one mapping for each")
    return metadata


def _read_path(path: Path, embedder: Embedder, settings: Settings, fields: Mapping[str, str]) -> list[Read]:
    from rag.documents.load import find_files

    files, problems = find_files([path])
    if problems:
        raise RagError("; ".join(problems))
    return [read(file, embedder, settings, fields) for file in files]


def _extract(name: str, text: str | bytes, settings: Settings) -> "Extract":
    """A text is plain text unless its name says that it is markup; what it begins with says nothing."""
    from rag.documents.extract import Extract
    from rag.documents.html import read_html
    from rag.documents.load import read_bytes
    from rag.documents.markdown import read_markdown

    if isinstance(text, bytes):
        return read_bytes(name, text, settings.max_file_mb)
    name = name or text_name(text)
    suffix = PurePath(name).suffix.lower()
    if suffix in (".md", ".markdown"):
        return read_markdown(text, name, ())
    if suffix in (".html", ".htm"):
        # The reader of HTML takes bytes, and a declaration inside them would win over what they are.
        return read_html(b"\xef\xbb\xbf" + text.encode("utf-8", "replace"), name)
    return Extract(name, "text", text)
