"""Hashes are our own: the same for the same value, however a file stores it, and the same in every version of every library."""

import json
import os
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from modelyard_jobs.splitting import hashing
from modelyard_jobs.splitting.hashing import cell_hashes, uniform
from modelyard_jobs.splitting.identity import identify, occurrence

GOLDEN = Path(__file__).parent / "golden_hashes.json"
SALT = "ml.flights"
GOLDEN_ROWS = ["ed7d8bd378fd1ceb", "a86d7d2b990b1237", "0a64223b27cd1ef6"]
GOLDEN_PLACES = [0.4716764377129583, 0.7043101370321775]


def columns() -> list[pl.Series]:
    """A hundred cells of every kind, in columns of their own name."""
    return [
        pl.Series("number", [0.0, 1.0, -1.5, 0.1, 1e-300, 1.7e308, 1 / 3, 123456789.125, float("inf"), float("-inf"), None, 2.0**60]),
        pl.Series("whole", [0, 1, -7, 2**31, 2**53, 2**53 + 1, -(2**62) - 1, None, 42, 1000], dtype=pl.Int64),
        pl.Series("large", [2**64 - 1, 2**63, 5], dtype=pl.UInt64),
        pl.Series("narrow", [0.1, 0.5, -2.25, 3.0], dtype=pl.Float32),
        pl.Series(
            "text", ["a", "A", "ä", "日本", "two words", "'quoted'", "a,b", "x" * 300, "\x1f", "true", "NA?", "-", "1a", "0x10", None]
        ),
        pl.Series("numeral", ["1", "1.0", "01", "-0", "1e3", "1E+3", ".5", "5.", "+7", "9007199254740993", "1" * 40, "1e999"]),
        pl.Series("spaces", [" a", "a ", "  ", ""]),
        pl.Series("truth", [True, False, None]),
        pl.Series("category", ["north", "south", None], dtype=pl.Categorical),
        pl.Series("day", [date(1969, 12, 31), date(1970, 1, 1), date(2026, 2, 28), None]),
        pl.Series("moment", [datetime(1970, 1, 1), datetime(2026, 1, 31, 12, 0, 0, 5), None], dtype=pl.Datetime("us")),  # noqa: DTZ001
        pl.Series("zoned", [datetime(2026, 1, 31, 12, tzinfo=UTC)], dtype=pl.Datetime("ns", "UTC")),
        pl.Series("clock", [time(0, 0), time(23, 59, 59)]),
        pl.Series("span", [timedelta(0), timedelta(seconds=-3), timedelta(days=400)]),
        pl.Series("list", [[1.0, 2.5], [], None], dtype=pl.List(pl.Float64)),
        pl.Series("struct", [{"a": 1, "b": "x"}, {"a": None, "b": ""}]),
        pl.Series("binary", [b"", b"\x00\xff"], dtype=pl.Binary),
        pl.Series("nothing", [None, None], dtype=pl.Null),
        pl.Series("counts", list(range(12))),
    ]


def test_a_hundred_golden_hashes() -> None:
    found = {column.name: [f"{value:016x}" for value in cell_hashes(column, SALT).tolist()] for column in columns()}
    assert sum(map(len, found.values())) >= 100
    if os.environ.get("MODELYARD_UPDATE_GOLDEN"):
        GOLDEN.write_text(json.dumps(found, indent=1) + "\n")
    assert found == json.loads(GOLDEN.read_text())


def test_golden_names_of_rows() -> None:
    table = pl.DataFrame({"b": ["x", "y", "x"], "a": [1.0, 2.0, 1.0]})
    assert [f"{value:016x}" for value in identify(table, ("a", "b"), SALT, None).row.tolist()] == GOLDEN_ROWS
    assert uniform(np.array([1, 2], dtype=np.uint64), "split").tolist() == GOLDEN_PLACES


def test_rows_have_the_names_that_release_0_1_0_gave_them() -> None:
    table = pl.DataFrame({"b": ["x", None, "y"], "a": [1, 2, 300], "c": [0.1, 1e20, -0.0], "d": [True, False, None]})
    names = hashing.hash_rows_of_0_1_0(table, ("a", "b", "c", "d"), SALT).tolist()
    assert [f"{name:016x}" for name in names] == ["ed5e97369a10bd55", "488115f67008d4d9", "9633ad036c3bada6"]


def one(values: list[object], dtype: object = None, salt: str = SALT) -> list[int]:
    return cell_hashes(pl.Series("same", values, dtype=dtype), salt).tolist()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "dtype", "others", "other_dtype"),
    [
        ([0.0], pl.Float64, [-0.0], pl.Float64),
        ([0.5, -2.25, 0.1], pl.Float32, [0.5, -2.25, float(np.float32(0.1))], pl.Float64),
        ([3, -4], pl.Int8, [3.0, -4.0], pl.Float64),
        ([3], pl.UInt64, [3], pl.Int16),
        ([2**53 + 2, 2**60], pl.Int64, [float(2**53 + 2), float(2**60)], pl.Float64),
        ([1.5, 20.0], pl.Float64, ["1.50", "2e1"], pl.String),
        ([7], pl.Int64, [" 7 "], pl.String),
        ([True, False], pl.Boolean, ["true", "false"], pl.String),
        (["a"], pl.Categorical, ["a"], pl.String),
        ([None], pl.Float64, [float("nan")], pl.Float64),
        ([None], pl.Int64, [""], pl.String),
        ([None], pl.Null, [None], pl.Date),
        ([date(2026, 1, 2)], pl.Date, [datetime(2026, 1, 2)], pl.Datetime("ns")),  # noqa: DTZ001
    ],
)
def test_the_same_value_has_the_same_hash_however_it_is_stored(
    values: list[object], dtype: object, others: list[object], other_dtype: object
) -> None:
    assert one(values, dtype) == one(others, other_dtype)


def test_other_values_columns_and_models_have_other_hashes() -> None:
    assert len(set(one([2**53, 2**53 + 1, 2**53 + 2], pl.Int64))) == 3
    assert one(["a"]) != one(["b"]) != one(["a"], salt="ml.other")
    assert cell_hashes(pl.Series("x", ["a"]), SALT).tolist() != cell_hashes(pl.Series("y", ["a"]), SALT).tolist()


def test_copies_are_counted_in_the_order_of_the_file() -> None:
    assert occurrence(np.array([5, 7, 5, 5, 7], dtype=np.uint64)).tolist() == [0, 0, 1, 2, 1]


def test_places_are_spread_evenly() -> None:
    places = np.sort(uniform(cell_hashes(pl.Series("n", range(20_000)), SALT), "split"))
    assert np.abs(places - np.linspace(0, 1, 20_000)).max() < 0.012  # Kolmogorov's limit at 1 %
