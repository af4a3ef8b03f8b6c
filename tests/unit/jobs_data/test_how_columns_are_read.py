"""The rule that is fitted to a column, and what it says it changed."""

from typing import Any

import polars as pl
import pytest
from modelyard_api.data import Column, ColumnRole, ColumnType, Data, DataSource
from modelyard_api.reading_notes import ReadingNote, ReadingRule
from modelyard_jobs.data.column_rules import ColumnReader
from modelyard_jobs.data.one_column import ReadColumn
from modelyard_jobs.data.raw_table import RawTable
from modelyard_jobs.termination import InvalidRequest
from modelyard_model.cells.reading import NumberReading, TextReading, TimeReading, Unreadable
from modelyard_model.text_files import Separator

ROWS = 200


def reader(columns: dict[str, list[str]], separator: Separator = ",", notes: tuple[ReadingNote, ...] = (), **declared: Any) -> ColumnReader:
    """Of a text file; each list is repeated to 200 rows. ``declared``: what the manifest says of column x."""
    cells = pl.DataFrame({name: (texts * ROWS)[:ROWS] for name, texts in columns.items()}, schema=dict.fromkeys(columns, pl.String))
    data = Data(source=DataSource(uri="s3://bucket/rows.csv"), columns=[Column(name="x", **declared)] if declared else None)
    return ColumnReader(RawTable(cells, notes, separator), data)


def read(texts: list[str], separator: Separator = ",", beside: dict[str, list[str]] | None = None, **declared: Any) -> ReadColumn:
    """Column x, with others beside it."""
    return reader({"x": texts} | (beside or {}), separator, **declared).read("x")


def said(column: ReadColumn) -> dict[ReadingRule, str]:
    return {note.rule: note.detail for note in column.notes}


# numbers


@pytest.mark.parametrize(
    ("texts", "first", "form"),
    [
        (["1", "-2.5", "1e3", "+.5"], 1.0, {}),
        (["1,5", "2", "0,25"], 1.5, {"decimal": ","}),
        (["1.234,5", "1.234.567", "12"], 1234.5, {"decimal": ",", "thousands": "."}),
        (["1,234.5", "12,34,567"], 1234.5, {"thousands": ","}),
        (["1 234,5", "7\u00a0000"], 1234.5, {"decimal": ",", "thousands": " "}),
        (["1'234.5", "12’000"], 1234.5, {"thousands": "'"}),  # noqa: RUF001
        (["$5", "-$6", "($7)", "8"], 5.0, {"sign": "$"}),
        (["5 €", "6,50 €"], 5.0, {"decimal": ",", "sign": "€"}),
        (["12 %", "3.5%"], 12.0, {"sign": "%"}),
        (["EUR 12", "3.5 EUR"], 12.0, {"sign": "EUR"}),
    ],
)
def test_the_form_of_numbers(texts: list[str], first: float, form: dict[str, str]) -> None:
    column = read(texts)
    assert column.kind is ColumnType.NUMERICAL
    assert column.reading == NumberReading.model_validate(form)
    assert column.values[0] == first
    assert not column.values.null_count()


def test_what_separates_thousands_may_be_the_decimal_mark() -> None:
    texts = ["1,234", "5,678", "12,000"]
    column = read(texts)
    assert column.values[0] == 1234
    assert said(column) == {ReadingRule.AMBIGUOUS_NUMBER: ","}
    assert read(texts, ";").values[0] == 1.234
    assert read(texts, beside={"y": ["0,5", "1,25"]}).values[0] == 1.234
    assert said(read(texts, beside={"y": ["0.5", "1.25"]})) == {ReadingRule.THOUSANDS: ","}
    assert said(read([*texts, "0,500"])) == {ReadingRule.DECIMAL_COMMA: ""}
    assert said(read([*texts, "1,234,567"])) == {ReadingRule.THOUSANDS: ","}


def test_points_are_decimal_marks_unless_the_file_has_decimal_commas() -> None:
    texts = ["1.234", "5.678", "12"]
    assert read(texts).values[0] == 1.234
    column = read(texts, beside={"y": ["0,5", "1,25"]})
    assert column.values[0] == 1234
    assert said(column) == {ReadingRule.AMBIGUOUS_NUMBER: "."}
    assert read([*texts, "0.500"], beside={"y": ["0,5"]}).values[0] == 1.234


def test_a_few_foreign_texts_are_missing_and_any_other_then_as_well() -> None:
    column = read([*map(str, range(96)), "many", "few", "", "n/a"])
    assert column.kind is ColumnType.NUMERICAL
    assert column.reading == NumberReading(unreadable=Unreadable.MISSING)
    assert [(note.rule, note.count, note.detail) for note in column.notes] == [
        (ReadingRule.MISSING_WORD, 2, "n/a"),
        (ReadingRule.NOT_A_NUMBER, 4, ""),
    ]
    assert column.values.null_count() == 8


def test_more_foreign_texts_make_it_a_column_of_text() -> None:
    texts = [*map(str, range(15)), "many"]
    assert isinstance(read(texts).reading, TextReading)
    with pytest.raises(InvalidRequest, match=r"12 of its 200 values are not numbers \(the first in row 16\)"):
        read(texts, type="Numerical")


def test_words_that_mean_missing_don_t_count_as_foreign() -> None:
    column = read(["?", "unknown", "-", "1.5", "N.A."])
    assert column.kind is ColumnType.NUMERICAL
    assert column.values.null_count() == 160
    assert read(["?"] * 195 + ["5"] * 5).kind is ColumnType.CATEGORICAL  # five numbers among so many are none


@pytest.mark.parametrize("texts", [["$1", "€2"], ["$5", "5%"], ["$1"] * 199 + ["€2"]])
def test_two_currencies_are_no_numbers(texts: list[str]) -> None:
    assert isinstance(read(texts).reading, TextReading)


def test_leading_zeros_belong_to_names() -> None:
    column = read(["01234", "90210"])
    assert (column.kind, column.values[0], said(column)) == (ColumnType.CATEGORICAL, "01234", {ReadingRule.LEADING_ZEROS: ""})
    assert read(["01234", "90210"], type="Numerical").values[0] == 1234
    assert read(["0.5", "07.5", "0"]).kind is ColumnType.NUMERICAL  # no whole numbers
    assert read(["0", "7", "12"]).kind is ColumnType.NUMERICAL
    assert read(["12345"] * 199 + ["01234"]).kind is ColumnType.CATEGORICAL  # all as long
    assert read(["1", "12345"] * 99 + ["7", "01"]).kind is ColumnType.NUMERICAL


def test_whole_numbers_that_a_float_can_t_hold_are_counted() -> None:
    column = read(["9007199254740993", "5", "1e300"])
    assert [(note.rule, note.count) for note in column.notes] == [(ReadingRule.ROUNDED, 67)]
    assert read(["9007199254740993", "5"], type="Categorical").values[0] == "9007199254740993"


def test_numbers_that_the_manifest_says_mean_missing() -> None:
    column = read(["-999", "1.5", "-999.0", "2"], missing_words=["-999"])
    assert column.values.to_list()[:4] == [None, 1.5, None, 2.0]
    assert [(note.rule, note.count) for note in column.notes] == [(ReadingRule.MISSING_WORD, 100)]
    assert read([*["1.5"] * 9, "?"], missing_words=[]).kind is ColumnType.CATEGORICAL  # every text is kept
    assert read([*["1.5"] * 9, "gone", "?"], missing_words=["gone"]).kind is ColumnType.NUMERICAL


# truth values


def test_true_and_false_are_numbers_and_other_pairs_categories() -> None:
    assert read(["TRUE", "false", "True"]).values.to_list()[:3] == [1.0, 0.0, 1.0]
    column = read(["Yes", "no", "YES", "Yes", "No", "no"])
    assert column.reading.truth == ("no", "Yes")  # type: ignore[union-attr]
    assert column.values.to_list()[:4] == ["Yes", "no", "Yes", "Yes"]
    assert said(column) == {ReadingRule.TRUTH: ""}
    assert read(["yes", "True", "no", "FALSE"]).values.unique().len() == 2


def test_letters_are_truth_values_in_pairs_alone() -> None:
    assert read(["n", "s", "N"]).reading.truth is None  # type: ignore[union-attr]
    assert read(["n", "t"]).reading.truth is None  # type: ignore[union-attr]
    assert read(["n", "Y", "N", "N"]).reading.truth == ("N", "Y")  # type: ignore[union-attr]


def test_a_target_of_truth_values_keeps_their_spelling() -> None:
    for texts, classes in ((["True", "False", "TRUE", "True"], {"True", "False"}), (["yes", "no", " yes"], {"yes", "no"})):
        assert set(reader({"x": texts}).labels("x").values) == classes


# texts


def test_missing_words_in_text_are_missing_and_counted() -> None:
    column = read(["red", "blue", "NA", "n/a", "None"])
    assert column.values.to_list()[:5] == ["red", "blue", None, None, "None"]
    assert {(note.rule, note.detail, note.count) for note in column.notes} == {
        (ReadingRule.MISSING_WORD, "NA", 40),
        (ReadingRule.MISSING_WORD, "n/a", 40),
    }


def test_a_frequent_word_is_a_category_where_the_file_says_missing_otherwise() -> None:
    assert said(read(["red", "blue", "NA"], beside={"y": ["", "5"]})) == {ReadingRule.KEPT_WORD: "NA"}
    assert said(read(["red", "blue", "NA"])) == {ReadingRule.MISSING_WORD: "NA"}
    assert said(read(["FR", "DE", "NA"])) == {ReadingRule.KEPT_WORD: "NA"}
    assert said(read(["FR", "DE", "NA"], beside={"y": ["NA", "5"]})) == {ReadingRule.MISSING_WORD: "NA"}
    assert said(read(["FR"] * 195 + ["NA"] * 5, beside={"y": ["", "5"]})) == {ReadingRule.MISSING_WORD: "NA"}
    assert read(["NA"], beside={"y": ["", "5"]}).values.null_count() == ROWS


def test_the_manifest_names_words_that_mean_missing() -> None:
    assert not read(["red", "NA"], missing_words=[]).values.null_count()
    column = read(["red", "NA", "none of these"], missing_words=["none of these"])
    assert column.values.to_list()[:3] == ["red", "NA", None]


def test_outer_spaces_are_taken_off_and_counted() -> None:
    column = read(["red", " red", "blue\t"])
    assert column.values.to_list()[:3] == ["red", "red", "blue"]
    assert [(note.rule, note.count) for note in column.notes] == [(ReadingRule.SPACES, 133)]


def test_numbers_as_categories_are_one_however_written() -> None:
    column = read(["1", "1.0", "2"], type="Categorical")
    assert column.values.to_list()[:3] == ["1", "1", "2"]
    assert not read(["01", "1"], type="Categorical").reading.numbers  # type: ignore[union-attr]


def test_a_target_of_numbers_with_gaps_has_classes_of_numbers() -> None:
    labels = reader({"x": ["0", "1", "1.0", "?", "unknown"]}).labels("x")
    assert labels.values.to_list()[:5] == ["0", "1", "1", None, None]
    assert {note.detail for note in labels.notes} == {"?", "unknown"}


# timestamps


@pytest.mark.parametrize(
    ("texts", "first", "form", "rule"),
    [
        (["2023-12-31", "2024-01-01"], "2023-12-31", "", None),
        (["31.12.2023", "01.02.2024"], "2023-12-31T00:00:00", "D.M.Y", ReadingRule.DATE_FORM),
        (["01.02.2024", "03.04.2024"], "2024-02-01T00:00:00", "D.M.Y", ReadingRule.AMBIGUOUS_DATE),
        (["01-02-2024", "03-04-2024"], "2024-02-01T00:00:00", "D-M-Y", ReadingRule.AMBIGUOUS_DATE),
        (["01/02/2024", "03/04/2024"], "2024-01-02T00:00:00", "M/D/Y", ReadingRule.AMBIGUOUS_DATE),
        (["01/02/2024", "13/04/2024"], "2024-02-01T00:00:00", "D/M/Y", ReadingRule.DATE_FORM),
        (["01.02.2024", "03.14.2024"], "2024-01-02T00:00:00", "M.D.Y", ReadingRule.DATE_FORM),
        (["12/31/23 5:00 PM", "1/2/24 6:30 am"], "2023-12-31T17:00:00", "M/D/y", ReadingRule.DATE_FORM),
        (["5 Jan 2024", "17 March 2023"], "2024-01-05T00:00:00", "D N Y", ReadingRule.DATE_FORM),
        (["2024/01/05 10:11:12", "2023/12/24 00:00:00"], "2024-01-05T10:11:12", "Y/M/D", ReadingRule.DATE_FORM),
    ],
)
def test_the_form_of_dates(texts: list[str], first: str, form: str, rule: ReadingRule | None) -> None:
    column = read(texts)
    assert (column.kind, column.reading, column.values[0]) == (None, TimeReading(form=form), first)
    assert "looks like a timestamp and is left out" in column.warning
    assert list(said(column)) == ([rule] if rule else [])


def test_a_few_texts_that_are_no_dates_are_missing() -> None:
    column = read(["31.12.2023"] * 98 + ["soon", "?"], type="Datetime")
    assert column.reading == TimeReading(form="D.M.Y", unreadable=Unreadable.MISSING)
    assert column.values.null_count() == 4
    with pytest.raises(InvalidRequest, match="are not ISO 8601"):
        read(["31.12.2023", "soon"], type="Datetime")


def test_dates_without_marks_are_dates_where_they_are_declared() -> None:
    assert read(["20231231", "20240101"]).kind is ColumnType.NUMERICAL
    assert read(["20231231", "20240101"], type="Datetime").kind is ColumnType.DATETIME
    assert reader({"x": ["20231231", "20240101"]}).timestamps("x").values.dtype == pl.String
    assert reader({"x": ["1700000000", "1700000500"]}).timestamps("x").values[1] == 1700000500.0


# what is left out


@pytest.mark.parametrize("texts", [[str(row) for row in range(ROWS)], [str(row + 1) for row in range(ROWS)], ["0", "1", "2", "3"]])
@pytest.mark.parametrize("name", ["column_1", "Unnamed: 0"])
def test_an_index_is_set_aside(name: str, texts: list[str]) -> None:
    unnamed = (ReadingNote(rule=ReadingRule.UNNAMED, column="column_1"),)
    column = reader({name: texts, "x": ["1"]}, notes=unnamed).read(name)
    assert (column.kind, list(said(column))) == (None, [ReadingRule.INDEX])


def test_what_only_looks_like_an_index_is_kept() -> None:
    unnamed = (ReadingNote(rule=ReadingRule.UNNAMED, column="column_1"),)
    assert reader({"column_1": ["1.5", "7"]}, notes=unnamed).read("column_1").kind is ColumnType.NUMERICAL
    assert reader({"number": [str(row) for row in range(ROWS)]}).read("number").kind is ColumnType.NUMERICAL
    kept = ColumnReader(
        RawTable(pl.DataFrame({"Unnamed: 0": ["0", "1"]})),
        Data(source=DataSource(uri="s3://bucket/rows.csv"), columns=[Column(name="Unnamed: 0", role=ColumnRole.FEATURE)]),
    )
    assert kept.read("Unnamed: 0").kind is ColumnType.NUMERICAL


def test_text_with_a_type_stays_text() -> None:
    table = RawTable(pl.DataFrame({"x": ["1", "2"], "y": ["1,5", "2,5"]}), is_text=False)
    data = Data(source=DataSource(uri="s3://bucket/rows.parquet"), columns=[Column(name="y", type=ColumnType.NUMERICAL)])
    found = ColumnReader(table, data)
    assert found.read("x").kind is ColumnType.CATEGORICAL
    assert found.read("y").values.to_list() == [1.5, 2.5]


def test_a_column_that_nearly_is_one_of_numbers_is_said() -> None:
    column = read(["1.5", "2.5", "3", "4", "5", "6", "7", "8", "9", "TBD"])
    assert column.kind is ColumnType.CATEGORICAL
    assert "20 of its texts are no numbers, the others are" in column.warning


def test_names_that_look_like_patterns() -> None:
    found = reader({"^a.*$": ["1", " 2"], "x": ["a", "b"]})
    assert found.read("^a.*$").values.to_list()[:2] == [1.0, 2.0]
    assert found.read("x").values[0] == "a"
