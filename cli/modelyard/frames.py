"""Rows and answers as data frames: Polars or pandas, whichever the caller has."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from modelyard_cli.errors import WrongUsage

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


def is_pandas(rows: object) -> bool:
    """Without importing pandas."""
    return type(rows).__module__.partition(".")[0] == "pandas"


def as_json(rows: Any) -> str:
    """A list of rows. Times are written as ISO 8601, NaN as null."""
    import polars as pl  # noqa: PLC0415  # a tenth of a second

    if is_pandas(rows):
        rows = pl.from_pandas(rows)
    if isinstance(rows, pl.DataFrame):
        _require_finite(rows)
        return rows.write_json()
    if isinstance(rows, Mapping):
        rows = [rows]
    if not isinstance(rows, Sequence) or not all(isinstance(row, Mapping) for row in rows):
        raise WrongUsage("rows are a Polars or pandas data frame, a dictionary that names columns, a list of those, or the path of a file")
    return json.dumps([dict(row) for row in rows], default=_plain)


def _require_finite(frame: "pl.DataFrame") -> None:
    """Polars would write null, and a missing value is answered where an infinite one is refused."""
    import polars.selectors as cs  # noqa: PLC0415

    for column in frame.select(cs.float()):
        if column.is_infinite().any():
            raise WrongUsage(f"column {column.name!r} holds an infinite number, which no model answers")


def _plain(value: Any) -> Any:
    """Numbers of NumPy, dates."""
    if hasattr(value, "item"):
        return value.item()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} can't be sent as JSON")


def table(answers: Sequence[Mapping[str, Any]], *, pandas: bool) -> "pl.DataFrame | pd.DataFrame":
    """One row per answer."""
    import polars as pl  # noqa: PLC0415

    frame = pl.DataFrame(list(answers), infer_schema_length=None)
    return frame.to_pandas() if pandas else frame


def outcomes(request_ids: Any, values: Sequence[Any], rows: Sequence[int] | None) -> str:
    """The body of /feedback: a frame of answers names request and row, else both are given."""
    if hasattr(request_ids, "columns"):
        if not {"request_id", "row"} <= set(request_ids.columns):
            raise WrongUsage("these answers have no request_id and row: they are what predict returns")
        request_ids, rows = list(request_ids["request_id"]), list(request_ids["row"])
    rows = list(rows) if rows is not None else [0] * len(request_ids)
    if not len(request_ids) == len(values) == len(rows):
        raise WrongUsage(f"{len(request_ids)} requests, {len(rows)} rows and {len(values)} outcomes: there has to be one outcome for each")
    entries = [{"request_id": i, "row": r, "outcome": v} for i, r, v in zip(request_ids, rows, values, strict=True)]
    return json.dumps({"outcomes": entries}, default=_plain)
