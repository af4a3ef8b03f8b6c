"""Timestamps as seconds, all at once as Python reads each."""

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from modelyard_jobs.splitting.timestamps import seconds
from modelyard_jobs.termination import InvalidRequest

MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31))  # noqa: DTZ001
WRITTEN = (
    MOMENTS.map(lambda moment: moment.isoformat(" ", "seconds"))
    | MOMENTS.map(datetime.isoformat)
    | MOMENTS.map(lambda moment: moment.date().isoformat())
    | MOMENTS.map(lambda moment: moment.replace(year=2020).isoformat() + "+02:00")
    | st.sampled_from(["20260131", " 2026-01-31 ", "2026-01-31T12:00", "2026-W05-6", "2026-01-31T12:00:00Z", "0001-01-01"])
)


@given(st.lists(WRITTEN, min_size=1, max_size=6))
def test_as_python_reads_them(texts: list[str]) -> None:
    read = [datetime.fromisoformat(text.strip()) for text in texts]
    expected = [(moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() for moment in read]
    assert seconds(pl.Series("when", texts)).tolist() == expected


@pytest.mark.parametrize("text", ["2026-02-30", "2026-01-31 24:00:00", "2026-1-31", "2026-01-31 12:00:60", "0000-01-01", "soon", ""])
def test_others_are_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="1 of its 2 distinct values are not ISO 8601"):
        seconds(pl.Series("when", ["2026-01-31", text, text]))
