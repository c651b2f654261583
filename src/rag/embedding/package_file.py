"""A file inside an installed package: located without importing anything, and checked before use."""

import hashlib
import importlib.metadata
from dataclasses import dataclass
from pathlib import Path

from rag.errors import BadModel

HUB_MODEL = "intfloat/multilingual-e5-small"
_INSTEAD = f"use --model {HUB_MODEL}, which is downloaded from the hub"


@dataclass(frozen=True, slots=True)
class PackageFile:
    """A file inside an installed package, which is imported by nobody: importing may load compiled code."""

    package: str
    version: str
    path: str
    sha256: str

    def locate(self) -> Path:
        """The file, checked. Raises BadModel where it is absent or is not the one that was tested."""
        try:
            path = Path(str(importlib.metadata.distribution(self.package).locate_file(self.path)))
        except importlib.metadata.PackageNotFoundError:
            raise BadModel(
                f"the packaged model needs {self.package}=={self.version}, not installed here; {_INSTEAD}"
            ) from None
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise BadModel(f"cannot read {path} of {self.package}: {error.strerror}; {_INSTEAD}") from error
        if found != self.sha256:
            raise BadModel(
                f"{path} is not the file of {self.package}=={self.version} (its SHA-256 starts {found[:12]}, "
                f"not {self.sha256[:12]}); reinstall that package, or {_INSTEAD}"
            )
        return path
