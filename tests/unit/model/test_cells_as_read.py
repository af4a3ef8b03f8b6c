"""Cells by the rules of their column: texts of a file, values of JSON and of Parquet."""

import math
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from modelyard_model.cells.numbers import NumberForm
from modelyard_model.cells.reading import NumberReading, TextReading, TimeReading, Unreadable, read_numbers, read_texts, read_times
from modelyard_model.errors import InvalidInput

TEXTS = st.text(max_size=8) | st.sampled_from([" yes", "YES", "No", "NA", "1", "1.0", "+1", "-9", "-9.0", "01", "true", "TRUE", ""])
READINGS = st.builds(
    TextReading,
    missing=st.lists(st.sampled_from(["NA", "-9", "no", "yes"]), max_size=2).map(tuple),
    numbers=st.booleans(),
    truth=st.none() | st.just(("no", "yes")),
)
FORMS = st.builds(
    NumberReading,
    decimal=st.sampled_from([".", ","]),
    thousands=st.sampled_from(["", " ", "'"]),
    sign=st.sampled_from(["", "$", "%"]),
    unreadable=st.just(Unreadable.MISSING),
)
NUMBERS = (
    st.text(max_size=6) | st.from_regex(r"\s?[-+]?[0-9_.,e']{1,9}\s?", fullmatch=True) | st.sampled_from(["inf", "nan", "+nan", "٣", "1_0"])
)


@given(st.lists(TEXTS), READINGS)
def test_a_category_that_was_read_is_read_as_itself(cells: list[str], reading: TextReading) -> None:
    once = read_texts("c", cells, reading)
    assert read_texts("c", once, reading) == once


@given(st.lists(TEXTS), READINGS)
def test_a_column_is_read_as_its_cells_one_by_one(cells: list[str], reading: TextReading) -> None:
    assert read_texts("c", cells, reading) == [reading.read(cell) for cell in cells]


@given(st.lists(NUMBERS, max_size=4), FORMS)
def test_numbers_are_read_as_their_cells_one_by_one(cells: list[str], reading: NumberReading) -> None:
    assert np.array_equal(read_numbers("c", cells, reading), [reading.read(cell) for cell in cells], equal_nan=True)


def test_typed_cells_are_read_as_the_texts_that_a_file_holds() -> None:
    codes = TextReading(missing=("-9",), numbers=True, truth=("no", "yes"))
    cells = [1, 1.0, Decimal("1.00"), True, np.float32(2), -9, math.inf, math.nan, None, 2**60 + 1, date(2026, 1, 2)]
    assert read_texts("c", cells, codes) == ["1", "1", "1", "yes", "2", None, None, None, None, str(2**60 + 1), "2026-01-02"]
    times: list[object] = [datetime(2026, 1, 2, 3, tzinfo=UTC), date(2026, 1, 2), 20260102, 20260102.0, "2.1.2026", None, math.nan]
    wanted = ["2026-01-02T03:00:00+00:00", "2026-01-02", "20260102", "20260102", "2026-01-02T00:00:00", None, None]
    assert read_times("c", times, TimeReading(form="D.M.Y")) == wanted


@pytest.mark.parametrize(
    ("read", "cell", "words"),
    [
        (lambda cells: read_numbers("c", cells, NumberReading()), "many", "expected a number, got text"),
        (lambda cells: read_numbers("c", cells, NumberReading()), 10**400, "the number is too large"),
        (lambda cells: read_numbers("c", cells, NumberReading(unreadable=Unreadable.MISSING)), [1], "expected a number, got a list"),
        (lambda cells: read_texts("c", cells, TextReading()), {"a": 1}, "expected text, got an object"),
        (lambda cells: read_times("c", cells, TimeReading()), "soon", "expected a timestamp"),
        (lambda cells: read_times("c", cells, TimeReading()), 1.7e9, "expected a timestamp as text, got a number"),
        (lambda cells: read_times("c", cells, TimeReading()), True, "expected a timestamp as text, got a truth value"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_by_column_and_row(read, cell, words) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidInput, match=f"column 'c', row 1: {words}"):
        read([None, cell])


def test_foreign_texts_are_missing_where_training_had_some() -> None:
    assert np.isnan(read_numbers("c", ["many", ""], NumberReading(unreadable=Unreadable.MISSING))).all()
    assert read_times("c", ["soon", 1.7e9], TimeReading(unreadable=Unreadable.MISSING)) == [None, None]


def test_a_number_that_means_missing_does_so_however_it_is_written() -> None:
    reading = NumberReading(missing=("-999", "gone"))
    for cells in (["-999", "-999.0", "gone", "1"], [-999, -999.0, None, 1], np.array([-999.0, -999, np.nan, 1])):
        assert np.isnan(read_numbers("x", cells, reading)).tolist() == [True, True, True, False]


def test_a_day_that_means_missing() -> None:
    assert read_times("t", ["9999-12-31", date(9999, 12, 31), "2026-01-31"], TimeReading(missing=("9999-12-31",))) == [
        None,
        None,
        "2026-01-31",
    ]


def test_what_begins_with_zero_has_no_thousands() -> None:
    assert NumberForm(".", ",").parse("0,123") is None
    assert NumberForm(".", ",").parse("1,123") == 1123
    assert NumberForm(",", ".").parse("0.123") is None
