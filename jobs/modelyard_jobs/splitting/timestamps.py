"""Timestamps as seconds since the epoch, and the blocks of time whose rows belong together."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
from modelyard_api.conditions import Reason
from numpy.typing import NDArray

from modelyard_jobs.termination import InvalidRequest

_BLOCKS = (86400.0, 3600.0, 60.0, 1.0)  # a day, an hour, a minute, a second
_ENOUGH_BLOCKS = 40
# Days and whole seconds, as most columns have them: Polars knows them, the rest is looked at text by text
_USUAL = r"^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])?$"


def seconds(column: pl.Series) -> NDArray[np.float64]:
    """Seconds since 1970 (UTC where no offset is given); numbers are taken as such seconds. Raises InvalidRequest."""
    name, column = column.name, column.alias("cells")  # Polars takes some names for patterns
    if column.dtype.is_numeric():
        return column.cast(pl.Float64).to_numpy()
    if column.dtype in (pl.Date, pl.Datetime):
        return column.cast(pl.Datetime("us")).cast(pl.Int64).to_numpy() / 1e6
    found = _usual(column) if column.dtype == pl.String else None
    rest = column if found is None else column.filter(found.is_null())
    known = {text: seconds_of(text) for text in rest.unique().to_list()}
    wrong = sum(value is None for value in known.values())
    if found is None or wrong:
        raise InvalidRequest(
            Reason.DATA_INVALID,
            f"spec.data.split.column {name!r}: {wrong} of its {column.n_unique()} distinct values are not ISO 8601 timestamps (as in 2026-01-31T12:00:00Z)",
        )
    times = found.cast(pl.Float64).to_numpy(writable=True)
    times[np.isnan(times)] = [known[text] for text in rest.to_list()]
    return times


def _usual(texts: pl.Series) -> pl.Series:
    """Seconds as integers, null for what isn't written in the usual way."""

    def two(start: int) -> pl.Series:
        return texts.str.slice(start, 2).cast(pl.Int64, strict=False).fill_null(0)

    usual = texts.str.contains(_USUAL)
    days = texts.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).to_physical().cast(pl.Int64)
    found = days * 86400 + two(11) * 3600 + two(14) * 60 + two(17)
    return found.set(~usual.fill_null(value=False), None)


def seconds_of(text: object) -> float | None:
    """None: it is no timestamp."""
    try:
        moment = datetime.fromisoformat(str(text).strip())
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def blocks(times: NDArray[np.float64], enough: int = _ENOUGH_BLOCKS) -> NDArray[np.float64]:
    """Start of each row's block: whole days, or the largest shorter unit of which there are enough to count as a sample."""
    for length in _BLOCKS:
        starts = np.floor(times / length) * length
        if len(np.unique(starts)) >= enough:
            return starts
    return times
