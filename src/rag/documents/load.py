"""Paths -> files -> Extracts: finds the documents of files and folders; reads one by what it is, not by its name.

Every problem is one line that names the file, says what is wrong and what to do.
"""

import os
import stat
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path, PurePath

from rag.documents.docx import read_docx
from rag.documents.encoding import decode
from rag.documents.extract import Extract
from rag.documents.html import read_html
from rag.documents.markdown import read_markdown
from rag.documents.pdf import read_pdf
from rag.errors import BadDocument

SUPPORTED = (".txt", ".md", ".markdown", ".html", ".htm", ".pdf", ".docx")
_SIGNATURES = (  # what else a file may begin with, so that the error can name it
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file (.doc, .xls) or an encrypted one"),
    (b"{\\rtf", "a rich text file"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "an SQLite database"),
)


def printable(path: str | os.PathLike[str]) -> str:
    """A path for a message: one line whatever the name holds, always encodable as UTF-8."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def find_files(paths: Iterable[Path]) -> tuple[list[Path], list[str]]:
    """Documents in the order of the paths, folders read to their depth in the order of names, each file once.

    Hidden files, and in folders files of other types, are passed over. The second list holds one line a problem.
    """
    files: list[Path] = []
    problems: list[str] = []
    seen: set[tuple[int, int]] = set()  # device and inode of files and folders: links lead to one place by two names
    for path in paths:
        for found in _walk(Path(path), seen, problems):
            if found.suffix.lower() in SUPPORTED:
                files.append(found)
            else:
                problems.append(f"{printable(found)}: {_unsupported(found.suffix)}")
    return files, problems


def _walk(root: Path, seen: set[tuple[int, int]], problems: list[str]) -> Iterator[Path]:
    stack = [root]
    while stack:
        path = stack.pop()
        try:
            status = path.stat()
            if path is not root and not stat.S_ISDIR(status.st_mode) and path.suffix.lower() not in SUPPORTED:
                continue
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            if stat.S_ISDIR(status.st_mode):
                inside = (entry for entry in path.iterdir() if not entry.name.startswith("."))
                stack += sorted(inside, key=lambda entry: entry.name, reverse=True)
            elif stat.S_ISREG(status.st_mode):
                yield path
            else:
                problems.append(
                    f"{printable(path)}: is no regular file (a pipe, socket or device); give a file or folder"
                )
        except (OSError, ValueError) as error:
            if path is root or path.suffix.lower() in SUPPORTED or isinstance(error, PermissionError):
                problems.append(f"{printable(path)}: {_reason(error)}")


def load(path: Path, max_mb: float) -> Extract:
    """Text of one file. Raises BadDocument, one line that begins with the path."""
    try:
        extract = _read(Path(path), _bytes(Path(path), max_mb))
    except BadDocument as error:
        raise BadDocument(f"{printable(path)}: {error}") from None
    if not extract.text.strip():
        raise BadDocument(f"{printable(path)}: holds no text; remove it or give a file with text")
    return extract


def read_bytes(name: str, data: bytes, max_mb: float) -> Extract:
    """Text of a file's content that somebody sent. The name says what kind it is and is never opened.

    Raises BadDocument, one line that begins with the name.
    """
    try:
        if len(data) > int(max_mb * 1_000_000):
            raise BadDocument(f"has {len(data) / 1e6:,.1f} MB, the limit is {max_mb:g} MB; split it")
        if not data:
            raise BadDocument("is empty (0 bytes); fill it")
        extract = _read(PurePath(name), data)
    except BadDocument as error:
        raise BadDocument(f"{printable(name)}: {error}") from None
    if not extract.text.strip():
        raise BadDocument(f"{printable(name)}: holds no text; give a file with text")
    return extract


def _bytes(path: Path, max_mb: float) -> bytes:
    most = int(max_mb * 1_000_000)
    try:
        # Not blocking: opening a pipe must not wait for a writer. What was opened is checked, not what the name was.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise BadDocument("is no regular file; give a file")
            if status.st_size > most:
                size = f"{status.st_size / 1e6:,.0f} MB" if status.st_size >= 1e6 else f"{status.st_size} bytes"
                raise BadDocument(f"has {size}, the limit is {max_mb:g} MB; split it or raise RAG_MAX_FILE_MB")
            data = file.read(most + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise BadDocument(_reason(error)) from None
    if not data:
        raise BadDocument("is empty (0 bytes); remove it or fill it")
    return data


def _read(path: PurePath, data: bytes) -> Extract:
    source = os.fsencode(path).decode(
        "utf-8", "backslashreplace"
    )  # a name that is not UTF-8 can be stored all the same
    suffix, head = path.suffix.lower(), data[:1024].lstrip()
    if b"%PDF-" in data[:1024] and (suffix == ".pdf" or head.startswith(b"%PDF-")):
        return read_pdf(data, source)
    if data.startswith(b"PK\x03\x04"):
        if _is_word(data) or suffix == ".docx":
            return read_docx(data, source)
        raise BadDocument("is a zip archive or another Office file; unpack it or save it as .docx or .pdf")
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            raise BadDocument(f"is {name}, which is not read; save it without a password as .docx, .pdf or .txt")
    if suffix == ".pdf":
        raise BadDocument("is no PDF although it is named so; get another copy, or name it by what it is")
    if suffix == ".docx":
        raise BadDocument("is no Word file although it is named so; save it again in Word, or name it by what it is")
    if suffix not in SUPPORTED:
        raise BadDocument(_unsupported(suffix))
    start = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if suffix in (".html", ".htm") or start.startswith((b"<!doctype html", b"<html")):
        return read_html(data, source)
    text, encoding = decode(data)
    notes: tuple[str, ...] = () if encoding == "utf-8" else (f"read as {encoding}",)
    if unreadable := text.count("\ufffd"):
        notes += (f"{unreadable} unreadable characters stand as \ufffd",)
    if suffix in (".md", ".markdown"):
        return read_markdown(text, source, notes)
    return Extract(source, "text", text, notes=notes)


def _is_word(data: bytes) -> bool:
    with suppress(zipfile.BadZipFile, ValueError, OSError), zipfile.ZipFile(BytesIO(data)) as archive:
        return "word/document.xml" in archive.namelist()
    return False


def _unsupported(suffix: str) -> str:
    kind = f"{printable(suffix)} files are" if suffix else "files without an extension are"
    return f"{kind} not read; supported are {' '.join(SUPPORTED)}"


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "does not exist; check the path"
    if isinstance(error, PermissionError):
        return "may not be read; change its permissions (chmod u+r)"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror}; check the path"
    return "is no valid path; check it"
