"""`modelyard apply`."""

from typing import Annotated

import typer
from modelyard_local.kinds import ALL_KINDS, CONFIG_MAP, SECRET
from modelyard_operator.kube.interface import (
    MODEL_DEPLOYMENT,
    TRAINING_JOB,
    Conflict,
    KubeError,
    NotFound,
    Object,
    Refused,
    Throttled,
    Unreachable,
)

from modelyard_cli.connect import connect
from modelyard_cli.connection import Connection
from modelyard_cli.errors import CommandError, WrongUsage, ending, said
from modelyard_cli.manifests import data_files, manifest_files
from modelyard_cli.manifests.manifest_files import Manifest
from modelyard_cli.printing.listing import name_of
from modelyard_cli.printing.terminal import note, say
from modelyard_cli.target import target

_LOCAL_KINDS = (TRAINING_JOB, MODEL_DEPLOYMENT, SECRET, CONFIG_MAP)
_OF_THE_SERVER = ("resourceVersion", "generation", "managedFields")


def apply(
    ctx: typer.Context,
    files: Annotated[list[str], typer.Option("--filename", "-f", help="A file, a folder, or - for standard input; may be repeated.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, change nothing.")] = False,
    force_conflicts: Annotated[
        bool, typer.Option("--force-conflicts", help="Take over fields that somebody else manages (on a cluster).")
    ] = False,
) -> None:
    """Create or change resources from manifests: those that kubectl apply takes, too.

    modelyard apply -f model.yaml        modelyard apply -f manifests/ -n ml --dry-run
    """
    connection = connect(target(ctx))
    manifests = manifest_files.read(files, connection.namespace)
    for manifest in manifests:
        if connection.is_local:
            _refuse_other_kinds(manifest)
        else:
            data_files.refuse_on_a_cluster(manifest)
    if not dry_run:
        connection.require_running()
    failed = [code for each in manifests if (code := _apply(connection, each, dry_run=dry_run, force=force_conflicts))]
    if failed:
        raise typer.Exit(max(failed))


def _refuse_other_kinds(manifest: Manifest) -> None:
    """This machine is no Kubernetes: what isn't ours, or read by ours, belongs to a cluster."""
    known = [kind.name for kind in _LOCAL_KINDS]
    if manifest.body["kind"] not in known:
        words = f"kind {manifest.body['kind']} can't be applied on this machine, which is no Kubernetes; {', '.join(known)} can"
        raise WrongUsage(f"{manifest.source}: {words}")


def _apply(connection: Connection, manifest: Manifest, *, dry_run: bool, force: bool) -> int:
    """Exit code of one; what was refused keeps nothing else from being applied."""
    try:
        body = data_files.with_data_in_place(connection, manifest, dry_run=dry_run)
        word = _change(connection, body, dry_run=dry_run, force=force)
    except (Unreachable, Throttled):
        raise
    except (KubeError, CommandError) as error:
        end = ending(_described(error))
        assert end is not None
        note(f"error: {manifest.source}: {end.message}" if manifest.source not in end.message else f"error: {end.message}")
        return end.exit_code
    say(f"{name_of(body)} {word}" + (" (dry run)" if dry_run else ""))
    return 0


def _change(connection: Connection, body: Object, *, dry_run: bool, force: bool) -> str:
    kind, metadata = ALL_KINDS[body["kind"]], body["metadata"]
    try:
        before = connection.kube.get(kind, metadata["namespace"], metadata["name"])
    except NotFound:
        before = None
    after = connection.apply(body, dry_run=dry_run, force=force)
    if before is None:
        return "created"
    return "unchanged" if _written(before) == _written(after) else "configured"


def _written(obj: Object) -> Object:
    """Without what the server counts and what controllers report."""
    metadata = {key: value for key, value in obj["metadata"].items() if key not in _OF_THE_SERVER}
    return {key: value for key, value in obj.items() if key not in ("status", "apiVersion", "kind")} | {"metadata": metadata}


def _described(error: KubeError | CommandError) -> KubeError | CommandError:
    if isinstance(error, Conflict):
        return WrongUsage(f"{said(error)}; nothing was changed: leave those fields out, or take them over with --force-conflicts")
    if isinstance(error, NotFound):
        return WrongUsage(said(error))
    return Refused(said(error)) if isinstance(error, Refused) else error
