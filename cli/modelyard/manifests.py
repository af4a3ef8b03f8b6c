"""Manifests as Python has them: files, or dictionaries."""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from modelyard_api.base import API_VERSION
from modelyard_cli.connection import Connection
from modelyard_cli.errors import WrongUsage
from modelyard_cli.init.files import name_from_file
from modelyard_cli.manifests import data_files, manifest_files
from modelyard_cli.manifests.manifest_files import Manifest
from modelyard_local.kinds import ALL_KINDS
from modelyard_operator.kube.interface import Object

Source = str | PathLike[str] | Mapping[str, Any]


def read(sources: Sequence[Source], namespace: str) -> list[Manifest]:
    """Raises WrongUsage."""
    return [
        manifest
        for source in sources
        for manifest in ([_given(source, namespace)] if isinstance(source, Mapping) else manifest_files.read([str(source)], namespace))
    ]


def _given(body: Mapping[str, Any], namespace: str) -> Manifest:
    """A dictionary; paths in it start from the working folder."""
    metadata = body.get("metadata")
    if str(body.get("kind")) not in ALL_KINDS or not isinstance(metadata, Mapping) or not metadata.get("name"):
        raise WrongUsage("a manifest needs apiVersion, kind (such as TrainingJob), metadata with a name, and spec")
    named = {**body, "metadata": {**metadata, "namespace": metadata.get("namespace") or namespace}}
    return Manifest(named, "the manifest", Path.cwd())


def apply(connection: Connection, manifests: Sequence[Manifest]) -> list[Object]:
    """All of them, as they are stored then; files of data that they name go to the platform's S3."""
    if not connection.is_local:
        for manifest in manifests:
            data_files.refuse_on_a_cluster(manifest)
    connection.require_running()
    return [
        connection.apply(data_files.with_data_in_place(connection, each, dry_run=False), dry_run=False, force=False) for each in manifests
    ]


def training_job(data: str | PathLike[str], target: str, name: str | None, spec: Mapping[str, Any]) -> Object:
    """A TrainingJob for a file (or an address: s3://, https://, file:///); ``spec`` adds to it, or replaces parts of it."""
    uri = str(data)
    requested = {
        **spec,
        "objective": {"target": target, **spec.get("objective", {})},
        "data": {"source": {"uri": uri}, **spec.get("data", {})},
    }
    return {
        "apiVersion": API_VERSION,
        "kind": "TrainingJob",
        "metadata": {"name": name or name_from_file(Path(uri))},
        "spec": requested,
    }
