"""Brings the data file of a manifest to the platform's S3, with a progress bar on a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from modelyard_operator.kube.interface import Object, Unreachable

from modelyard_cli.connection import Connection
from modelyard_cli.manifests import data_files
from modelyard_cli.manifests.data_files import DataFiles
from modelyard_cli.manifests.reading import Manifest
from modelyard_cli.printing.terminal import is_terminal, say

if TYPE_CHECKING:
    from modelyard_cli.local_connection import LocalConnection


def with_data_in_place(connection: Connection, manifest: Manifest, *, dry_run: bool) -> Object:
    """The resource as it is applied: a file that it names is in S3 then (or would be)."""
    file = data_files.named_file(manifest)
    if not file or not connection.is_local:
        return manifest.body
    found = data_files.find(manifest, file)
    data_files.require_readable(manifest, found)
    if data_files.is_read_in_place(manifest):
        return manifest.body
    if not dry_run:
        said = "uploaded to" if _upload(cast("LocalConnection", connection), found) else "is already at"
        say(f"{manifest.source}: {file} {said} {found.uri}")
    return data_files.with_uri(manifest.body, found.uri)


def _upload(connection: "LocalConnection", files: DataFiles) -> bool:
    from boto3.exceptions import Boto3Error  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        with _progress(files) as progress:
            return data_files.upload(connection.uploads(), files, progress)
    except (BotoCoreError, ClientError, Boto3Error) as error:
        raise Unreachable(f"uploading {files.name} to {files.uri}: {error}") from error


@contextmanager
def _progress(files: DataFiles) -> Iterator[Callable[[Path, int], None]]:
    if not is_terminal():
        yield lambda _path, _sent: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task(files.name, total=sum(path.stat().st_size for path in files.paths))
        yield lambda _path, sent: bar.advance(task, sent)
