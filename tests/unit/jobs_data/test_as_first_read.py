"""Rows are named by the table as earlier releases read it: what the types are made of the texts to has to equal what Polars inferred then."""

import io

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from modelyard_jobs.data.raw_table import RawTable

# The call of the first releases, word by word
WORDS = ("", "NA", "N/A", "n/a", "<NA>", "NaN", "nan", "-nan", "NULL", "null", "#N/A")

WHOLE = st.integers(-(10**6), 10**6).map(str) | st.sampled_from(["007", "-0", str(2**53 + 1)])
NUMBERS = WHOLE | st.floats(allow_nan=False).map(repr) | st.sampled_from(["5.", ".5", "-.5", "+1.5", "inf", "-inf", "1e5", "1E-5", "1e400"])
TRUTH = st.sampled_from(["true", "false", "True", "FALSE", "tRUE"])
ODD = st.sampled_from(
    ["+5", " 5", "5 ", "5.e3", "Infinity", "infinity", "-", ".", "--1", "1_0", "0x1", "NAN", "None", "1,5", "true ", "9" * 20]
)
TEXT = st.text(alphabet='ab é"', max_size=4)
MISSING = st.sampled_from(WORDS)


def columns(rows: int) -> st.SearchStrategy[list[str]]:
    def column(cells: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
        return st.lists(cells, min_size=rows, max_size=rows)

    kinds = (WHOLE, NUMBERS, TRUTH, TEXT, MISSING)
    mixed = st.one_of([column(kind | MISSING) for kind in kinds] + [column(kind) for kind in kinds] + [column(WHOLE | ODD)])
    return mixed | column(NUMBERS | ODD | TRUTH | MISSING)


TABLES = st.integers(1, 6).flatmap(lambda rows: st.lists(columns(rows), min_size=1, max_size=4))


def first_read(cells: pl.DataFrame) -> pl.DataFrame:
    """A first column without gaps, because a line of one empty cell is a blank one."""
    text = io.BytesIO()
    cells.write_csv(text)
    return pl.read_csv(text.getvalue(), null_values=list(WORDS), infer_schema_length=None)


@settings(max_examples=100, deadline=None)
@given(TABLES)
def test_the_types_are_those_that_polars_inferred(table: list[list[str]]) -> None:
    cells = pl.DataFrame([pl.Series("row", ["r"] * len(table[0])), *(pl.Series(f"c{at}", column) for at, column in enumerate(table))])
    expected, found = first_read(cells), RawTable(cells).as_first_read
    assert found.schema == expected.schema
    assert found.equals(expected)


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1", "NA", ""], [1, None, None]),
        (["1", "2.5"], [1.0, 2.5]),
        (["1"] * 100 + ["x"], ["1"] * 100 + ["x"]),
        (["1"] * 100 + ["1.5"], [1.0] * 100 + [1.5]),
        (["1"] * 100 + ["9" * 20], [1] * 100 + [10**20 - 1]),
        (["9" * 50, "1"], ["9" * 50, "1"]),
        (["9" * 20, "1.5", "1"], ["9" * 20, "1.5", "1"]),
        (["9" * 20, "1.5"], [1e20, 1.5]),
        (["True", "nan"], [True, None]),
        (["", "NULL"], [None, None]),
        (["\u0661", "1"], ["\u0661", "1"]),
    ],
    ids=str,
)
def test_what_a_column_becomes(cells: list[str], values: list[object]) -> None:
    assert RawTable(pl.DataFrame({"c": cells})).as_first_read["c"].to_list() == values


def test_typed_tables_are_as_they_are() -> None:
    typed = pl.DataFrame({"a": ["NA"], "b": [1]})
    assert RawTable(typed, is_text=False).as_first_read is typed
