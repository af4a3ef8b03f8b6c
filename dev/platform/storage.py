"""The platform's S3, with a namespace's own keys or with those of this machine."""

from typing import Any

import boto3
from botocore.config import Config

from dev.platform.kubectl import secret_value


def s3_client(url: str, access_key: str, secret_key: str) -> Any:
    """Explicit keys: nothing of the user's own AWS settings takes part."""
    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(s3={"addressing_style": "path"}, retries={"mode": "standard", "max_attempts": 5}),
    )


def namespace_s3(namespace: str, url: str) -> Any:
    """A client with the namespace's own keys on the cluster; ``url`` is a forwarded port."""
    keys = (secret_value(namespace, "modelyard", name) for name in ("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"))
    return s3_client(url, *keys)
