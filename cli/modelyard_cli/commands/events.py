"""`modelyard events`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer
from modelyard_operator.kube.interface import EVENT, Object

from modelyard_cli import clock, completion
from modelyard_cli.clock import since
from modelyard_cli.commands.get import Format, print_structured
from modelyard_cli.connect import connect_to_read
from modelyard_cli.connection import Connection
from modelyard_cli.errors import WrongUsage
from modelyard_cli.kind_names import Reference, one_named
from modelyard_cli.kube_reading import changes, objects
from modelyard_cli.printing import listing
from modelyard_cli.printing.columns import event_subject, event_time
from modelyard_cli.printing.terminal import coloured, is_terminal, note, say, say_table
from modelyard_cli.target import target

_HEADER = ("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE")


def events(
    ctx: typer.Context,
    about: Annotated[
        str, typer.Option("--for", help="Only about this resource, such as tj/flights.", autocompletion=completion.resources)
    ] = "",
    warnings: Annotated[bool, typer.Option("--warnings", help="Only warnings.")] = False,
    all_namespaces: Annotated[bool, typer.Option("--all-namespaces", "-A", help="In all namespaces.")] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Follow: print new ones as they come.")] = False,
    output: Annotated[Format, typer.Option("--output", "-o", help="Output format.")] = Format.TABLE,
) -> None:
    """What happened, the newest last.

    modelyard events --for tj/flights        modelyard events -w
    """
    if watch and output not in (Format.TABLE, Format.WIDE):
        raise WrongUsage("-w prints a table; leave out -o")
    connection = connect_to_read(target(ctx))
    wanted = _Wanted("" if all_namespaces else connection.namespace, one_named([about]) if about else None, warnings)
    found = sorted(filter(wanted.includes, objects(connection.kube, EVENT, wanted.namespace)), key=event_time)
    if output in (Format.TABLE, Format.WIDE):
        _print(found, wanted.namespace)
    else:
        print_structured(found, output, is_one=False)
    if watch:
        connection.require_running()
        _follow(connection, wanted, {_identity(each) for each in found})


@dataclass(frozen=True)
class _Wanted:
    """Which events; an empty namespace means all of them."""

    namespace: str
    subject: Reference | None
    warnings: bool

    def includes(self, event: Object) -> bool:
        regarding = event.get("regarding") or {}
        subject = self.subject
        is_about = subject is None or (regarding.get("kind"), regarding.get("name")) == (subject.kind.name, subject.name)
        return is_about and (not self.warnings or event.get("type") == "Warning")


def _follow(connection: Connection, wanted: _Wanted, seen: set[tuple[str, str]]) -> None:
    for change in changes(connection.kube, EVENT, wanted.namespace):
        if change.type != "DELETED" and _identity(change.object) not in seen and wanted.includes(change.object):
            line = "   ".join(_row(change.object, namespaces=not wanted.namespace))
            say(coloured(line) if is_terminal() else line)


def _identity(event: Object) -> tuple[str, str]:
    return event["metadata"]["uid"], event["metadata"]["resourceVersion"]


def _print(found: Sequence[Object], namespace: str) -> None:
    if not found:
        note(f"No events found in {namespace} namespace." if namespace else "No events found.")
        return
    header = [*([] if namespace else ["NAMESPACE"]), *_HEADER]
    say_table(listing.lines(header, [_row(each, namespaces=not namespace) for each in found]))


def _row(event: Object, *, namespaces: bool) -> list[str]:
    return [
        *([event["metadata"].get("namespace", "")] if namespaces else []),
        since(event_time(event), clock.now()),
        str(event.get("type", "")),
        str(event.get("reason", "")),
        event_subject(event),
        str(event.get("note") or "").strip(),
    ]
