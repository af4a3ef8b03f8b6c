"""Which columns are features, as what, and what stands in for their missing values: the manifest, resolved per column."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from modelyard_api.catalogue.column_types import ColumnType
from modelyard_api.conditions import Reason
from modelyard_api.data import Missing, MissingColumn, MissingMethod
from modelyard_model.cells.reading import CellReading
from modelyard_model.text_files import Separator

from modelyard_jobs.columns.column_training import PlannedColumn
from modelyard_jobs.columns.registry import training_of
from modelyard_jobs.termination import InvalidRequest


@dataclass(frozen=True)
class ColumnPlan:
    """All features, in order."""

    columns: tuple[PlannedColumn, ...]
    separator: Separator = ","  # of the file that they come from


def plan_columns(
    kinds: Mapping[str, ColumnType], missing: Missing, readings: Mapping[str, CellReading] | None = None, separator: Separator = ","
) -> ColumnPlan:
    """``kinds``: the features and their types in order; ``readings``: the rules by which they were read. Raises InvalidRequest where a method doesn't fit its column's type."""
    special = {column.name: column for column in missing.columns or []}
    default = MissingMethod(missing.default.value)
    planned = (_plan(name, kind, special.get(name), default) for name, kind in kinds.items())
    return ColumnPlan(tuple(replace(column, reading=(readings or {}).get(column.name)) for column in planned), separator)


def _plan(name: str, kind: ColumnType, special: MissingColumn | None, default: MissingMethod) -> PlannedColumn:
    training = training_of(kind)
    if special is None:
        return PlannedColumn(name, kind, training.usual_missing(default))
    if problem := training.missing_problem(special):
        raise InvalidRequest(Reason.INVALID_SPEC, f"spec.data.prepare.missing.columns[{name}]: {problem}")
    return PlannedColumn(name, kind, special.method, special.value)
