"""Installs the chart as a person would: ``helm upgrade --install``, with the images of this clone. And the S3 that it installs."""

import json
from typing import Any

import boto3
from botocore.config import Config

from dev.cluster.binaries import ensure
from dev.cluster.commands import run
from dev.cluster.locations import CLONE_STATE, REPOSITORY
from dev.platform.kubectl import items, kubeconfig, kubectl, secret_value

RELEASE = "modelyard"
SYSTEM_NAMESPACE = "modelyard-system"
USED_LABEL = "modelyard.io/uses-platform"  # namespaces that the chart gives MLflow and S3 to


def make_namespace(name: str, *, uses_platform: bool = True) -> None:
    """A namespace that enforces Pod Security "restricted"."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"} | ({USED_LABEL: "true"} if uses_platform else {})
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    kubectl("apply", "-f", "-", stdin=json.dumps(manifest))


def install(mlflow_url: str) -> None:
    """The platform for every namespace that is labelled to use it; ``mlflow_url`` is what people open in a browser."""
    make_namespace(SYSTEM_NAMESPACE, uses_platform=False)
    namespaces = sorted(each["metadata"]["name"] for each in _namespaces())
    run(
        [
            ensure(["helm"])["helm"],
            *("--kubeconfig", kubeconfig()),
            *("upgrade", "--install", RELEASE, REPOSITORY / "helm/modelyard", "--namespace", SYSTEM_NAMESPACE),
            *("--values", CLONE_STATE / "images.yaml"),
            *("--set", "seaweedfs.enabled=true", "--set", f"mlflow.externalUrl={mlflow_url}"),
            *("--set-json", f"namespaces={json.dumps(namespaces)}"),
            *("--wait", "--timeout", "10m", "--force-conflicts"),  # what somebody changed by hand is the chart's again
        ],
        timeout=700,
    )


def _namespaces() -> list[dict[str, dict[str, str]]]:
    found = [each for each in items("namespace", SYSTEM_NAMESPACE, f"{USED_LABEL}=true") if "deletionTimestamp" not in each["metadata"]]
    return found


def namespace_s3(namespace: str, url: str) -> Any:
    """A client with the namespace's own keys; ``url`` is a forwarded port."""
    keys = (secret_value(namespace, "modelyard", key) for key in ("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"))
    return client_of_s3(url, *keys)


def client_of_s3(url: str, access_key: str, secret_key: str) -> Any:
    """A client of the chart's S3."""
    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(s3={"addressing_style": "path"}, retries={"mode": "standard", "max_attempts": 5}),
    )
