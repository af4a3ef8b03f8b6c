"""The data of one TrainingJob: read, checked against the manifest, typed, with the target resolved and every dropped row counted."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from modelyard_api.conditions import Reason
from modelyard_api.data import MissingMethod, SplitBy
from modelyard_api.training_job import TrainingJobSpec

from modelyard_jobs.data import columns, target
from modelyard_jobs.data.columns import Features
from modelyard_jobs.data.reading import require_column
from modelyard_jobs.data.target import Target
from modelyard_jobs.failures import InvalidOrder

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Dataset:
    """Rows that can be used, aligned: ``raw`` (all columns as read), ``features`` (canonical) and ``target``."""

    raw: "pl.DataFrame"
    features: Features
    target: Target
    rows_read: int
    missing_before: dict[str, int]  # per column, in the rows as read
    dropped: dict[str, int] = field(default_factory=dict)  # why: how many

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the reader should look at."""
        return self.features.warnings

    def for_any_model(self, rows: "NDArray[np.intp]") -> "pl.DataFrame":
        """Features as fitted here, and every other column beside them: a champion may have been trained on what is Ignored today."""
        others = (columns.undeclared(self.raw[name]) for name in self.raw.columns if name not in self.features.frame.columns)
        return self.features.frame.with_columns(other for other in others if other is not None)[rows]


def prepare(table: "pl.DataFrame", spec: TrainingJobSpec) -> Dataset:
    """Raises InvalidOrder where manifest and data don't fit; nothing here is fitted to the data."""
    require_named_columns(table, spec)
    table = _without_odd_numbers(table)
    before = {name: table[name].null_count() for name in table.columns}
    rows_read, dropped = table.height, {}
    for name, why in _columns_that_must_be_present(spec).items():
        kept = table.filter(_present(table[name]))
        if table.height > kept.height:
            dropped[why] = table.height - kept.height
        _require_rows_left(kept, name, rows_read)
        table = kept
    resolved = target.resolve(target.derive(table, spec.objective), spec.objective)
    return Dataset(table, columns.features(table, spec.data, _not_features(spec)), resolved, rows_read, before, dropped)


def require_named_columns(table: "pl.DataFrame", spec: TrainingJobSpec) -> None:
    """Every column that the manifest names has to be in the data; the nearest names are proposed."""
    objective, data = spec.objective, spec.data
    named = [(f"spec.data.columns[{column.name}]", column.name) for column in data.columns or []]
    named += [(f"spec.data.prepare.missing.columns[{column.name}]", column.name) for column in data.prepare.missing.columns or []]
    if data.prepare.features:
        named += [("spec.data.prepare.features.timestamps", name) for name in data.prepare.features.timestamps or []]
    if data.split.column:
        named += [("spec.data.split.column", data.split.column)]
    if objective.target_from:
        require_column("spec.objective.targetFrom.column", objective.target_from.column, table.columns)
    else:
        require_column("spec.objective.target", objective.target, table.columns)
    for where, name in named:
        require_column(where, name, table.columns)


def _without_odd_numbers(table: "pl.DataFrame") -> "pl.DataFrame":
    """NaN counts as missing, as an empty cell does."""
    import polars.selectors as cs  # noqa: PLC0415

    return table.with_columns(cs.float().fill_nan(None))


def _columns_that_must_be_present(spec: TrainingJobSpec) -> dict[str, str]:
    objective, split = spec.objective, spec.data.split
    source = objective.target_from.column if objective.target_from else objective.target
    needed = {source: f"no value of the target ({source})"}
    if split.column:
        needed[split.column] = f"no value of the split's column ({split.column})"
    for column in spec.data.prepare.missing.columns or []:
        if column.method is MissingMethod.DROP_ROW:
            needed.setdefault(column.name, f"no value of {column.name} (DropRow)")
    return needed


def _present(column: "pl.Series") -> "pl.Series":
    if column.dtype.is_float():
        return column.is_not_null() & column.is_finite()
    return columns.texts(column).is_not_null() if _is_text(column) else column.is_not_null()


def _is_text(column: "pl.Series") -> bool:
    import polars as pl  # noqa: PLC0415

    return column.dtype in (pl.String, pl.Categorical, pl.Enum)


def _require_rows_left(kept: "pl.DataFrame", name: str, rows: int) -> None:
    if kept.height == 0:
        raise InvalidOrder(
            Reason.DATA_INVALID, f"column {name!r} has no value in any of the {rows} rows, and rows without it can't be used"
        )


def _not_features(spec: TrainingJobSpec) -> frozenset[str]:
    names = {spec.objective.target}
    if spec.objective.target_from:
        names.add(spec.objective.target_from.column)
    if spec.data.split.column and spec.data.split.by in {SplitBy.GROUP, SplitBy.TIME}:
        names.add(spec.data.split.column)
    return frozenset(names)
