"""The platform's bucket as the monitor needs it: list by time, read, write only over what was read; errors in words."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from modelyard_api.conditions import Reason
from modelyard_clients import s3
from modelyard_clients.platform import Platform
from modelyard_clients.s3 import S3Error, S3Problem

from modelyard_jobs.termination import Unavailable


class _NoObject(Exception):
    """There is no such object."""


class _Changed(Exception):
    """The condition of a write doesn't hold."""


class WrittenByAnother(Exception):
    """The object isn't the one that was read any more."""


@dataclass(frozen=True)
class Stored:
    """An object's content and the tag of exactly this content."""

    body: bytes
    etag: str


class Bucket:
    """One bucket; every failure is an ``Unavailable`` that names the bucket and what to look at."""

    def __init__(self, client: Any, name: str) -> None:
        """``client`` is a boto3 S3 client."""
        self._client = client
        self.name = name

    def keys_after(self, prefix: str, after: str) -> Iterator[str]:
        """Keys below ``prefix`` that sort after ``prefix + after``, in order, without the prefix."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix, StartAfter=prefix + after)
        with self._described(f"list {prefix}"):
            for page in pages:
                for each in page.get("Contents", []):
                    yield each["Key"].removeprefix(prefix)

    def read(self, key: str) -> Stored | None:
        """None: there is no such object."""
        try:
            with self._described(f"read {key}"):
                answer = self._client.get_object(Bucket=self.name, Key=key)
                return Stored(answer["Body"].read(), answer["ETag"])
        except _NoObject:
            return None

    def write(self, key: str, body: bytes, content_type: str, encoding: str = "") -> str:
        """Writes whatever is there; returns the object's URL."""
        extra = {"ContentEncoding": encoding} if encoding else {}
        with self._described(f"write {key}"):
            self._client.put_object(Bucket=self.name, Key=key, Body=body, ContentType=content_type, **extra)
        return f"s3://{self.name}/{key}"

    def replace(self, key: str, body: bytes, etag: str) -> str:
        """Writes only over the content tagged ``etag`` (empty: only if there is none); returns the new tag.

        A retried request whose first answer was lost fails its own condition, so a refusal counts only if the content isn't ours.
        """
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        with suppress(_Changed), self._described(f"write {key}"):
            answer = self._client.put_object(Bucket=self.name, Key=key, Body=body, ContentType="application/json", **condition)
            return str(answer["ETag"])
        found = self.read(key)
        if found is None or found.body != body:
            raise WrittenByAnother(key)
        return found.etag

    def delete(self, key: str) -> None:
        """Deleting what isn't there is fine."""
        with self._described(f"delete {key}"):
            self._client.delete_object(Bucket=self.name, Key=key)

    @contextmanager
    def _described(self, action: str) -> Iterator[None]:
        try:
            with s3.translated():
                yield
        except S3Error as error:
            if error.problem is S3Problem.NO_OBJECT:
                raise _NoObject from error
            if error.problem is S3Problem.CHANGED:
                raise _Changed from error
            raise Unavailable(Reason.DATA_UNAVAILABLE, self._what_to_do(action, error)) from error

    def _what_to_do(self, action: str, error: S3Error) -> str:
        if error.problem is S3Problem.FAILED:
            return f"S3 failed to {action} in bucket {self.name}: {error.code}; the next run tries again."
        if error.problem is S3Problem.NO_ANSWER:
            return f"No answer from S3 to {action} in bucket {self.name} ({error.code}). Check S3_ENDPOINT_URL in ConfigMap modelyard."
        return f"Bucket {self.name} refused to {action}: {error.code}. Check S3_BUCKET in ConfigMap modelyard and the S3 keys in Secret modelyard."


def platform_bucket(platform: Platform) -> Bucket:
    """The bucket that the namespace's ConfigMap names."""
    return Bucket(s3.client_of(platform), platform.s3_bucket)
