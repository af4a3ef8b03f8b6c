"""`modelyard delete`."""

from collections.abc import Sequence
from typing import Annotated

import typer
from modelyard_local.kinds import ALL_KINDS
from modelyard_operator.kube.interface import NotFound, Object

from modelyard_cli import clock, completion
from modelyard_cli.clock import seconds_of
from modelyard_cli.connect import connect
from modelyard_cli.connection import Connection
from modelyard_cli.errors import CommandError, WrongUsage
from modelyard_cli.kind_names import Reference, full_name, named, references
from modelyard_cli.kube_reading import objects
from modelyard_cli.manifests import manifest_files
from modelyard_cli.printing.terminal import note, say
from modelyard_cli.target import target

_LOOK_EVERY_SECONDS = 0.2
_Named = tuple[Reference, str]  # and its namespace


def delete(
    ctx: typer.Context,
    resources: Annotated[list[str] | None, typer.Argument(help="tj flights, tj/flights …", autocompletion=completion.resources)] = None,
    files: Annotated[list[str] | None, typer.Option("--filename", "-f", help="Delete the resources of these manifests.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of that kind in the namespace.")] = False,
    ignore_not_found: Annotated[bool, typer.Option("--ignore-not-found", help="Succeed also where there is no such resource.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it is deleted.")] = True,
    timeout: Annotated[str, typer.Option("--timeout", help="Timeout, such as 30s or 5m.")] = "2m",
) -> None:
    """Delete resources with everything that belongs to them. Models and runs in MLflow stay.

    modelyard delete tj/flights        modelyard delete -f manifests/
    """
    seconds = seconds_of(timeout)
    connection = connect(target(ctx))
    connection.require_running()
    wanted = _wanted(connection, resources or [], files or [], everything=everything)
    deleted, missing = [], []
    for reference, namespace in wanted:
        try:
            deleted.append(_delete(connection, reference, namespace))
        except NotFound:
            missing.append(reference)
    if wait:
        _wait(connection, deleted, seconds)
    if missing and not ignore_not_found:
        raise CommandError("; ".join(f'{full_name(each.kind)} "{each.name}" not found' for each in missing))


def _wanted(connection: Connection, words: Sequence[str], files: Sequence[str], *, everything: bool) -> list[_Named]:
    if bool(words) == bool(files):
        raise WrongUsage("say what to delete: resources (tj/flights), or manifests with -f")
    if files:
        manifests = manifest_files.read(files, connection.namespace)
        return [
            (Reference(ALL_KINDS[each.body["kind"]], each.body["metadata"]["name"]), each.body["metadata"]["namespace"])
            for each in reversed(manifests)
        ]
    namespace = connection.namespace
    if not everything:
        return [(each, namespace) for each in named(words)]
    if any(each.name for each in references(words)):
        raise WrongUsage("--all takes no names")
    found = [
        (Reference(each.kind, obj["metadata"]["name"]), namespace)
        for each in references(words)
        for obj in objects(connection.kube, each.kind, namespace)
    ]
    if not found:
        note(f"No resources found in {namespace} namespace.")
    return found


def _delete(connection: Connection, reference: Reference, namespace: str) -> tuple[Reference, Object]:
    found = connection.kube.get(reference.kind, namespace, reference.name)
    connection.kube.delete(reference.kind, namespace, reference.name, found["metadata"]["uid"])
    say(f'{full_name(reference.kind)} "{reference.name}" deleted from {namespace} namespace')
    return reference, found


def _wait(connection: Connection, deleted: Sequence[tuple[Reference, Object]], seconds: float) -> None:
    deadline = clock.elapsed() + seconds
    for reference, obj in deleted:
        while _is_there(connection, reference, obj):
            if clock.elapsed() > deadline:
                finalizers = ", ".join(obj["metadata"].get("finalizers") or ()) or "none"
                raise CommandError(f"{reference} is not gone after {seconds:g} s; what holds it (finalizers): {finalizers}")
            clock.pause(_LOOK_EVERY_SECONDS)


def _is_there(connection: Connection, reference: Reference, obj: Object) -> bool:
    metadata = obj["metadata"]
    try:
        found = connection.kube.get(reference.kind, metadata["namespace"], metadata["name"])
    except NotFound:
        return False
    return bool(found["metadata"]["uid"] == metadata["uid"])
