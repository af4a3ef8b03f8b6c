"""A real S3 server (SeaweedFS) with access keys, on free loopback ports."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard_local.preparation import free_ports

from tests.servers.process import Server, clean_environment, program, running

_READY_WITHIN_SECONDS = 60.0
_PORTS = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc", "s3.port.grpc")


@dataclass(frozen=True)
class S3Server:
    """A running server with one bucket; the keys may do everything in every bucket."""

    endpoint: str
    access_key: str
    secret_key: str
    bucket: str
    region: str
    process: Server

    def client(self) -> Any:
        """A boto3 client with these keys, whatever the environment says."""
        return _client(self.endpoint, self.access_key, self.secret_key, self.region)

    def environment(self) -> dict[str, str]:
        """What MLflow and other users of boto3's own settings need."""
        return {
            "MLFLOW_S3_ENDPOINT_URL": self.endpoint,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": self.region,
        }


@contextmanager
def running_s3(directory: Path, *, bucket: str = "modelyard", port: int = 0) -> Iterator[S3Server]:
    """SeaweedFS with its volumes in ``directory`` and an empty ``bucket``."""
    data = directory / "data"
    data.mkdir(parents=True, exist_ok=True)
    access_key, secret_key, region = "test-access-key", secrets.token_urlsafe(24), "us-east-1"
    (directory / "s3.json").write_text(json.dumps(_identities(access_key, secret_key)))
    port = port or free_ports(1)[0]
    endpoint = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        return _has_bucket(_client(endpoint, access_key, secret_key, region), bucket)

    command = _command(directory, port)
    with running(command, directory / "seaweedfs.log", answers, seconds=_READY_WITHIN_SECONDS, environment=clean_environment()) as process:
        yield S3Server(endpoint, access_key, secret_key, bucket, region, process)


def _command(directory: Path, port: int) -> list[str]:
    ports = [f"-{name}={number}" for name, number in zip(_PORTS, free_ports(len(_PORTS)), strict=True)]
    return [
        *(program("weed"), "server", f"-dir={directory / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
        *("-master.peers=none", "-master.electionTimeout=1s", "-volume.preStopSeconds=0"),  # alone: it needn't wait for others
        *("-master.telemetry=false", "-master.volumeSizeLimitMB=64", "-volume.max=32", "-volume.minFreeSpace=100MiB"),
        *("-s3", f"-s3.port={port}", f"-s3.config={directory / 's3.json'}", "-s3.port.iceberg=0", "-s3.port.lance=0", "-filer"),
        *ports,
    ]


def _identities(access_key: str, secret_key: str) -> dict[str, Any]:
    credentials = [{"accessKey": access_key, "secretKey": secret_key}]
    return {"identities": [{"name": "tests", "credentials": credentials, "actions": ["Admin", "Read", "List", "Tagging", "Write"]}]}


def _client(endpoint: str, access_key: str, secret_key: str, region: str) -> Any:
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    config = Config(s3={"addressing_style": "path"}, connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 2})
    return boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        region_name=region,
        config=config,
    )


def _has_bucket(client: Any, bucket: str) -> bool:
    """Makes the bucket; false as long as the server (or the volume server behind it) doesn't answer."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        if bucket not in {each["Name"] for each in client.list_buckets()["Buckets"]}:
            client.create_bucket(Bucket=bucket)
        client.put_object(Bucket=bucket, Key=".ready", Body=b"ready")
        client.delete_object(Bucket=bucket, Key=".ready")
    except (BotoCoreError, ClientError):
        return False
    return True
