"""What `get` shows of a resource: the printer columns of our CustomResourceDefinitions, and kubectl's own for the built-in kinds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from modelyard_api.crds.resources import RESOURCES, Column
from modelyard_operator.kube.interface import Kind, Object

from modelyard_cli.printing import builtin_columns, json_path
from modelyard_cli.printing.age import since

_Cell = Callable[[Object, datetime], str]


@dataclass(frozen=True)
class Columns:
    """Headers, and the cells of one resource under them."""

    headers: Sequence[str]
    cells: Sequence[_Cell]

    def row(self, obj: Object, now: datetime) -> list[str]:
        """One resource."""
        return [cell(obj, now) for cell in self.cells]


def columns_of(kind: Kind, *, wide: bool) -> Columns:
    """Without the name, which stands first, and the namespace."""
    own = next((resource for resource in RESOURCES if resource.kind == kind.name), None)
    if own is None:
        pairs = builtin_columns.OF[kind.name]
        return Columns([header for header, _cell in pairs], [cell for _header, cell in pairs])
    shown = [column for column in own.columns if wide or not column.wide]
    return Columns([column.name.upper() for column in shown], [_custom(column) for column in shown])


def _custom(column: Column) -> _Cell:
    def cell(obj: Object, now: datetime) -> str:
        value = json_path.first(column.path, obj)
        return since(value, now) if column.type == "date" else _text(value)

    return cell


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
