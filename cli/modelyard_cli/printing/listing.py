"""Blocks of resources under their columns, one block per kind."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from modelyard_operator.kube.interface import Kind, Object

from modelyard_cli.printing.builtin_columns import NAMELESS
from modelyard_cli.printing.columns import columns_of
from modelyard_cli.printing.structured import name_of
from modelyard_cli.printing.table import lines


@dataclass(frozen=True)
class Layout:
    """What stands in a row besides the columns of its kind."""

    namespaces: bool = False
    wide: bool = False
    full_names: bool = False  # trainingjob.modelyard.io/flights: where kinds are mixed


def block(kind: Kind, objects: Sequence[Object], layout: Layout, now: datetime) -> Iterator[str]:
    """Header and rows."""
    yield from lines(header(kind, layout), [row(kind, obj, layout, now) for obj in objects])


def header(kind: Kind, layout: Layout) -> list[str]:
    """Of a kind."""
    named = [] if _is_nameless(kind, layout) else ["NAME"]
    return [*(["NAMESPACE"] if layout.namespaces else []), *named, *columns_of(kind, wide=layout.wide).headers]


def row(kind: Kind, obj: Object, layout: Layout, now: datetime) -> list[str]:
    """One resource."""
    name = name_of(obj) if layout.full_names else obj["metadata"]["name"]
    named = [] if _is_nameless(kind, layout) else [name]
    cells = columns_of(kind, wide=layout.wide).row(obj, now)
    return [*([obj["metadata"].get("namespace", "")] if layout.namespaces else []), *named, *cells]


def _is_nameless(kind: Kind, layout: Layout) -> bool:
    return kind.name in NAMELESS and not layout.full_names
