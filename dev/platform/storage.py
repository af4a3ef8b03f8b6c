"""The platform's S3 as a namespace sees it."""

from typing import Any

import boto3
from botocore.config import Config

from dev.platform.kubectl import secret_value


def namespace_s3(namespace: str, url: str) -> Any:
    """A client with the namespace's own keys; ``url`` is a forwarded port."""
    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=secret_value(namespace, "modelyard", "S3_ACCESS_KEY_ID"),
        aws_secret_access_key=secret_value(namespace, "modelyard", "S3_SECRET_ACCESS_KEY"),
        config=Config(s3={"addressing_style": "path"}, retries={"mode": "standard", "max_attempts": 5}),
    )
