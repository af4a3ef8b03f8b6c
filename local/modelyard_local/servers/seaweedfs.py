"""SeaweedFS: S3 for data sets, request logs, reports and MLflow's artifacts."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from modelyard_local import disk, preparation
from modelyard_local.home import Home
from modelyard_local.keys import Keys
from modelyard_local.servers.supervision import Server, clean_environment, find_program

NAME = "s3"
REGION = "us-east-1"  # it has none; clients need a name to sign with
MLFLOW_BUCKET, PLATFORM_BUCKET, DATASETS_BUCKET = "mlflow", "modelyard", "datasets"
BUCKETS = (MLFLOW_BUCKET, PLATFORM_BUCKET, DATASETS_BUCKET)
_PROBE = ".ready"
_SOCKETS = Path("/tmp")  # noqa: S108  SeaweedFS's choice
_LONGEST_SOCKET_NAME = 100  # in bytes; macOS allows 103


class InnerPorts(BaseModel):
    """Of its own parts, for itself alone. Kept: its sockets and a folder of its state are named after them."""

    model_config = ConfigDict(frozen=True)

    master: int
    master_grpc: int
    volume: int
    volume_grpc: int
    filer: int
    filer_grpc: int
    s3_grpc: int

    @property
    def sockets(self) -> tuple[Path, ...]:
        """Where it puts Unix sockets, which can't be changed; it leaves them there when it is killed."""
        numbers = {"master": self.master_grpc, "volume": self.volume_grpc, "filer": self.filer_grpc, "s3": self.s3_grpc}
        return tuple(_SOCKETS / f"seaweedfs-{part}-grpc-{number}.sock" for part, number in numbers.items())

    @property
    def are_free(self) -> bool:
        """Also of sockets that another user's server left, which can't be removed."""
        return not any(path.exists() and path.lstat().st_uid != os.getuid() for path in self.sockets)


def server(home: Home, keys: Keys, port: int, inner: InnerPorts) -> Server:
    """Its data in ``home.data("s3")``; ready once all buckets are there and take an object."""
    data = home.data(NAME)
    config = data / "identities.json"
    disk.write(config, json.dumps(_identities(keys)))
    probe = BucketProbe(f"http://{preparation.LOOPBACK}:{port}", keys)
    sockets = {part: _socket(data, part, port) for part in ("s3", "filer")}
    return Server(
        name=NAME,
        title="S3 (SeaweedFS)",
        command=[*_command(data, config, port, inner), *(f"-{part}.localSocket={path}" for part, path in sockets.items())],
        environment=clean_environment(data, WEED_MASTER_VOLUME_GROWTH_COPY_1="1"),  # seven files per bucket gain nothing on one disk
        folder=data,
        log=home.logs / "s3.log",
        is_ready=probe,
        usually_seconds=3,
        grace_seconds=1.5,  # it writes at once and then waits 15 s for itself; a kill loses nothing that was acknowledged
        leftovers=(*inner.sockets, *sockets.values()),
    )


def inner_ports(home: Home, is_free: Callable[[int], bool] = preparation.is_free_port, others: frozenset[int] = frozenset()) -> InnerPorts:
    """The ones of last time if all are free, else new ones; remembered."""
    path = home.data(NAME) / "ports.json"
    found = _remembered(path)
    while found is None or not found.are_free or not all(port not in others and is_free(port) for port in found.model_dump().values()):
        names = list(InnerPorts.model_fields)
        found = InnerPorts(**dict(zip(names, preparation.free_ports(len(names), is_free, others), strict=True)))
    disk.write(path, found.model_dump_json())
    return found


def _remembered(path: Path) -> InnerPorts | None:
    try:
        return InnerPorts.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def _socket(data: Path, part: str, port: int) -> Path:
    """In the home, unless its name is too long for the system."""
    path = data / f"{part}.sock"
    return path if len(os.fsencode(path)) <= _LONGEST_SOCKET_NAME else _SOCKETS / f"modelyard-{os.getuid()}-{port}-{part}.sock"


def _command(data: Path, config: Path, port: int, inner: InnerPorts) -> list[str]:
    return [
        *(find_program("weed"), "server", f"-dir={data}", f"-ip={preparation.LOOPBACK}", f"-ip.bind={preparation.LOOPBACK}"),
        # alone, so it needn't wait for other masters: that makes 2 s of 18
        *("-master.peers=none", "-master.electionTimeout=1s", "-master.telemetry=false", "-master.volumeSizeLimitMB=512"),
        *("-volume.max=4096", "-volume.minFreeSpace=200MiB", "-volume.preStopSeconds=0"),
        *("-filer", "-s3", f"-s3.port={port}", f"-s3.config={config}", "-s3.port.iceberg=0", "-s3.port.lance=0"),
        *(f"-master.port={inner.master}", f"-master.port.grpc={inner.master_grpc}"),
        *(f"-volume.port={inner.volume}", f"-volume.port.grpc={inner.volume_grpc}"),
        *(f"-filer.port={inner.filer}", f"-filer.port.grpc={inner.filer_grpc}", f"-s3.port.grpc={inner.s3_grpc}"),
    ]


def _identities(keys: Keys) -> dict[str, Any]:
    credentials = [{"accessKey": keys.s3_access_key, "secretKey": keys.s3_secret_key}]
    return {"identities": [{"name": "owner", "credentials": credentials, "actions": ["Admin", "Read", "List", "Tagging", "Write"]}]}


class BucketProbe:
    """Makes the buckets and writes an object the first time; later only asks whether they are there."""

    def __init__(self, endpoint: str, keys: Keys) -> None:
        self._endpoint = endpoint
        self._keys = keys
        self._client: Any = None
        self._written = False

    def __call__(self) -> bool:
        """False as long as the server (or the volume behind it) doesn't answer."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  half a second, while the server starts

        self._client = self._client or client(self._endpoint, self._keys)
        try:
            there = {each["Name"] for each in self._client.list_buckets()["Buckets"]}
            for bucket in BUCKETS:
                if bucket not in there:
                    self._client.create_bucket(Bucket=bucket)
            if not self._written:
                self._client.put_object(Bucket=PLATFORM_BUCKET, Key=_PROBE, Body=b"ready")
                self._client.delete_object(Bucket=PLATFORM_BUCKET, Key=_PROBE)
                self._written = True
        except (BotoCoreError, ClientError):
            return False
        return True


def client(endpoint: str, keys: Keys) -> Any:
    """For the owner of the keys, whatever the environment says; succeeds or fails within seconds."""
    import boto3  # noqa: PLC0415  a second
    from botocore.config import Config  # noqa: PLC0415  a second

    return boto3.session.Session().client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=keys.s3_access_key,
        aws_secret_access_key=keys.s3_secret_key,
        region_name=REGION,
        config=Config(
            s3={"addressing_style": "path"},
            connect_timeout=2,
            read_timeout=10,
            retries={"total_max_attempts": 1},
            proxies={},
            ignore_configured_endpoint_urls=True,
        ),
    )
