"""Blocks of resources under their columns, one block per kind: aligned as kubectl aligns them, or as JSON, YAML or names for scripts."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from modelyard_local.kinds import ALL_KINDS
from modelyard_operator.kube.interface import Kind, Object

from modelyard_cli.kind_names import full_name
from modelyard_cli.printing.columns import NAMELESS, columns_of

_GAP, _NARROWEST = 3, 6


def as_json(document: object) -> str:
    """Indented by four, as kubectl does."""
    return json.dumps(document, indent=4, ensure_ascii=False)


def as_yaml(document: object) -> str:
    """Keys in order of the alphabet, as kubectl has them."""
    import yaml  # noqa: PLC0415  a tenth of a second

    text: str = yaml.safe_dump(document, default_flow_style=False, allow_unicode=True, width=10**6)
    return text.rstrip("\n")


def as_list(objects: Sequence[Object]) -> Object:
    """Several resources as one document."""
    return {"apiVersion": "v1", "items": list(objects), "kind": "List", "metadata": {"resourceVersion": ""}}


def name_of(obj: Object) -> str:
    """``trainingjob.modelyard.io/flights``."""
    return f"{full_name(ALL_KINDS[obj['kind']])}/{obj['metadata']['name']}"


def lines(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The header and the rows."""
    widths = column_widths([header, *rows])
    for cells in (header, *rows):
        yield aligned(cells, widths)


def column_widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """Of each column, with its gap."""
    return [max(_NARROWEST, *(len(cell) + _GAP for cell in column)) for column in zip(*rows, strict=True)]


def aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """One row."""
    *padded, last = cells
    return "".join(cell.ljust(width) for cell, width in zip(padded, widths[:-1], strict=True)) + last


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
