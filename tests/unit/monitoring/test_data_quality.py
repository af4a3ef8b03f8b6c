"""A table of broken columns: what is found, and whether the column can still be compared. No value is ever quoted."""

import math

import polars as pl
import pytest
from modelyard_jobs.monitoring.checks.column_findings import find_in_columns

ROWS = 200
NUMBERS = pl.Series("input.x", [float(index % 100) for index in range(ROWS)])
TEXTS = pl.Series("input.x", ["abc"[index % 3] for index in range(ROWS)])


def nulls(series: pl.Series, count: int) -> pl.Series:
    return pl.Series(series.name, [None] * count + series.to_list()[count:], dtype=series.dtype)


CASES = {
    "healthy numbers": (NUMBERS, NUMBERS.reverse(), "", True),
    "healthy texts": (TEXTS, TEXTS.reverse(), "", True),
    "whole numbers instead of floats": (NUMBERS, NUMBERS.cast(pl.Int64), "", True),
    "missing": (NUMBERS, None, "missing", False),
    "all null": (NUMBERS, nulls(NUMBERS, ROWS), "all null", False),
    "all null and without a type": (TEXTS, pl.Series("input.x", [None] * ROWS), "all null", False),
    "null in the reference, too": (nulls(NUMBERS, ROWS), nulls(NUMBERS, ROWS), "", False),
    "texts for numbers": (NUMBERS, TEXTS, "type changed to String (reference Float64)", False),
    "numbers for texts": (TEXTS, NUMBERS, "type changed to Float64 (reference String)", False),
    "many nulls": (NUMBERS, nulls(NUMBERS, 60), "30 % null (reference 0 %)", True),
    "as many nulls as ever": (nulls(NUMBERS, 60), nulls(NUMBERS, 70), "", True),
    "only nulls and infinities": (NUMBERS, pl.Series("input.x", [None, math.inf] * 100), "all null or not finite", False),
    "few values left": (NUMBERS, nulls(NUMBERS, 170), "85 % null (reference 0 %)", False),
    "out of range": (NUMBERS, NUMBERS + 50.0, "50 % out of the reference's range", True),
    "one absurd number": (NUMBERS, NUMBERS.set(NUMBERS == 7.0, 1e300), "", True),
    "unseen categories": (TEXTS, TEXTS.replace({"a": "secret-1", "b": "secret-2"}), "2 unseen categories in 67 % of the rows", True),
    "names, not categories": (
        pl.Series("input.x", [f"id-{index}" for index in range(ROWS)]),
        pl.Series("input.x", [f"id-{index}" for index in range(ROWS, 2 * ROWS)]),
        "",
        False,
    ),
    "timestamps": (
        pl.Series("input.x", [f"2013-01-{1 + index % 28:02d}T05:00:00" for index in range(ROWS)]),
        pl.Series("input.x", [f"7/{1 + index % 28}/2013" for index in range(ROWS)]),
        "",
        False,
    ),
    "truth values": (pl.Series("input.x", [True, False] * 100), pl.Series("input.x", [False] * ROWS), "", True),
}


@pytest.mark.parametrize("case", CASES)
def test_finding(case: str) -> None:
    reference, window, finding, comparable = CASES[case]
    frame = pl.DataFrame({"request_id": ["r"] * ROWS}) if window is None else window.to_frame()
    [check] = find_in_columns(reference.to_frame(), frame, "input.")
    assert check.finding == finding
    assert (check.unable == "") is comparable
    assert "secret" not in check.finding + check.unable


def test_only_columns_with_the_prefix_are_checked() -> None:
    reference = pl.DataFrame([NUMBERS, pl.Series("label", ["a"] * ROWS)])
    assert [check.name for check in find_in_columns(reference, reference, "input.")] == ["input.x"]
