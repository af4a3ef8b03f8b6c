"""Files in S3, by boto3: fsspec's s3fs can't be installed beside it (docs/decisions/0009)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from modelyard_api.conditions import Reason
from modelyard_clients.s3 import S3Error, S3Problem, translated

from modelyard_jobs.data.source import GLOB, Copied, is_full, matching, place_for
from modelyard_jobs.termination import InvalidRequest, JobFailure, Unavailable

_CHUNK = 1 << 20


def copy(client: Any, uri: str, folder: Path) -> Copied:
    """Key and copy of each file, in the order of the keys. ``client`` is a boto3 S3 client. Raises InvalidRequest or Unavailable."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    with _described(client, uri):
        keys = _keys(client, bucket, key) if "*" in key else [key]
        if not keys:
            raise InvalidRequest(
                Reason.DATA_UNAVAILABLE,
                f"no file matches {uri}: spec.data.source.uri names bucket {bucket!r}, which holds no such keys; check the path or upload the data",
            )
        return [(one, _copy(client, bucket, one, place_for(folder, index, one))) for index, one in enumerate(keys)]


def _keys(client: Any, bucket: str, pattern: str) -> list[str]:
    """Keys in the pattern's folder whose last part matches; what a star stands for never crosses a slash."""
    folder, _, last = pattern.rpartition("/")
    prefix = pattern[: min(pattern.index(sign) for sign in GLOB if sign in pattern)]
    found: list[str] = []
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        found += [entry["Key"] for entry in page.get("Contents", []) if entry["Key"].rpartition("/")[0] == folder]
    start = f"{folder}/" if folder else ""
    return [start + name for name in matching([key.removeprefix(start) for key in found], last)]


def _copy(client: Any, bucket: str, key: str, path: Path) -> Path:
    body = client.get_object(Bucket=bucket, Key=key)["Body"]
    with path.open("wb") as file:
        for chunk in body.iter_chunks(_CHUNK):
            file.write(chunk)
    return path


@contextmanager
def _described(client: Any, uri: str) -> Iterator[None]:
    """Turns S3's errors into the two families of failures."""
    try:
        with translated():
            yield
    except S3Error as error:
        raise _failure(error, uri, client.meta.endpoint_url) from error
    except OSError as error:
        if is_full(error):
            raise
        raise Unavailable(Reason.DATA_UNAVAILABLE, _no_answer(client.meta.endpoint_url, uri, type(error).__name__)) from error


def _failure(error: S3Error, uri: str, endpoint: str) -> JobFailure:
    bucket = uri.removeprefix("s3://").partition("/")[0]
    wrong = {
        S3Problem.NO_BUCKET: f"bucket {bucket!r} of spec.data.source.uri doesn't exist at {endpoint}; create it or correct the URI {uri}",
        S3Problem.NO_OBJECT: f"there is no file {uri} at {endpoint}: the bucket {bucket!r} holds no such key; correct spec.data.source.uri or upload the data",
        S3Problem.CREDENTIALS: f"S3 at {endpoint} refuses the credentials for {uri} ({error.code}): check the keys in spec.data.source.credentials' Secret,"
        " or without it those in the namespace's Secret 'modelyard', and that they may read this bucket",
    }
    if error.problem in wrong:
        return InvalidRequest(Reason.DATA_UNAVAILABLE, wrong[error.problem])
    if error.problem is S3Problem.NO_ANSWER:
        return Unavailable(Reason.DATA_UNAVAILABLE, _no_answer(endpoint, uri, error.code))
    return Unavailable(Reason.DATA_UNAVAILABLE, f"S3 at {endpoint} answered {error.code or 'an error'} for {uri}; trying again")


def _no_answer(endpoint: str, uri: str, code: str) -> str:
    return f"S3 at {endpoint} doesn't answer for {uri} ({code}); trying again"
