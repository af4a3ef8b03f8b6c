"""S3 through boto3: a client from the platform's settings, and the one translation of its errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from modelyard_clients.platform import Platform

_CREDENTIALS = frozenset({"401", "403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"})
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_PRECONDITION_FAILED, _SERVERS_FAULT = 412, 500


class S3Problem(Enum):
    """What went wrong, as far as that decides what is done about it."""

    NO_BUCKET = "the bucket doesn't exist"
    NO_OBJECT = "the object doesn't exist"
    CREDENTIALS = "the credentials may not do that"
    CHANGED = "the object isn't the one that was expected any more"
    REFUSED = "the request is refused for another reason"
    FAILED = "the server failed; another try may help"
    NO_ANSWER = "no response; another try may help"


class S3Error(Exception):
    """``code`` is the server's word, or the name of the client's error."""

    def __init__(self, problem: S3Problem, code: str, message: str) -> None:
        super().__init__(message)
        self.problem = problem
        self.code = code


def client_of(platform: Platform) -> Any:
    """A boto3 S3 client with the platform's endpoint and keys, whatever ``AWS_*`` variables say."""
    return boto3.session.Session().client(
        "s3",
        endpoint_url=platform.s3_endpoint or None,
        region_name=platform.s3_region,
        aws_access_key_id=platform.s3_access_key,
        aws_secret_access_key=platform.s3_secret_key,
        config=Config(
            s3={"addressing_style": "path"},
            connect_timeout=5,
            read_timeout=30,
            retries={"mode": "standard", "max_attempts": 4},
            ignore_configured_endpoint_urls=True,
        ),
    )


@contextmanager
def translated() -> Iterator[None]:
    """Raises S3Error in place of what boto3 raises."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        raise S3Error(_problem(code, status), code, str(error)) from error
    except (BotoCoreError, Boto3Error) as error:
        raise S3Error(S3Problem.NO_ANSWER, type(error).__name__, str(error)) from error


def _problem(code: str, status: int) -> S3Problem:
    if code == "NoSuchBucket":
        return S3Problem.NO_BUCKET
    if code in _MISSING:
        return S3Problem.NO_OBJECT
    if code in _CREDENTIALS:
        return S3Problem.CREDENTIALS
    if status == _PRECONDITION_FAILED:
        return S3Problem.CHANGED
    return S3Problem.FAILED if status >= _SERVERS_FAULT else S3Problem.REFUSED
