"""Texts as numbers, timestamps and categories, by the rules of a column."""

import math
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pytest
from modelyard_model.cells import times
from modelyard_model.cells.numbers import NumberForm, category_of
from modelyard_model.cells.reading import NumberReading, TextReading, TimeReading, Unreadable, read_numbers, read_texts, read_times
from modelyard_model.errors import InvalidInput

EUROPEAN = NumberForm(decimal=",", thousands=".")


@pytest.mark.parametrize(
    ("form", "text", "value"),
    [
        (NumberForm(), " 12.5 ", 12.5),
        (NumberForm(), "+.5e3", 500.0),
        (NumberForm(), "5.", 5.0),
        (NumberForm(), "-7", -7.0),
        (NumberForm(), "\u22127", -7.0),
        (NumberForm(), "True", 1.0),
        (NumberForm(), "-Infinity", -math.inf),
        (NumberForm(), "1e400", math.inf),
        (NumberForm(), "(12)", -12.0),
        (NumberForm(thousands=","), "1,234.50", 1234.5),
        (NumberForm(thousands=","), "12,34,567", 1234567.0),
        (NumberForm(thousands=" "), "1\u202f234", 1234.0),
        (NumberForm(thousands="'"), "1\u2019234.5", 1234.5),
        (NumberForm(decimal=","), "0,5", 0.5),
        (EUROPEAN, "1.234,50", 1234.5),
        (EUROPEAN, "1.234", 1234.0),
        (NumberForm(thousands=",", sign="$"), "$1,200", 1200.0),
        (NumberForm(thousands=",", sign="$"), "-$1,200.5", -1200.5),
        (NumberForm(thousands=",", sign="$"), "($1,200)", -1200.0),
        (NumberForm(sign="EUR"), "12 EUR", 12.0),
        (NumberForm(sign="%"), "12 %", 12.0),
        (NumberForm(sign="%"), "12", 12.0),
    ],
)
def test_texts_that_are_numbers(form: NumberForm, text: str, value: float) -> None:
    assert form.parse(text) == value


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (NumberForm(), "1,234"),
        (NumberForm(), "1_000"),
        (NumberForm(), "0x10"),
        (NumberForm(), "١٢"),
        (NumberForm(), "12 %"),
        (NumberForm(), "--5"),
        (NumberForm(), "(-5)"),
        (NumberForm(), ""),
        (NumberForm(thousands=","), "1,2345"),
        (NumberForm(thousands=","), ",123"),
        (NumberForm(sign="$"), "€5"),
        (NumberForm(sign="$"), "$-$5"),
        (EUROPEAN, "1,234.5"),
        (EUROPEAN, "1.23"),
    ],
)
def test_texts_that_are_none(form: NumberForm, text: str) -> None:
    assert form.parse(text) is None


@pytest.mark.parametrize(
    ("form", "text", "moment"),
    [
        ("D.M.Y", "31.12.2023", datetime(2023, 12, 31)),  # noqa: DTZ001
        ("M/D/Y", "12/31/2023 5:07 PM", datetime(2023, 12, 31, 17, 7)),  # noqa: DTZ001
        ("M/D/Y", "1/2/2023 12:30:15 am", datetime(2023, 1, 2, 0, 30, 15)),  # noqa: DTZ001
        ("D-N-y", "05-Mar-69", datetime(1969, 3, 5)),  # noqa: DTZ001
        ("N D Y", "March 5, 2024", datetime(2024, 3, 5)),  # noqa: DTZ001
        ("Y/M/D", "2024/3/5 17:08:09.25", datetime(2024, 3, 5, 17, 8, 9, 250000)),  # noqa: DTZ001
        (times.COMPACT, "20240305", datetime(2024, 3, 5)),  # noqa: DTZ001
        ("D.M.Y", "2024-03-05T01:00:00+02:00", datetime(2024, 3, 4, 23, tzinfo=UTC)),
    ],
)
def test_texts_that_are_timestamps(form: str, text: str, moment: datetime) -> None:
    assert times.parse(text, form) == moment


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("D.M.Y", "31.02.2023"),
        ("D.M.Y", "12/31/2023"),
        ("D-N-Y", "05-Mai-2024"),
        ("M/D/Y", "1/2/2023 13:00 PM"),
        ("D.M.Y", "1.2.23"),
        ("", "x"),
    ],
)
def test_texts_that_are_no_timestamps(form: str, text: str) -> None:
    assert times.parse(text, form) is None


@pytest.mark.parametrize(
    ("text", "category"),
    [("1.0", "1"), ("+1", "1"), ("1.50", "1.5"), ("-0", "0"), ("9007199254740993", "9007199254740993"), ("A1", "A1"), ("1e999", "1e999")],
)
def test_numbers_as_categories(text: str, category: str) -> None:
    assert category_of(text) == category


def test_numbers_by_the_rules_of_a_column() -> None:
    reading = NumberReading(thousands=",", sign="$")
    cells = ["$1,200", None, "", "N/A", "?", "inf", 7, True, Decimal("2.5"), np.float32(0.5), math.nan]
    expected = [1200.0, *[math.nan] * 5, 7.0, 1.0, 2.5, 0.5, math.nan]
    assert read_numbers("price", cells, reading).tolist() == pytest.approx(expected, nan_ok=True)


def test_what_is_no_number_is_refused_with_its_row_or_missing() -> None:
    with pytest.raises(InvalidInput, match="column 'price', row 2: expected a number, got text") as found:
        read_numbers("price", [1.0, None, "secret"], NumberReading())
    assert found.value.row == 2
    assert math.isnan(read_numbers("price", ["secret"], NumberReading(unreadable=Unreadable.MISSING))[0])


def test_without_rules_a_text_is_no_number() -> None:
    with pytest.raises(InvalidInput, match="expected a number, got text"):
        read_numbers("price", ["1"], None)


def test_a_number_that_no_float_holds_is_refused() -> None:
    with pytest.raises(InvalidInput, match="row 1: the number is too large"):
        read_numbers("price", [1, 10**400], None)


def test_categories_by_the_rules_of_a_column() -> None:
    cells = [" north", "north ", "", "  ", "NA", None, math.nan, 3, 3.0, 2.5, True, np.int64(4), date(2024, 3, 5)]
    expected = ["north", "north", None, None, None, None, None, "3", "3", "2.5", "true", "4", "2024-03-05"]
    assert read_texts("region", cells, TextReading(missing=("NA",))) == expected


def test_categories_that_are_numbers_or_truth_values() -> None:
    assert read_texts("code", ["1.0", 1, "1", 1.0], TextReading(numbers=True)) == ["1"] * 4
    reading = TextReading(truth=("No", "Yes"))
    assert read_texts("member", ["YES", "y", True, "no", "OFF", False, "maybe"], reading) == [
        "Yes",
        "Yes",
        "Yes",
        "No",
        "No",
        "No",
        "maybe",
    ]


def test_a_list_is_no_category() -> None:
    with pytest.raises(InvalidInput, match="row 0: expected text, got a list"):
        read_texts("region", [["north"]], TextReading())


def test_timestamps_by_the_rules_of_a_column() -> None:
    cells = ["31.12.2023", "2023-12-31T05:00:00Z", None, "n/a", date(2024, 3, 5), datetime(2024, 3, 5, 6, tzinfo=UTC)]
    expected = ["2023-12-31T00:00:00", "2023-12-31T05:00:00Z", None, None, "2024-03-05", "2024-03-05T06:00:00+00:00"]
    assert read_times("day", cells, TimeReading(form="D.M.Y")) == expected
    with pytest.raises(InvalidInput, match="column 'day', row 0: expected a timestamp"):
        read_times("day", ["not a date"], TimeReading())
    assert read_times("day", ["not a date"], TimeReading(unreadable=Unreadable.MISSING)) == [None]
    assert read_times("day", ["not a date"], None) == ["not a date"]
