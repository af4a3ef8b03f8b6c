"""Which columns are features, as what, and what stands in for their missing values: the manifest, resolved per column."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from modelyard_api.conditions import Reason
from modelyard_api.data import ColumnType, Missing, MissingColumn, MissingMethod
from modelyard_model.cells.reading import NumberReading, TextReading, TimeReading
from modelyard_model.text_files import Separator

from modelyard_jobs.failures import InvalidOrder

Reading = NumberReading | TextReading | TimeReading
_NUMBERS_ONLY = frozenset({MissingMethod.MEDIAN, MissingMethod.MEAN})


@dataclass(frozen=True)
class PlannedColumn:
    """One feature. ``constant`` is what method Constant puts in, as text."""

    name: str
    kind: ColumnType
    missing: MissingMethod
    constant: str | None = None
    reading: Reading | None = None  # by which its cells were read; None: they come as they are


@dataclass(frozen=True)
class ColumnPlan:
    """All features, in order."""

    columns: tuple[PlannedColumn, ...]
    separator: Separator = ","  # of the file that they come from


def plan_columns(
    kinds: Mapping[str, ColumnType], missing: Missing, readings: Mapping[str, Reading] | None = None, separator: Separator = ","
) -> ColumnPlan:
    """``kinds``: the features and their types in order; ``readings``: the rules by which they were read. Raises InvalidOrder where a method doesn't fit its column's type."""
    special = {column.name: column for column in missing.columns or []}
    default = MissingMethod(missing.default.value)
    planned = (_plan(name, kind, special.get(name), default) for name, kind in kinds.items())
    return ColumnPlan(tuple(replace(column, reading=(readings or {}).get(column.name)) for column in planned), separator)


def _plan(name: str, kind: ColumnType, special: MissingColumn | None, default: MissingMethod) -> PlannedColumn:
    usual = default if kind is ColumnType.NUMERICAL else MissingMethod.MOST_FREQUENT
    if special is None:
        return PlannedColumn(name, kind, usual)
    if problem := _problem(kind, special):
        raise InvalidOrder(Reason.INVALID_SPEC, f"spec.data.prepare.missing.columns[{name}]: {problem}")
    return PlannedColumn(name, kind, special.method, special.value)


def _problem(kind: ColumnType, special: MissingColumn) -> str | None:
    if kind is ColumnType.CATEGORICAL and special.method in _NUMBERS_ONLY:
        return f"{special.method} is for numbers, the column is Categorical; use MostFrequent, Constant or DropRow"
    if kind is ColumnType.DATETIME and special.method is not MissingMethod.DROP_ROW:
        return "a Datetime column takes DropRow only; without it a missing time gives neutral features"
    if kind is ColumnType.NUMERICAL and special.method is MissingMethod.CONSTANT and not _is_finite_number(special.value):
        return f"value {special.value!r} is not a number, but the column is Numerical"
    return None


def _is_finite_number(text: str | None) -> bool:
    try:
        return text is not None and abs(float(text)) < float("inf")
    except ValueError:
        return False
