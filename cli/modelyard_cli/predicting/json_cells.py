"""Cells of data frames as JSON has them, so that each means what it meant in training. Columns that no model reads are left out."""

import math
from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from modelyard_model.text_files import Header

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

Columns = dict[str, Sequence[Any]]


def plain(value: Any) -> Any:
    """Numbers, texts, truth values and None as they are; times as ISO 8601; raises TypeError for what JSON can't hold."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if getattr(value, "shape", None) == ():  # NumPy's
        return plain(value.item())
    raise TypeError(f"a {type(value).__name__} can't be sent as JSON")


def _number(value: Decimal) -> int | float | None:
    """A whole one with every digit."""
    if not value.is_finite():
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def of_polars(frame: "pl.DataFrame") -> Columns:
    """By column."""
    import polars as pl  # noqa: PLC0415  # a tenth of a second

    texts = (pl.String, pl.Categorical, pl.Enum, pl.Time)
    others = (pl.Boolean, pl.Date, pl.Datetime, pl.Null)
    kept = [column for column in frame if column.dtype.is_numeric() or column.dtype in (*texts, *others)]
    return {
        column.name: column.cast(pl.String).to_list() if column.dtype in texts else [plain(value) for value in column.to_list()]
        for column in kept
    }


def of_pandas(frame: "pd.DataFrame") -> Columns:
    """By column; every form of missing that pandas knows is None."""
    found: Columns = {}
    for place, name in enumerate(Header.of([str(name) for name in frame.columns]).names):
        column = frame.iloc[:, place]
        try:
            found[name] = [plain(value) for value in column.astype(object).where(column.notna(), None)]
        except TypeError:  # durations, intervals, lists
            continue
    return found
