"""Where the rows come from: files of S3, of a web server or of this machine, copied to the pod's scratch space and fingerprinted.

Errors are terminal where a person has to change something, transient where another try may help.
"""

import errno
import fnmatch
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from modelyard_api.catalogue.names import implementation
from modelyard_api.conditions import Reason

from modelyard_jobs.termination import InvalidRequest, Unavailable

_BLOCK = 1 << 20
_LONGEST_NAME = 60  # letters, of up to four bytes
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
GLOB = "*?["
SOURCES = {  # by scheme: what copies a URI's files into a folder, imported when such a URI is first seen
    "s3": "modelyard_jobs.data.s3_source:copy",
    "https": "modelyard_jobs.data.web_source:copy",
    "file": "modelyard_jobs.data.disk_source:copy",
}


@dataclass(frozen=True)
class SourceFile:
    """One file of the data set, copied to ``path``."""

    key: str
    path: Path
    size: int  # bytes
    sha256: str

    @classmethod
    def where_it_lies(cls, path: Path, key: str = "") -> "SourceFile":
        """A file of this machine, neither copied nor fingerprinted. ``key``: another name for messages than its own."""
        return cls(key or path.name, path, path.stat().st_size, "")


@dataclass(frozen=True)
class SourceFiles:
    """The files of one URI in the order of their keys."""

    uri: str
    files: tuple[SourceFile, ...]

    @property
    def digest(self) -> str:
        """sha256 over the files' own digests, in the order of their keys; where the files are doesn't count."""
        return hashlib.sha256("".join(file.sha256 for file in self.files).encode()).hexdigest()

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


Copied = Iterable[tuple[str, Path]]  # key, and where the file lies now


def fetch(client: Any, uri: str, folder: Path) -> SourceFiles:
    """Copies what ``uri`` names into ``folder``. ``client`` is a boto3 S3 client; ``*`` may stand in the last part of a path.

    Raises InvalidRequest or Unavailable.
    """
    try:
        files = tuple(_fingerprinted(key, path) for key, path in _copied(client, uri, folder))
    except OSError as error:
        if not is_full(error):
            raise
        raise Unavailable(
            Reason.DATA_UNAVAILABLE,
            f"the disk of the pod's machine has no room for {shown(uri)} ({error.strerror}); make room; trying again",
        ) from error
    return SourceFiles(shown(uri), files)


def _copied(client: Any, uri: str, folder: Path) -> Copied:
    scheme = uri.partition("://")[0]
    if scheme not in SOURCES:
        raise InvalidRequest(
            Reason.INVALID_SPEC, f"spec.data.source.uri has to begin with s3://, https:// or, on one machine, file:///, not {scheme}"
        )
    copy: Callable[[Any, str, Path], Copied] = implementation(SOURCES[scheme])
    return copy(client, uri, folder)


def shown(uri: str) -> str:
    """Without a query, which may hold a signature."""
    return urlunsplit(urlsplit(uri)._replace(query="", fragment="")) if uri.startswith("https://") else uri


def is_full(error: Exception) -> bool:
    """Whether the pod's own disk is the matter."""
    return isinstance(error, OSError) and error.errno in _FULL


def matching(names: Iterable[str], pattern: str) -> list[str]:
    """Names that the pattern means: a star stands for any letters, and everything else for itself."""
    plain = pattern.replace("[", "[[]").replace("?", "[?]")
    return sorted(name for name in names if fnmatch.fnmatchcase(name, plain))


def place_for(folder: Path, index: int, name: str) -> Path:
    """Names of two files may be equal but for their folders, and longer than a disk takes."""
    return folder / f"{index:05}-{Path(name).name[-_LONGEST_NAME:]}"


def _fingerprinted(key: str, path: Path) -> SourceFile:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return SourceFile(key, path, size, digest.hexdigest())
