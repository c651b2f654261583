"""The manifest: what an index was made with, and the checksum of every file it consists of."""

import hashlib
import json
import re
import shlex
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from rag.embedding.embedder import Embedder
from rag.errors import BadIndex

FORMAT = 2
NAME = "manifest.json"
_GENERATION = re.compile(r"generation-[0-9]+-[0-9a-f]+|")


@dataclass(frozen=True, slots=True)
class Chunking:
    """Largest passage, in the embedding model's tokens (prefix and heading included) and in characters."""

    tokens: int
    chars: int


@dataclass(frozen=True, slots=True)
class Model:
    """The embedding model that made the vectors."""

    name: str
    fingerprint: str
    dimension: int
    max_tokens: int

    @classmethod
    def of(cls, embedder: Embedder) -> Self:
        return cls(embedder.name, embedder.fingerprint, embedder.dimension, embedder.max_tokens)

    def made_by(self, embedder: Embedder) -> bool:
        """Whether the embedder makes the same vectors, whatever it is called."""
        return (self.fingerprint, self.dimension) == (embedder.fingerprint, embedder.dimension)


@dataclass(frozen=True, slots=True)
class Manifest:
    """`generation` is the folder of the files, "" for an index in memory; `previous` the one before, kept for readers.

    `files` maps each file's path inside the generation to its SHA-256. `probe` is `LexicalIndex.probe`.
    """

    version: str
    created: str
    model: Model
    chunking: Chunking
    documents: int
    passages: int
    sentences: int
    probe: tuple[int, float, float] | None
    generation: str = ""
    previous: str = ""
    files: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """Readable JSON that carries its own checksum."""
        content = {"format": FORMAT, **asdict(self)}
        return json.dumps({**content, "checksum": _checksum(content)}, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str, folder: Path) -> Self:
        """Raises BadIndex for another format and for anything that `to_json` did not write."""
        try:
            content = json.loads(text)
            if isinstance(content, dict) and content.get("format", FORMAT) != FORMAT:
                written = str(content["format"])[:20]
                raise BadIndex(
                    f"the index {shown(folder)} has format {written!r}, this version reads {FORMAT}; "
                    f"{rebuild_command(folder)}"
                )
            if content.pop("checksum") != _checksum(content):
                raise ValueError("checksum")
            del content["format"]
            content["model"] = Model(**content["model"])
            content["chunking"] = Chunking(**content["chunking"])
            content["probe"] = content["probe"] and tuple(content["probe"])
            if not _GENERATION.fullmatch(content["generation"]) or not _GENERATION.fullmatch(content["previous"]):
                raise ValueError("generation")
            return cls(**content)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            raise damaged(folder, NAME) from None

    def require(self, embedder: Embedder, folder: Path) -> None:
        """Raises BadIndex unless the embedder makes the same vectors as the one that built the index."""
        if self.model.made_by(embedder):
            return
        if self.model.name == embedder.name:
            wrong, hint = f"another version of the model {embedder.name}", ""
        else:
            wrong, hint = f"the model {self.model.name}, not {embedder.name}", f"use --model {self.model.name}, or "
        raise BadIndex(f"the index {shown(folder)} was built by {wrong}; {hint}{rebuild_command(folder)}")


def shown(folder: Path) -> str:
    """The folder as one would type it, on one line."""
    return shlex.quote(str(folder)).replace("\n", "\\n")


def rebuild_command(folder: Path) -> str:
    """The command that builds the index anew."""
    return f"rebuild it: rag ingest PATH… --index {shown(folder)} --rebuild"


def damaged(folder: Path, part: str) -> BadIndex:
    """The error for a file that is missing, cut short or altered."""
    return BadIndex(f"the index {shown(folder)} is damaged ({part}); {rebuild_command(folder)}")


def _checksum(content: dict[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
