"""`modelyard events`."""

from collections.abc import Sequence
from typing import Annotated

import typer
from modelyard_operator.kube.interface import EVENT, Object

from modelyard_cli import clock, completion
from modelyard_cli.commands.get import Format, print_structured
from modelyard_cli.connection import connect_to_read
from modelyard_cli.errors import WrongUsage
from modelyard_cli.kind_names import Reference, one_named
from modelyard_cli.kube_reading import changes, objects
from modelyard_cli.printing import table
from modelyard_cli.printing.age import since
from modelyard_cli.printing.builtin_columns import event_subject, event_time
from modelyard_cli.printing.terminal import coloured, is_terminal, note, say, say_table
from modelyard_cli.target import target

_HEADER = ("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE")


def events(
    ctx: typer.Context,
    about: Annotated[
        str, typer.Option("--for", help="Only about this resource, such as tj/flights.", autocompletion=completion.resources)
    ] = "",
    warnings: Annotated[bool, typer.Option("--warnings", help="Only what went wrong.")] = False,
    all_namespaces: Annotated[bool, typer.Option("--all-namespaces", "-A", help="Of every namespace.")] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Go on and print new ones.")] = False,
    output: Annotated[Format, typer.Option("--output", "-o", help="How to print.")] = Format.TABLE,
) -> None:
    """What happened, the newest last.

    modelyard events --for tj/flights        modelyard events -w
    """
    subject = one_named([about]) if about else None
    connection = connect_to_read(target(ctx))
    namespace = "" if all_namespaces else connection.namespace
    found = [each for each in objects(connection.kube, EVENT, namespace) if _is_wanted(each, subject, warnings=warnings)]
    found.sort(key=event_time)
    if output in (Format.TABLE, Format.WIDE):
        _print(found, namespace, namespaces=all_namespaces)
    else:
        print_structured(found, output, is_one=False)
    if not watch:
        return
    if output not in (Format.TABLE, Format.WIDE):
        raise WrongUsage("-w prints a table; leave out -o")
    connection.require_running()
    seen = {_identity(each) for each in found}
    for change in changes(connection.kube, EVENT, namespace):
        is_new = change.type != "DELETED" and _identity(change.object) not in seen
        if is_new and _is_wanted(change.object, subject, warnings=warnings):
            _print_new(change.object, namespaces=all_namespaces)


def _identity(event: Object) -> tuple[str, str]:
    return event["metadata"]["uid"], event["metadata"]["resourceVersion"]


def _is_wanted(event: Object, subject: Reference | None, *, warnings: bool) -> bool:
    regarding = event.get("regarding") or {}
    is_about = subject is None or (regarding.get("kind"), regarding.get("name")) == (subject.kind.name, subject.name)
    return is_about and (not warnings or event.get("type") == "Warning")


def _print(found: Sequence[Object], namespace: str, *, namespaces: bool) -> None:
    if not found:
        note(f"No events found in {namespace} namespace." if namespace else "No events found.")
        return
    header = [*(["NAMESPACE"] if namespaces else []), *_HEADER]
    say_table(table.lines(header, [_row(each, namespaces=namespaces) for each in found]))


def _row(event: Object, *, namespaces: bool) -> list[str]:
    return [
        *([event["metadata"].get("namespace", "")] if namespaces else []),
        since(event_time(event), clock.now()),
        str(event.get("type", "")),
        str(event.get("reason", "")),
        event_subject(event),
        str(event.get("note") or "").strip(),
    ]


def _print_new(event: Object, *, namespaces: bool) -> None:
    line = "   ".join(_row(event, namespaces=namespaces))
    say(coloured(line) if is_terminal() else line)
