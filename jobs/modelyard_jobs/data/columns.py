"""Which columns the model may read, and as what: numbers as float64, categories and timestamps as text, as requests bring them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from modelyard_api.conditions import Reason
from modelyard_api.data import ColumnRole, ColumnType, Data

from modelyard_jobs.failures import InvalidOrder

if TYPE_CHECKING:
    import polars as pl

_IDENTIFIER_DISTINCT = 50  # a text column with more distinct values than this, most of them seen once, names rows
_IDENTIFIER_SHARE = 0.5
_SAMPLE = 200  # values looked at to see whether a text column holds timestamps


@dataclass(frozen=True)
class Feature:
    """A column the model reads."""

    name: str
    type: ColumnType


@dataclass(frozen=True)
class Features:
    """The features in the data's order, their canonical columns, and what the reader should know."""

    columns: tuple[Feature, ...]
    frame: "pl.DataFrame"  # Float64 for Numerical, String for Categorical and Datetime
    warnings: tuple[str, ...]
    looks_like_time: tuple[str, ...]  # columns that hold timestamps, used or not


def features(table: "pl.DataFrame", data: Data, excluded: frozenset[str]) -> Features:
    """Types every column but the ``excluded`` (target, its source, the split's column) and the Ignored; raises InvalidOrder."""
    import polars as pl  # noqa: PLC0415

    declared = _declared(data)
    ignored = {column.name for column in data.columns or [] if column.role is ColumnRole.IGNORED}
    kept: list[Feature] = []
    columns: list[pl.Series] = []
    warnings: list[str] = []
    times = [name for name in table.columns if name not in ignored and holds_timestamps(table[name])]
    for name in table.columns:
        if name in excluded - set(_timestamps(data)) or name in ignored:
            continue
        _require_values(table[name])
        kind, warning = _kind(table[name], declared.get(name), name in times)
        warnings += [warning] if warning else []
        if kind:
            kept.append(Feature(name, kind))
            columns.append(_canonical(table[name], kind))
    _require_features(kept, table.columns)
    return Features(tuple(kept), pl.DataFrame(columns), tuple(warnings), tuple(times))


def _timestamps(data: Data) -> Sequence[str]:
    return (data.prepare.features.timestamps if data.prepare.features else None) or []


def _declared(data: Data) -> dict[str, ColumnType]:
    stated = {column.name: column.type for column in data.columns or [] if column.type}
    return stated | dict.fromkeys(_timestamps(data), ColumnType.DATETIME)


def _require_values(column: "pl.Series") -> None:
    if column.null_count() == len(column):
        raise InvalidOrder(
            Reason.DATA_INVALID,
            f"column {column.name!r} has no value in any row: fill it, or leave it out with spec.data.columns: [{{name: {column.name}, role: Ignored}}]",
        )


def _require_features(kept: Sequence[Feature], columns: Sequence[str]) -> None:
    if not kept:
        raise InvalidOrder(
            Reason.DATA_INVALID,
            f"no column is left as a feature: of {len(columns)} columns all are the target, Ignored, the split's or identifiers",
        )


def holds_timestamps(column: "pl.Series") -> bool:
    """Whether a column holds dates or timestamps: by its type, or because all of a sample of its texts are ISO 8601."""
    import polars as pl  # noqa: PLC0415

    if column.dtype in (pl.Date, pl.Datetime):
        return True
    if column.dtype != pl.String:
        return False
    sample = column.drop_nulls().head(_SAMPLE).to_list()
    return bool(sample) and all(len(text) >= 8 and _is_iso(text) for text in sample)


def _is_iso(text: str) -> bool:
    try:
        datetime.fromisoformat(text.strip())
    except ValueError:
        return False
    return True


def _kind(column: "pl.Series", declared: ColumnType | None, is_time: bool) -> tuple[ColumnType | None, str]:
    """The column's type (None: not a feature) and a warning for the reader, if any."""
    import polars as pl  # noqa: PLC0415

    if declared:
        return declared, ""
    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        return ColumnType.NUMERICAL, _numbers_that_name_rows(column)
    if column.dtype in (pl.Date, pl.Datetime):
        return ColumnType.DATETIME, ""
    if column.dtype not in (pl.String, pl.Categorical, pl.Enum, pl.Time):
        raise InvalidOrder(
            Reason.DATA_INVALID,
            f"column {column.name!r} has the type {column.dtype}, which no built-in model reads; set its role to Ignored in spec.data.columns",
        )
    if is_time:
        text = f"column {column.name!r} looks like a timestamp and is left out; name it in spec.data.prepare.features.timestamps to use it"
        return None, text
    distinct, values = column.n_unique(), len(column) - column.null_count()
    if distinct > _IDENTIFIER_DISTINCT and distinct > _IDENTIFIER_SHARE * values:
        text = f"column {column.name!r} names rows ({distinct} distinct texts in {values} rows) and is left out; type: Categorical keeps it"
        return None, text
    return ColumnType.CATEGORICAL, ""


def _numbers_that_name_rows(column: "pl.Series") -> str:
    words = column.name.lower().replace("-", "_").split("_")
    if column.dtype.is_integer() and {words[-1], words[0]} & {"id", "rowid", "index", "key"} and column.n_unique() == len(column):
        return f"column {column.name!r} looks like an identifier; if it is, set its role to Ignored in spec.data.columns"
    return ""


def undeclared(column: "pl.Series") -> "pl.Series | None":
    """A column that is no feature here, as a model that does use it would want it; None for a type that no built-in model reads."""
    import polars as pl  # noqa: PLC0415

    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        return _numbers(column)
    if column.dtype in (pl.Date, pl.Datetime):
        return _moments(column)
    return texts(column) if column.dtype in (pl.String, pl.Categorical, pl.Enum, pl.Time) else None


def _canonical(column: "pl.Series", kind: ColumnType) -> "pl.Series":
    if kind is ColumnType.NUMERICAL:
        return _numbers(column)
    if kind is ColumnType.DATETIME:
        return _moments(column)
    return texts(column)


def _numbers(column: "pl.Series") -> "pl.Series":
    import polars as pl  # noqa: PLC0415

    numbers = column.cast(pl.Float64, strict=False)
    wrong = numbers.null_count() - column.null_count()
    if wrong:
        raise InvalidOrder(
            Reason.DATA_INVALID,
            f"column {column.name!r} is declared Numerical, but {wrong} of its {len(column)} values are not numbers; correct the data or its type in spec.data.columns",
        )
    return pl.select(pl.when(numbers.is_finite()).then(numbers).alias(column.name)).to_series()


def _moments(column: "pl.Series") -> "pl.Series":
    import polars as pl  # noqa: PLC0415

    if column.dtype == pl.Date:
        return column.dt.to_string("%Y-%m-%d")
    if column.dtype == pl.Datetime:
        return column.dt.cast_time_unit("us").dt.to_string("iso:strict")
    if column.dtype != pl.String or not holds_timestamps(column):
        raise InvalidOrder(
            Reason.DATA_INVALID,
            f"column {column.name!r} is used as a timestamp, but its values are not ISO 8601 (as in 2026-01-31T12:00:00Z); correct the data, or take it out of spec.data.prepare.features.timestamps",
        )
    return column


def texts(column: "pl.Series") -> "pl.Series":
    """Categories as text: whole numbers without a decimal point, truth values as true and false, the empty text as missing."""
    import polars as pl  # noqa: PLC0415

    if column.dtype.is_float() or column.dtype.is_decimal():
        whole = column.cast(pl.Float64).drop_nulls()
        as_integer = bool((whole == whole.round()).all()) and bool((whole.abs() < 2**53).all())
        column = column.cast(pl.Int64) if as_integer else column
    words = column.cast(pl.String)
    return pl.select(pl.when(words != "").then(words).alias(column.name)).to_series()
