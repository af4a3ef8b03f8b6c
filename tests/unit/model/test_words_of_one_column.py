"""Texts that mean missing in one column alone, and marks that can't be of thousands."""

from datetime import date

import numpy as np
from modelyard_model.cells.numbers import NumberForm
from modelyard_model.cells.reading import NumberReading, TimeReading, read_numbers, read_times


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
