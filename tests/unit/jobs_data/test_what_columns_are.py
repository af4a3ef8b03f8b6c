"""Typing of columns: what is a feature, as what, and what is left out with a word."""

from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest
from modelyard_api.data import Column, ColumnRole, ColumnType, Data, DataSource, Prepare
from modelyard_api.data import Features as TimestampFeatures
from modelyard_api.training_job import TrainingJobSpec
from modelyard_jobs.data import dataset
from modelyard_jobs.data.column_rules import ColumnReader
from modelyard_jobs.data.features import Features, read_features
from modelyard_jobs.data.raw_table import RawTable
from modelyard_jobs.termination import InvalidRequest

ROWS = 120


def data(columns: list[Column] | None = None, timestamps: list[str] | None = None) -> Data:
    prepare = Prepare(features=TimestampFeatures(timestamps=timestamps)) if timestamps else Prepare()
    return Data(source=DataSource(uri="s3://bucket/rows.csv"), columns=columns, prepare=prepare)


def typed(series: pl.Series, spec: Data | None = None) -> Features:
    """The series among another column, so that something is always left."""
    table = pl.DataFrame([series, pl.Series("other", [float(row) for row in range(len(series))])])
    return read(table, spec or data(), frozenset())


def read(table: pl.DataFrame, spec: Data, excluded: frozenset[str]) -> Features:
    return read_features(ColumnReader(RawTable(table, is_text=False), spec), spec, excluded)


def kind_of(series: pl.Series, spec: Data | None = None) -> ColumnType | None:
    return {column.name: column.type for column in typed(series, spec).columns}.get(series.name)


def test_numbers_and_truth_values_are_numerical() -> None:
    for values in ([1, 2, None] * 40, [0.5, None, 2.0] * 40, [True, False, None] * 40):
        result = typed(pl.Series("x", values))
        assert result.columns[0].type is ColumnType.NUMERICAL
        assert result.frame["x"].dtype == pl.Float64
        assert result.frame["x"].null_count() == 40


def test_infinite_numbers_count_as_missing() -> None:
    assert typed(pl.Series("x", [1.0, float("inf"), 2.0])).frame["x"].to_list() == [1.0, None, 2.0]


def test_whole_numbers_of_few_values_stay_numerical_unless_declared() -> None:
    series = pl.Series("grade", [1, 2, 3] * 40)
    assert kind_of(series) is ColumnType.NUMERICAL
    declared = typed(series, data([Column(name="grade", type=ColumnType.CATEGORICAL)]))
    assert declared.frame["grade"].to_list()[:3] == ["1", "2", "3"]


def test_a_numerical_category_with_gaps_reads_like_one_without() -> None:
    spec = data([Column(name="zip", type=ColumnType.CATEGORICAL)])
    assert typed(pl.Series("zip", [1.0, None, 20.0]), spec).frame["zip"].to_list() == ["1", None, "20"]


def test_text_is_categorical_and_empty_text_is_missing() -> None:
    result = typed(pl.Series("colour", ["red", "", "blue"] * 40))
    assert result.columns[0].type is ColumnType.CATEGORICAL
    assert result.frame["colour"].null_count() == 40


def test_text_that_names_rows_is_left_out_with_a_word_unless_declared() -> None:
    series = pl.Series("name", [f"row {row}" for row in range(ROWS)])
    result = typed(series)
    assert [column.name for column in result.columns] == ["other"]
    assert "'name' names rows" in result.warnings[0]
    assert kind_of(series, data([Column(name="name", type=ColumnType.CATEGORICAL)])) is ColumnType.CATEGORICAL


def test_numbers_that_name_rows_are_pointed_at() -> None:
    assert "looks like an identifier" in typed(pl.Series("flight_id", list(range(ROWS)))).warnings[0]
    assert not typed(pl.Series("flights", list(range(ROWS)))).warnings


def test_timestamps_as_text_are_used_when_named_and_else_left_out_with_a_word() -> None:
    series = pl.Series("at", [f"2026-01-{1 + row % 28:02}T{row % 24:02}:00:00Z" for row in range(ROWS)])
    result = typed(series)
    assert result.looks_like_time == ("at",)
    assert kind_of(series) is None
    assert "prepare.features.timestamps" in result.warnings[0]
    assert kind_of(series, data(timestamps=["at"])) is ColumnType.DATETIME


def test_typed_timestamps_become_iso_text_as_requests_bring_it() -> None:
    noon = datetime(2026, 1, 31, 12, 30, tzinfo=UTC)
    timestamps = typed(pl.Series("at", [noon, None]))
    assert timestamps.columns[0].type is ColumnType.DATETIME
    text, missing = timestamps.frame["at"].to_list()
    assert datetime.fromisoformat(text) == noon
    assert missing is None
    assert typed(pl.Series("day", [date(2026, 1, 31), None])).frame["day"].to_list() == ["2026-01-31", None]
    nanoseconds = pl.Series("at", [noon], dtype=pl.Datetime("ns"))
    assert datetime.fromisoformat(typed(nanoseconds).frame["at"][0]) == noon


@pytest.mark.parametrize(
    ("series", "spec", "words"),
    [
        (pl.Series("x", [None, None], dtype=pl.Float64), data(), "column 'x' has no value in any row"),
        (pl.Series("x", ["1", "many"]), data([Column(name="x", type=ColumnType.NUMERICAL)]), "1 of its 2 values are not numbers"),
        (pl.Series("x", ["soon", "later"]), data(timestamps=["x"]), "not ISO 8601"),
        (pl.Series("x", [1, 2]), data(timestamps=["x"]), "not ISO 8601"),
        (pl.Series("x", [[1], [2]]), data([Column(name="x", type=ColumnType.CATEGORICAL)]), "which can't be read as Categorical"),
    ],
    ids=["no value", "not numbers", "not timestamps", "numbers as timestamps", "lists"],
)
def test_what_no_model_can_read_is_refused_naming_the_column(series: pl.Series, spec: Data, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        typed(series, spec)


def test_ignored_columns_are_not_looked_at() -> None:
    spec = data([Column(name="x", role=ColumnRole.IGNORED)])
    assert kind_of(pl.Series("x", [None, None], dtype=pl.Float64), spec) is None


def test_a_table_without_features_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="no column is left as a feature"):
        read(pl.DataFrame({"y": [1, 2]}), data(), frozenset({"y"}))


def test_the_splits_column_is_a_feature_only_where_timestamps_name_it() -> None:
    table = pl.DataFrame({"at": ["2026-01-01", "2026-01-02"], "x": [1.0, 2.0]})
    assert [c.name for c in read(table, data(), frozenset({"at"})).columns] == ["x"]
    assert [c.name for c in read(table, data(timestamps=["at"]), frozenset({"at"})).columns] == ["at", "x"]


def test_a_champion_is_target_with_columns_that_are_ignored_today() -> None:
    table = pl.DataFrame({"x": [1.0, 2.0, 3.0], "ignored_text": ["a", "", "c"], "ignored_number": [1, None, 3], "y": ["p", "q", "p"]})
    spec = TrainingJobSpec.model_validate(
        {
            "objective": {"target": "y"},
            "data": {
                "source": {"uri": "s3://datasets/rows.csv"},
                "columns": [{"name": "ignored_text", "role": "Ignored"}, {"name": "ignored_number", "role": "Ignored"}],
            },
        }
    )
    data = dataset.prepare(RawTable(pl.concat([table] * 20), is_text=False), spec)
    assert data.features.frame.columns == ["x"]
    raw = data.raw_rows(np.array([1, 2]))
    assert raw.cells.rows() == [(2.0, "", None, "q"), (3.0, "c", 3, "p")]
    assert raw.first_read.select("x", "ignored_text", "ignored_number").to_dicts() == [
        {"x": 2.0, "ignored_text": None, "ignored_number": None},
        {"x": 3.0, "ignored_text": "c", "ignored_number": 3.0},
    ]
