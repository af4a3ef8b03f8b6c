"""`modelyard describe`."""

from typing import Annotated

import typer
from modelyard_operator.kube.interface import Object

from modelyard_cli import clock, completion
from modelyard_cli.connect import connect_to_read
from modelyard_cli.connection import Connection
from modelyard_cli.kind_names import references
from modelyard_cli.kube_reading import objects
from modelyard_cli.printing.description import describe as described
from modelyard_cli.printing.terminal import coloured, is_terminal, note, say
from modelyard_cli.target import target


def describe(
    ctx: typer.Context,
    resources: Annotated[list[str], typer.Argument(help="tj flights, md/flights, pods …", autocompletion=completion.resources)],
) -> None:
    """Everything about a resource: its fields, its status, its events.

    modelyard describe tj flights
    """
    connection = connect_to_read(target(ctx))
    found: list[Object] = []
    for each in references(resources):
        if each.name:
            found.append(connection.kube.get(each.kind, connection.namespace, each.name))
        else:
            found += objects(connection.kube, each.kind, connection.namespace)
    if not found:
        note(f"No resources found in {connection.namespace} namespace.")
    for number, obj in enumerate(found):
        if number:
            say("\n")
        _describe(connection, obj)


def _describe(connection: Connection, obj: Object) -> None:
    metadata = obj["metadata"]
    events = connection.kube.pod_events(metadata.get("namespace", ""), metadata["uid"])
    for line in described(obj, events, clock.now()):
        say(coloured(line) if is_terminal() else line)
