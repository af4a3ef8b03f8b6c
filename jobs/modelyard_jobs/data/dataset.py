"""The data of one TrainingJob: read, checked against the manifest, typed, with the target resolved and every dropped row counted."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from modelyard_api.conditions import Reason
from modelyard_api.data import MissingMethod, SplitBy
from modelyard_api.training_job import TrainingJobSpec

from modelyard_jobs.data import columns, target
from modelyard_jobs.data.columns import Features
from modelyard_jobs.data.reading import require_column
from modelyard_jobs.data.target import Target
from modelyard_jobs.failures import InvalidOrder

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Dataset:
    """Rows that can be used, aligned: ``raw`` (all columns as read), ``features`` (canonical) and ``target``."""

    read: "pl.DataFrame"  # all rows of the files
    positions: "NDArray[np.intp]"  # of the usable rows in ``read``
    raw: "pl.DataFrame"
    features: Features
    target: Target
    missing_before: dict[str, int]  # per column, in the rows as read
    dropped: dict[str, int] = field(default_factory=dict)  # why: how many

    @property
    def rows_read(self) -> int:
        """Rows of the files, with those that can't be used."""
        return self.read.height

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
    read = _without_odd_numbers(table)
    before = {name: read[name].null_count() for name in read.columns}
    positions, dropped = _usable(read, spec)
    raw = read if len(positions) == read.height else read[positions]
    resolved = target.resolve(target.derive(raw, spec.objective), spec.objective)
    return Dataset(read, positions, raw, columns.features(raw, spec.data, _not_features(spec)), resolved, before, dropped)


def _usable(read: "pl.DataFrame", spec: TrainingJobSpec) -> "tuple[NDArray[np.intp], dict[str, int]]":
    """Positions of the rows that have what every row must have, and how many lack it."""
    usable, dropped = np.ones(read.height, dtype=np.bool_), {}
    for name, why in _columns_that_must_be_present(spec).items():
        present = _present(read[name]).to_numpy()
        if lost := int((usable & ~present).sum()):
            dropped[why] = lost
        usable &= present
        _require_rows_left(int(usable.sum()), name, read.height)
    return np.flatnonzero(usable), dropped


def require_named_columns(table: "pl.DataFrame", spec: TrainingJobSpec) -> None:
    """Every column that the manifest names has to be in the data; the nearest names are proposed."""
    objective, data = spec.objective, spec.data
    named = [(f"spec.data.columns[{column.name}]", column.name) for column in data.columns or []]
    named += [(f"spec.data.prepare.missing.columns[{column.name}]", column.name) for column in data.prepare.missing.columns or []]
    if data.prepare.features:
        named += [("spec.data.prepare.features.timestamps", name) for name in data.prepare.features.timestamps or []]
    named += [("spec.data.key", name) for name in data.key or []]
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


def _require_rows_left(left: int, name: str, rows: int) -> None:
    if left == 0:
        raise InvalidOrder(
            Reason.DATA_INVALID, f"column {name!r} has no value in any of the {rows} rows, and rows without it can't be used"
        )


def target_columns(spec: TrainingJobSpec) -> frozenset[str]:
    """The target, and the column that it is derived from."""
    derived = spec.objective.target_from
    return frozenset({spec.objective.target, derived.column} if derived else {spec.objective.target})


def _not_features(spec: TrainingJobSpec) -> frozenset[str]:
    names = set(target_columns(spec))
    if spec.data.split.column and spec.data.split.by in {SplitBy.GROUP, SplitBy.TIME}:
        names.add(spec.data.split.column)
    return frozenset(names)
