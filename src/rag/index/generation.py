"""One generation of an index: a folder of files that are written once, checked by SHA-256, and never changed."""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from zipfile import BadZipFile

from rag.index.contents import Index, sentence_starts
from rag.index.lexical import LEXICAL_FILES, LexicalIndex
from rag.index.manifest import Manifest
from rag.index.rows import read_documents, read_passages, write_documents, write_passages
from rag.index.token_codes import TokenCodes
from rag.index.vectors import from_bytes, to_bytes

_OWN_FILES = ("documents.jsonl", "passages.jsonl", "passages.faiss", "sentences.faiss")
_TOKENS = "tokens.npz"
_FILES = (*_OWN_FILES, _TOKENS, *(f"lexical/{file}" for file in LEXICAL_FILES))


class DamageError(Exception):
    """A file of a generation is missing or not what was written; says which."""


def write_generation(index: Index, folder: Path) -> dict[str, str]:
    """Write the index's files to a new folder, through to the disk. Returns the SHA-256 of each by its path inside."""
    folder.mkdir()
    (folder / "documents.jsonl").write_bytes(write_documents(index.documents.values()))
    (folder / "passages.jsonl").write_bytes(write_passages(index.passages))
    (folder / "passages.faiss").write_bytes(to_bytes(index.passage_vectors))
    (folder / "sentences.faiss").write_bytes(to_bytes(index.sentence_vectors))
    index.lexical.save(folder / "lexical")
    if index.tokens is not None:
        index.tokens.save(folder / _TOKENS)
    checksums = {}
    for name in _FILES:
        if (folder / name).exists():
            checksums[name] = _sha256(folder / name)
            sync(folder / name)
    for inner in (*(path for path in folder.rglob("*") if path.is_dir()), folder):
        sync(inner)
    return checksums


def read_generation(folder: Path, manifest: Manifest) -> Index:
    """Read and verify the files. Raises DamageError."""
    with _naming("list of files"):
        if not set(_OWN_FILES) <= manifest.files.keys() <= set(_FILES):
            raise ValueError("unknown or missing files")
    for name, checksum in manifest.files.items():
        with _naming(name):
            if _sha256(folder / name) != checksum:
                raise ValueError("checksum")
    with _naming("documents.jsonl"):
        documents = read_documents((folder / "documents.jsonl").read_bytes())
    with _naming("passages.jsonl"):
        passages = read_passages((folder / "passages.jsonl").read_bytes(), documents)
        starts = sentence_starts(passages)
        if (len(documents), len(passages), starts[-1]) != (manifest.documents, manifest.passages, manifest.sentences):
            raise ValueError("counts")
    dimension = manifest.model.dimension
    with _naming("passages.faiss"):
        passage_vectors = from_bytes((folder / "passages.faiss").read_bytes(), len(passages), dimension)
    with _naming("sentences.faiss"):
        sentence_vectors = from_bytes((folder / "sentences.faiss").read_bytes(), int(starts[-1]), dimension)
    tokens = None
    if _TOKENS in manifest.files:
        with _naming(_TOKENS):
            tokens = TokenCodes.load(folder / _TOKENS, len(passages), dimension)
    with _naming("lexical"):
        lexical = LexicalIndex.load(folder / "lexical", len(passages))
        # Postings without a folder stand for a corpus without words: what a writer cleared away just now does not.
        for name in manifest.files:
            (folder / name).stat()
    return Index(manifest, documents, passages, passage_vectors, sentence_vectors, starts, lexical, tokens)


def sync(path: Path) -> None:
    """Have the system write a file, or a folder's list of names, to the disk."""
    # Windows opens no folders; there the file system keeps the order of renames itself.
    with contextlib.suppress(PermissionError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def _naming(part: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise DamageError(f"{part} is missing") from None
    except (OSError, ValueError, TypeError, LookupError, AttributeError, EOFError, BadZipFile) as error:
        raise DamageError(f"{part}: {_one_line(error)}") from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error.strerror if isinstance(error, OSError) else error).split())[:120] or type(error).__name__


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
