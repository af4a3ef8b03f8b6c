"""Rows and predictions as data frames: Polars or pandas, whichever the caller has."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from modelyard_cli.errors import WrongUsage
from modelyard_cli.predicting.rows import of_pandas, of_polars, plain

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


def is_pandas(rows: object) -> bool:
    """Without importing pandas."""
    return type(rows).__module__.partition(".")[0] == "pandas"


def records(rows: Any) -> list[dict[str, Any]]:
    """Rows as JSON has them: times as ISO 8601, NaN and infinite numbers as null. Columns of durations, lists and the like are left out."""
    import polars as pl  # noqa: PLC0415  # a tenth of a second

    if is_pandas(rows) or isinstance(rows, pl.DataFrame):
        columns = of_pandas(rows) if is_pandas(rows) else of_polars(rows)
        return _some([dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)])
    if isinstance(rows, Mapping):
        rows = [rows]
    if not isinstance(rows, Sequence) or not all(isinstance(row, Mapping) for row in rows):
        raise WrongUsage("rows are a Polars or pandas data frame, a dictionary that names columns, a list of those, or the path of a file")
    return _some([{str(name): _cell(name, value) for name, value in row.items()} for row in rows])


def _some(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not rows:
        raise WrongUsage("there are no rows, or no columns that a model could read")
    return rows


def _cell(name: Any, value: Any) -> Any:
    if isinstance(value, list | tuple | Mapping):
        return value
    try:
        return plain(value)
    except TypeError as error:
        raise WrongUsage(f"column {name!r}: {error}") from None


def table(predictions: Sequence[Mapping[str, Any]], *, pandas: bool) -> "pl.DataFrame | pd.DataFrame":
    """One row per answer."""
    import polars as pl  # noqa: PLC0415  half a second

    frame = pl.DataFrame(list(predictions), infer_schema_length=None)
    return frame.to_pandas() if pandas else frame


def outcomes(request_ids: Any, values: Sequence[Any], rows: Sequence[int] | None) -> str:
    """The body of /feedback: a frame of predictions names request and row, else both are given."""
    if hasattr(request_ids, "columns"):
        if not {"request_id", "row"} <= set(request_ids.columns):
            raise WrongUsage("these predictions have no request_id and row: they are what predict returns")
        request_ids, rows = list(request_ids["request_id"]), list(request_ids["row"])
    rows = list(rows) if rows is not None else [0] * len(request_ids)
    if not len(request_ids) == len(values) == len(rows):
        raise WrongUsage(f"{len(request_ids)} requests, {len(rows)} rows and {len(values)} outcomes: there has to be one outcome for each")
    entries = [{"request_id": i, "row": plain(r), "outcome": plain(v)} for i, r, v in zip(request_ids, rows, values, strict=True)]
    return json.dumps({"outcomes": entries})
