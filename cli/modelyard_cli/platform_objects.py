"""What a namespace's ConfigMap and Secret ``modelyard`` say to whoever may read them."""

import base64
from collections.abc import Mapping
from typing import Any

from modelyard_api import labels
from modelyard_clients.platform import Platform
from modelyard_local.kinds import CONFIG_MAP, SECRET
from modelyard_operator.kube.interface import Kind, Kube, NotFound

from modelyard_cli.errors import CommandError


def s3(kube: Kube, namespace: str, endpoint: str = "") -> Any:
    """A client with the namespace's keys; ``endpoint`` in place of the one that pods use."""
    config = _data(kube, CONFIG_MAP, namespace)
    secret = {key: base64.b64decode(value).decode() for key, value in _data(kube, SECRET, namespace).items()}
    return s3_client(
        endpoint or config.get(labels.CONFIG_S3_ENDPOINT, "").strip(),
        _value(secret, namespace, labels.SECRET_S3_ACCESS_KEY),
        _value(secret, namespace, labels.SECRET_S3_SECRET_KEY),
        config.get(labels.CONFIG_S3_REGION, "").strip(),
    )


def s3_client(endpoint: str, access_key: str, secret_key: str, region: str = "") -> Any:
    """As pods make theirs."""
    from modelyard_clients.s3 import client_of  # noqa: PLC0415  # boto3 takes a third of a second

    platform = Platform(
        mlflow_uri="",
        mlflow_username="",
        mlflow_password="",
        s3_endpoint=endpoint,
        s3_bucket="",
        s3_region=region or "us-east-1",
        s3_access_key=access_key,
        s3_secret_key=secret_key,
    )
    return client_of(platform)


def _data(kube: Kube, kind: Kind, namespace: str) -> Mapping[str, str]:
    try:
        found: Mapping[str, str] = kube.get(kind, namespace, labels.PLATFORM_NAME).get("data") or {}
    except NotFound:
        raise CommandError(f"namespace {namespace} has no {kind.name} {labels.PLATFORM_NAME}, so its S3 isn't known") from None
    return found


def _value(secret: Mapping[str, str], namespace: str, key: str) -> str:
    if value := secret.get(key, "").strip():
        return value
    raise CommandError(f"Secret {labels.PLATFORM_NAME} of namespace {namespace} has no {key}")
