"""Files in S3: found by their URI, copied to the pod's scratch space, fingerprinted. What goes wrong is said in words."""

import fnmatch
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard_api.conditions import Reason

from modelyard_jobs.failures import InvalidOrder, JobFailure, Unavailable

_CHUNK = 1 << 20
_WRONG_CREDENTIALS = frozenset(
    {"403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "401"}
)
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_GLOB = "*?["


@dataclass(frozen=True)
class SourceFile:
    """One file of the data set, copied to ``path``."""

    key: str
    path: Path
    size: int  # bytes
    sha256: str


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


def fetch(client: Any, uri: str, folder: Path) -> SourceFiles:
    """Copies what ``uri`` names into ``folder``. ``client`` is a boto3 S3 client; ``*`` may stand in the last part of the key."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    with in_words(client, uri):
        keys = _matching(client, bucket, key) if "*" in key else [key]
        if not keys:
            raise InvalidOrder(
                Reason.DATA_UNAVAILABLE,
                f"no file matches {uri}: spec.data.source.uri names bucket {bucket!r}, which holds no such keys; check the path or upload the data",
            )
        return SourceFiles(
            uri, tuple(_copy(client, bucket, one, folder / f"{index:05}-{Path(one).name}") for index, one in enumerate(keys))
        )


def _matching(client: Any, bucket: str, pattern: str) -> list[str]:
    """Keys in the pattern's folder whose last part matches; what a star stands for never crosses a slash."""
    folder, _, last = pattern.rpartition("/")
    prefix = pattern[: min(pattern.index(sign) for sign in _GLOB if sign in pattern)]
    found = []
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", []):
            parent, _, name = entry["Key"].rpartition("/")
            if parent == folder and fnmatch.fnmatchcase(name, last.replace("[", "[[]").replace("?", "[?]")):
                found.append(entry["Key"])
    return sorted(found)


def _copy(client: Any, bucket: str, key: str, path: Path) -> SourceFile:
    digest, size = hashlib.sha256(), 0
    body = client.get_object(Bucket=bucket, Key=key)["Body"]
    with path.open("wb") as file:
        for chunk in body.iter_chunks(_CHUNK):
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    return SourceFile(key, path, size, digest.hexdigest())


@contextmanager
def in_words(client: Any, uri: str) -> Iterator[None]:
    """Turns boto3's errors into the two families of failures."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        yield
    except ClientError as error:
        raise _refused(error, uri, client.meta.endpoint_url) from error
    except (BotoCoreError, OSError) as error:
        raise Unavailable(
            Reason.DATA_UNAVAILABLE, f"S3 at {client.meta.endpoint_url} doesn't answer for {uri} ({type(error).__name__}); trying again"
        ) from error


def _refused(error: Any, uri: str, endpoint: str) -> JobFailure:
    code = str(error.response.get("Error", {}).get("Code", ""))
    bucket = uri.removeprefix("s3://").partition("/")[0]
    if code == "NoSuchBucket":
        text = f"bucket {bucket!r} of spec.data.source.uri doesn't exist at {endpoint}; create it or correct the URI {uri}"
        return InvalidOrder(Reason.DATA_UNAVAILABLE, text)
    if code in _MISSING:
        text = f"there is no file {uri} at {endpoint}: the bucket {bucket!r} holds no such key; correct spec.data.source.uri or upload the data"
        return InvalidOrder(Reason.DATA_UNAVAILABLE, text)
    if code in _WRONG_CREDENTIALS:
        text = (
            f"S3 at {endpoint} refuses the credentials for {uri} ({code}): check the keys in spec.data.source.credentials' Secret,"
            " or without it those in the namespace's Secret 'modelyard', and that they may read this bucket"
        )
        return InvalidOrder(Reason.DATA_UNAVAILABLE, text)
    return Unavailable(Reason.DATA_UNAVAILABLE, f"S3 at {endpoint} answered {code or 'an error'} for {uri}; trying again")
