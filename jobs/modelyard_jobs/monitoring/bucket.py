"""The platform's bucket as the monitor needs it: list by time, read, write only over what was read; errors in words."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelyard_api.conditions import Reason

from modelyard_jobs.failures import Unavailable

if TYPE_CHECKING:
    from modelyard_model.platform import Platform

_SERVERS_FAULT = 500
_PRECONDITION_FAILED = 412
_MISSING = frozenset({"NoSuchKey", "404"})


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
        with self._explained(f"list {prefix}"):
            for page in pages:
                for each in page.get("Contents", []):
                    yield each["Key"].removeprefix(prefix)

    def read(self, key: str) -> Stored | None:
        """None: there is no such object."""
        from botocore.exceptions import ClientError  # noqa: PLC0415

        with self._explained(f"read {key}"):
            try:
                answer = self._client.get_object(Bucket=self.name, Key=key)
                return Stored(answer["Body"].read(), answer["ETag"])
            except ClientError as error:
                if error.response["Error"]["Code"] in _MISSING:
                    return None
                raise

    def write(self, key: str, body: bytes, content_type: str, encoding: str = "") -> str:
        """Writes whatever is there; returns the object's URL."""
        extra = {"ContentEncoding": encoding} if encoding else {}
        with self._explained(f"write {key}"):
            self._client.put_object(Bucket=self.name, Key=key, Body=body, ContentType=content_type, **extra)
        return f"s3://{self.name}/{key}"

    def replace(self, key: str, body: bytes, etag: str) -> str:
        """Writes only over the content tagged ``etag`` (empty: only if there is none); returns the new tag.

        A retried request whose first answer was lost fails its own condition, so a refusal counts only if the content isn't ours.
        """
        from botocore.exceptions import ClientError  # noqa: PLC0415

        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        with self._explained(f"write {key}"):
            try:
                answer = self._client.put_object(Bucket=self.name, Key=key, Body=body, ContentType="application/json", **condition)
                return str(answer["ETag"])
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] != _PRECONDITION_FAILED:
                    raise
        found = self.read(key)
        if found is None or found.body != body:
            raise WrittenByAnother(key)
        return found.etag

    def delete(self, key: str) -> None:
        """Deleting what isn't there is fine."""
        with self._explained(f"delete {key}"):
            self._client.delete_object(Bucket=self.name, Key=key)

    @contextmanager
    def _explained(self, action: str) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        try:
            yield
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if error.response["ResponseMetadata"]["HTTPStatusCode"] >= _SERVERS_FAULT:
                raise Unavailable(
                    Reason.DATA_UNAVAILABLE, f"S3 failed to {action} in bucket {self.name}: {code}; the next run tries again."
                ) from error
            raise Unavailable(
                Reason.DATA_UNAVAILABLE,
                f"Bucket {self.name} refused to {action}: {code}. Check S3_BUCKET in ConfigMap modelyard and the S3 keys in Secret modelyard.",
            ) from error
        except BotoCoreError as error:
            raise Unavailable(
                Reason.DATA_UNAVAILABLE,
                f"No answer from S3 to {action} in bucket {self.name} ({type(error).__name__}). Check S3_ENDPOINT_URL in ConfigMap modelyard.",
            ) from error


def platform_bucket(platform: "Platform") -> Bucket:
    """The bucket that the namespace's ConfigMap names."""
    return Bucket(platform.s3(), platform.s3_bucket)
