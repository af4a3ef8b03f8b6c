"""`modelyard get`."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Annotated

import typer
from modelyard_operator.kube.interface import Kind, Object

from modelyard_cli import clock, completion
from modelyard_cli.connect import connect_to_read
from modelyard_cli.connection import Connection
from modelyard_cli.errors import WrongUsage
from modelyard_cli.kind_names import Reference, references
from modelyard_cli.kube_reading import changes, objects
from modelyard_cli.printing import listing
from modelyard_cli.printing.columns import event_time
from modelyard_cli.printing.listing import Layout
from modelyard_cli.printing.terminal import coloured, is_terminal, note, say, say_table
from modelyard_cli.target import target


class Format(StrEnum):
    """``-o``."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"
    NAME = "name"


def get(
    ctx: typer.Context,
    resources: Annotated[
        list[str], typer.Argument(help="tj, md, pods, all … and names, or tj/flights.", autocompletion=completion.resources)
    ],
    output: Annotated[Format, typer.Option("--output", "-o", help="Output format.")] = Format.TABLE,
    selector: Annotated[str, typer.Option("--selector", "-l", help="Labels, such as modelyard.io/model=flights.")] = "",
    all_namespaces: Annotated[bool, typer.Option("--all-namespaces", "-A", help="In all namespaces.")] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Follow: print changes, of one kind.")] = False,
) -> None:
    """List resources.

    modelyard get tj,md -A        modelyard get tj flights -o yaml        modelyard get pods -w
    """
    connection = connect_to_read(target(ctx))
    wanted = references(resources)
    if all_namespaces and any(each.name for each in wanted):
        raise WrongUsage("a resource can't be named across all namespaces; leave out the name or -A")
    namespace = "" if all_namespaces else connection.namespace
    if watch:
        connection.require_running()
        layout = Layout(namespaces=all_namespaces, wide=output is Format.WIDE)
        _watch(connection, wanted, namespace, selector, layout, output)
        return
    found = {kind: _found(connection, kind, wanted, namespace, selector) for kind in dict.fromkeys(each.kind for each in wanted)}
    if output in (Format.TABLE, Format.WIDE):
        _print_tables(found, Layout(namespaces=all_namespaces, wide=output is Format.WIDE, full_names=len(found) > 1), namespace)
    else:
        print_structured([obj for block in found.values() for obj in block], output, is_one=len(wanted) == 1 and bool(wanted[0].name))


def _found(connection: Connection, kind: Kind, wanted: Sequence[Reference], namespace: str, selector: str) -> list[Object]:
    names = [each.name for each in wanted if each.kind == kind]
    if all(names):
        return [connection.kube.get(kind, namespace, name) for name in names]
    found = objects(connection.kube, kind, namespace, selector)
    return sorted(found, key=event_time) if kind.name == "Event" else found


def _print_tables(found: dict[Kind, list[Object]], layout: Layout, namespace: str) -> None:
    blocks = {kind: block for kind, block in found.items() if block}
    if not blocks:
        note(f"No resources found in {namespace} namespace." if namespace else "No resources found.")
    for number, (kind, block) in enumerate(blocks.items()):
        if number:
            say("")
        say_table(listing.block(kind, block, layout, clock.now()))


def print_structured(found: Sequence[Object], output: Format, *, is_one: bool) -> None:
    """As JSON, YAML or names; a list unless it is one."""
    if output is Format.NAME:
        for obj in found:
            say(listing.name_of(obj))
        return
    document = found[0] if is_one else listing.as_list(found)
    say(listing.as_json(document) if output is Format.JSON else listing.as_yaml(document))


def _watch(connection: Connection, wanted: Sequence[Reference], namespace: str, selector: str, layout: Layout, output: Format) -> None:
    """Rows as they change, under one header; never ends by itself."""
    if len({each.kind for each in wanted}) != 1:
        raise WrongUsage("-w watches one kind at a time")
    kind, names = wanted[0].kind, {each.name for each in wanted if each.name}
    layout = replace(layout, full_names=False)
    widths: list[int] = []
    for event in changes(connection.kube, kind, namespace, selector):
        if names and event.object["metadata"]["name"] not in names:
            continue
        if output in (Format.TABLE, Format.WIDE):
            widths = _print_row(kind, event.object, layout, widths)
        else:
            print_structured([event.object], output, is_one=True)


def _print_row(kind: Kind, obj: Object, layout: Layout, widths: list[int]) -> list[int]:
    header, cells = listing.header(kind, layout), listing.row(kind, obj, layout, clock.now())
    if not widths:
        widths = listing.column_widths([header, cells])
        say(listing.aligned(header, widths))
    line = listing.aligned(cells, widths)
    say(coloured(line) if is_terminal() else line)
    return widths
