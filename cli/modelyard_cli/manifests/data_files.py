"""Data files that a manifest names: found, checked and put into the platform's S3 before it is applied."""

import copy
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote, urlsplit

from modelyard_api.catalogue.formats import endings
from modelyard_operator.kube.interface import TRAINING_JOB, Object, Unreachable

from modelyard_cli.connection import Connection
from modelyard_cli.errors import WrongUsage
from modelyard_cli.manifests.manifest_files import Manifest
from modelyard_cli.printing.terminal import is_terminal, say

if TYPE_CHECKING:
    from modelyard_cli.local_connection import LocalConnection


BUCKET = "datasets"
_BLOCK = 1 << 20


@dataclass(frozen=True)
class DataFiles:
    """What a TrainingJob reads from this machine's disk: one file, or several that match one pattern."""

    paths: Sequence[Path]
    name: str  # the file's name, or the pattern
    key_prefix: str  # uploads/<namespace>/<hash of the content>

    @property
    def uri(self) -> str:
        """Where it will be."""
        return f"s3://{BUCKET}/{self.key_prefix}/{self.name}"

    def keyed(self) -> Iterator[tuple[Path, str]]:
        """Each file and its key."""
        return ((path, f"{self.key_prefix}/{path.name}") for path in self.paths)


def named_file(manifest: Manifest) -> str:
    """The path that the manifest's uri names; empty: none, or it is an address."""
    if manifest.body["kind"] != TRAINING_JOB.name:
        return ""
    uri = _source(manifest.body).get("uri")
    if not isinstance(uri, str) or not uri:
        return ""
    if uri.startswith("file:"):
        return unquote(urlsplit(uri).path)
    return "" if "://" in uri else uri


def is_read_in_place(manifest: Manifest) -> bool:
    """Whether pods on this machine read the named file themselves."""
    return str(_source(manifest.body).get("uri")).startswith("file:///")


def refuse_on_a_cluster(manifest: Manifest) -> None:
    """A cluster can't read this machine's disk."""
    if not (file := named_file(manifest)):
        return
    name = Path(file).name
    raise WrongUsage(
        f"{manifest.source}: spec.data.source.uri: {file} is a file on this machine, which pods on a cluster can't read. Upload it, for example "
        f"with: aws s3 cp {file} s3://<bucket>/{name} --endpoint-url <your S3>, then write uri: s3://<bucket>/{name}"
    )


def find(manifest: Manifest, file: str) -> DataFiles:
    """The file that a manifest names, relative to the manifest; raises WrongUsage."""
    where = f"{manifest.source}: spec.data.source.uri"
    if _source(manifest.body).get("credentials"):
        raise WrongUsage(f"{where}: a file on this machine needs no data.source.credentials; leave them out")
    path = manifest.folder / Path(file).expanduser()
    found = sorted(each for each in path.parent.glob(path.name) if each.is_file()) if "*" in path.name else [path]
    if not found or not all(each.is_file() for each in found):
        raise WrongUsage(f"{where}: there is no file {path}")
    namespace = manifest.body["metadata"]["namespace"]
    return DataFiles(found, path.name, f"uploads/{namespace}/{_digest(found)[:16]}")


def require_readable(manifest: Manifest, files: DataFiles) -> None:
    """Looks at the beginning of each file for what would end the training in a pod later; raises WrongUsage."""
    where = f"{manifest.source}: spec.data.source.uri"
    if not files.name.lower().endswith(tuple(f".{ending}" for ending in endings())):
        raise WrongUsage(f"{where}: the name of {files.name} has to end in {', '.join(f'.{ending}' for ending in endings())}; rename it")
    from modelyard_jobs.data import beginnings  # noqa: PLC0415  polars: half a second
    from modelyard_jobs.termination import InvalidRequest  # noqa: PLC0415  half a second

    try:
        seen = beginnings.glance_at([(path.name, path) for path in files.paths])
        for field, name in _named_columns(manifest.body):
            beginnings.require_seen(field, name, seen)
    except InvalidRequest as error:
        raise WrongUsage(f"{where}: {error}") from error


def _named_columns(body: Object) -> Iterator[tuple[str, str]]:
    """Field and name of the columns that every training needs; a manifest of another shape is refused later."""
    spec = body["spec"]
    objective, data = (part if isinstance(part, dict) else {} for part in (spec.get("objective"), spec.get("data")))
    derived, split = objective.get("targetFrom"), data.get("split")
    named = [
        ("spec.objective.targetFrom.column", derived.get("column"))
        if isinstance(derived, dict)
        else ("spec.objective.target", objective.get("target")),
        ("spec.data.time", data.get("time")),
        ("spec.data.split.column", split.get("column") if isinstance(split, dict) else None),
        *(("spec.data.key", name) for name in data.get("key") or [] if isinstance(data.get("key"), list)),
    ]
    return ((field, name) for field, name in named if isinstance(name, str) and name)


def with_uri(body: Object, uri: str) -> Object:
    """The same TrainingJob, reading from S3."""
    changed = copy.deepcopy(body)
    changed["spec"]["data"]["source"]["uri"] = uri
    return changed


def upload(s3: object, files: DataFiles, progress: Callable[[Path, int], None]) -> bool:
    """Put there what isn't there yet; whether anything was sent. ``progress`` gets the bytes of each piece."""
    missing = [(path, key) for path, key in files.keyed() if not _is_there(s3, key, path.stat().st_size)]
    for path, key in missing:
        s3.upload_file(str(path), BUCKET, key, Callback=lambda sent, path=path: progress(path, sent))  # type: ignore[attr-defined]
    return bool(missing)


def _is_there(s3: object, key: str, size: int) -> bool:
    from modelyard_clients.s3 import S3Error, S3Problem, translated  # noqa: PLC0415  # boto3 takes a third of a second

    try:
        with translated():
            found = s3.head_object(Bucket=BUCKET, Key=key)  # type: ignore[attr-defined]
    except S3Error as error:
        if error.problem is S3Problem.NO_OBJECT:
            return False
        raise
    return bool(found["ContentLength"] == size)


def _source(body: Object) -> Object:
    found: object = body
    for field in ("spec", "data", "source"):
        found = found.get(field) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _digest(paths: Sequence[Path]) -> str:
    """Of names and contents, so that another file never takes the place of one that a model was trained on."""
    digest = hashlib.sha256()
    for path in paths:
        if len(paths) > 1:
            digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()


def with_data_in_place(connection: Connection, manifest: Manifest, *, dry_run: bool) -> Object:
    """The resource as it is applied: a file that it names is in S3 then (or would be)."""
    file = named_file(manifest)
    if not file or not connection.is_local:
        return manifest.body
    found = find(manifest, file)
    require_readable(manifest, found)
    if is_read_in_place(manifest):
        return manifest.body
    if not dry_run:
        said = "uploaded to" if _upload(cast("LocalConnection", connection), found) else "is already at"
        say(f"{manifest.source}: {file} {said} {found.uri}")
    return with_uri(manifest.body, found.uri)


def _upload(connection: "LocalConnection", files: DataFiles) -> bool:
    from modelyard_clients.s3 import S3Error, translated  # noqa: PLC0415  # boto3 takes a third of a second

    try:
        with _progress(files) as progress, translated():
            return upload(connection.uploads(), files, progress)
    except S3Error as error:
        raise Unreachable(f"uploading {files.name} to {files.uri}: {error}") from error


@contextmanager
def _progress(files: DataFiles) -> Iterator[Callable[[Path, int], None]]:
    if not is_terminal():
        yield lambda _path, _sent: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn  # noqa: PLC0415  a quarter of a second

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task(files.name, total=sum(path.stat().st_size for path in files.paths))
        yield lambda _path, sent: bar.advance(task, sent)
