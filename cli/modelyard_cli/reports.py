"""The newest Evidently report of a ModelDeployment, as a file that a browser can open."""

import gzip
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from modelyard_local.home import home
from modelyard_operator.kube.interface import Object

from modelyard_cli.connection import Connection
from modelyard_cli.errors import CommandError, NotReachable

_PRIVATE = 0o700


def fetched(connection: Connection, deployment: Object, save_to: Path | None, endpoint: str) -> Path:
    """Downloads it with the namespace's own credentials. A report never changes, so one that is there is not fetched again."""
    metadata = deployment["metadata"]
    url = (deployment.get("status", {}).get("monitoring") or {}).get("reportUrl", "")
    if not url:
        raise CommandError(f"ModelDeployment {metadata['name']} has no report yet: {_why(deployment)}")
    bucket, key = urlsplit(url).netloc, urlsplit(url).path.lstrip("/")
    path = (save_to or _place(metadata["namespace"], metadata["name"], key)).absolute()
    if save_to or not path.exists():
        _download(connection, metadata["namespace"], endpoint, (bucket, key), path)
    return path


def page(s3: Any, bucket: str, key: str) -> bytes:
    """The HTML of a report, which the monitor stores compressed. Raises botocore's errors."""
    answer = s3.get_object(Bucket=bucket, Key=key)
    body: bytes = answer["Body"].read()
    return gzip.decompress(body) if answer.get("ContentEncoding") == "gzip" else body


def _why(deployment: Object) -> str:
    if not deployment["spec"].get("monitoring"):
        return "spec.monitoring is not set"
    conditions = {each["type"]: each.get("message", "") for each in deployment.get("status", {}).get("conditions") or ()}
    return conditions.get("Drifted") or "no window was judged yet"


def _place(namespace: str, name: str, key: str) -> Path:
    folder = home().folder / "reports" / namespace / name
    folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    return folder / key.replace("/", "_")


def _download(connection: Connection, namespace: str, endpoint: str, place: tuple[str, str], path: Path) -> None:
    from modelyard_clients.s3 import S3Error, S3Problem, translated  # noqa: PLC0415  # boto3 takes a third of a second

    bucket, key = place
    try:
        with translated():
            content = page(connection.s3(namespace, endpoint), bucket, key)
    except S3Error as error:
        what = f"S3 doesn't give s3://{bucket}/{key}: {error}"
        if error.problem is not S3Problem.NO_ANSWER:
            raise CommandError(what) from error
        hint = "; if that is an address inside the cluster, forward a port to it and name it with --s3-endpoint"
        raise NotReachable(f"{what}{'' if connection.is_local else hint}") from error
    path.write_bytes(content)
