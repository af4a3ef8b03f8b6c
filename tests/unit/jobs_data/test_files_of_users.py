"""Files with which other tools were reported to fail: each trains, and the stored model answers every raw row of the same file as training read it."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.catalogue.tasks import Task
from modelyard_api.data import ColumnType, SplitBy
from modelyard_api.reading_notes import ReadingRule
from modelyard_jobs.data import parquet_table, reading, report
from modelyard_jobs.splitting.cuts import SplitName
from modelyard_jobs.termination import InvalidRequest

from tests.unit.jobs_data.training_in_process import FILES, Trained, source, spec, train

NAMES = sorted(path.name for path in FILES.iterdir())
MANIFESTS: dict[str, dict[str, Any]] = {
    "counts.csv": {"target": "n", "objective": {"task": "Regression"}},
    "offset.csv": {"target": "t"},
    "lowcard.csv": {"target": "survived"},
    "dates_eu.csv": {"data": {"time": "day", "split": {"by": "Time"}, "prepare": {"features": {"timestamps": ["day"]}}}},
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Every file is trained on once."""
    known: dict[str, Trained] = {}

    def of(name: str) -> Trained:
        if name not in known:
            known[name] = train(FILES / name, tmp_path_factory.mktemp("case"), spec(**MANIFESTS.get(name, {})))
        return known[name]

    return of


def notes(found: Trained) -> dict[tuple[ReadingRule, str], int]:
    return {(note.rule, note.column): note.count for note in found.data.dataset.notes}


def features(found: Trained) -> dict[str, ColumnType]:
    return {feature.name: feature.type for feature in found.data.dataset.features.columns}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "ragged.csv"])
def test_what_trains_is_answered_row_by_row(name: str, trained: Any) -> None:
    found = trained(name)
    rows = parquet_table.as_cells(found.cells)
    answers = found.answers(rows)
    assert len(answers) == found.cells.height
    assert np.isfinite(answers).all()
    used = found.data.dataset.positions
    np.testing.assert_array_equal(answers[used], found.answers_to_read_rows())
    for row in (0, 1, rows.height - 1):
        np.testing.assert_allclose(found.answers(rows[row : row + 1])[0], answers[row], rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "at_least"),
    [
        ("bom.csv", 0.85),
        ("latin1.csv", 0.8),
        ("thousands.csv", 0.72),
        ("questionmark.csv", 0.87),
        ("bool.csv", 0.78),
        ("zip.csv", 0.85),
        ("na_country.csv", 0.8),
        ("inf.csv", 0.85),
        ("rarebinary.csv", 0.9),
        ("gz_named.csv", 0.85),
        ("semicolon.csv", 0.8),
        ("preamble.csv", 0.85),
        ("types.parquet", 0.8),
        ("spaces.csv", 0.85),
        ("index.csv", 0.85),
        ("lowcard.csv", 0.7),
        ("dates_eu.csv", 0.75),
    ],
)
def test_it_learns_what_is_in_the_file(name: str, at_least: float, trained: Any) -> None:
    assert trained(name).tested(Metric.ROC_AUC) >= at_least


def test_a_field_too_many_is_named_by_its_line() -> None:
    with pytest.raises(InvalidRequest, match=r"line 11: 5 fields, the header has 4"):
        reading.read(source(FILES / "ragged.csv"))


def test_numbers_with_marks_of_thousands_and_currency(trained: Any) -> None:
    found = trained("thousands.csv")
    assert features(found) == dict.fromkeys(("amount", "price", "z"), ColumnType.NUMERICAL)
    assert found.data.dataset.features.frame["amount"][:2].to_list() == [8113.06, 10924.31]
    assert found.data.dataset.features.frame["price"][:2].to_list() == [8113.0, 10924.0]
    assert notes(found) == {
        (ReadingRule.THOUSANDS, "amount"): 366,
        (ReadingRule.THOUSANDS, "price"): 366,
        (ReadingRule.CURRENCY, "price"): 400,
    }


def test_texts_among_numbers_are_missing_and_cost_nothing(trained: Any, tmp_path: Path) -> None:
    found = trained("questionmark.csv")
    assert features(found)["x"] is features(found)["age"] is ColumnType.NUMERICAL
    assert notes(found) == {(ReadingRule.MISSING_WORD, "x"): 31, (ReadingRule.MISSING_WORD, "age"): 24}
    plain = tmp_path / "plain.csv"
    plain.write_text((FILES / "questionmark.csv").read_text().replace("?", "").replace("unknown", ""))
    without = train(plain, tmp_path, spec())
    assert found.data.dataset.features.frame.equals(without.data.dataset.features.frame)
    assert found.tested(Metric.ROC_AUC) == pytest.approx(without.tested(Metric.ROC_AUC), abs=0.05)  # other rows are the test


def test_days_of_another_form_divide_the_rows_by_time(trained: Any) -> None:
    found = trained("dates_eu.csv")
    assert features(found)["day"] is ColumnType.DATETIME
    assert notes(found) == {(ReadingRule.DATE_FORM, "day"): 400}
    days = found.data.dataset.features.frame["day"]
    assert days[0] == "2023-01-01T00:00:00"
    tested, fitted = (days[found.data.assignment.rows(part)] for part in (SplitName.TEST, SplitName.TRAIN))
    assert tested.min() > fitted.max()
    assert found.data.assignment.rule.column == "day"
    assert found.data.assignment.rule.by is SplitBy.TIME


def test_truth_values_as_feature_and_as_target(trained: Any) -> None:
    found = trained("bool.csv")
    assert features(found)["flag"] is features(found)["active"] is ColumnType.NUMERICAL
    assert found.data.dataset.target.classes == ("False", "True")
    assert found.data.dataset.dropped == {"no value of the target (y)": 22}
    rows = parquet_table.as_cells(found.cells)
    as_json = rows.with_columns(
        pl.col("flag").replace_strict({"TRUE": True, "FALSE": False, "": None}, return_dtype=pl.Boolean),
        pl.col("active").str.to_lowercase(),
    )
    np.testing.assert_array_equal(found.answers(rows), found.answers(as_json))


def test_leading_zeros_stay(trained: Any) -> None:
    found = trained("zip.csv")
    assert features(found)["zip"] is ColumnType.CATEGORICAL
    assert "01234" in found.data.dataset.features.frame["zip"].unique().to_list()
    assert notes(found) == {(ReadingRule.LEADING_ZEROS, "zip"): 242}


def test_codes_that_look_like_missing_words_are_kept_and_said(trained: Any) -> None:
    found = trained("na_country.csv")
    assert found.data.dataset.target.classes == ("EU", "NA")
    assert not found.data.dataset.dropped
    assert notes(found) == {(ReadingRule.KEPT_WORD, "country"): 96, (ReadingRule.KEPT_WORD, "y"): 210}


def test_infinite_numbers_are_missing_everywhere(trained: Any) -> None:
    found = trained("inf.csv")
    assert notes(found) == {(ReadingRule.INFINITE, "x"): 14}
    rows = parquet_table.as_cells(found.cells)[:1]
    for cell in ("inf", "-Infinity", "", None):
        np.testing.assert_array_equal(found.answers(rows), found.answers(rows.with_columns(pl.lit(cell, dtype=pl.String).alias("x"))))
    np.testing.assert_array_equal(found.answers(rows), found.answers(rows.with_columns(pl.lit(float("inf")).alias("x"))))


def test_decimal_commas(trained: Any) -> None:
    found = trained("semicolon.csv")
    assert found.data.dataset.features.frame["x"][0] == 0.3456
    assert found.stored.preparation.document.separator == ";"
    assert (ReadingRule.DECIMAL_COMMA, "x") in notes(found)


def test_types_that_no_model_reads_are_set_aside_by_name(trained: Any) -> None:
    found = trained("types.parquet")
    assert [each for each, _ in notes(found)].count(ReadingRule.UNSUPPORTED) == 4
    assert {column for rule, column in notes(found) if rule is ReadingRule.UNSUPPORTED} == {"tags", "dur", "st", "bin"}
    assert set(features(found)) == {"x", "z", "region", "cat", "dec", "ts", "u64", "b"}
    assert (ReadingRule.ROUNDED, "u64") in notes(found)


def test_outer_spaces_make_no_other_class(trained: Any) -> None:
    found = trained("spaces.csv")
    assert found.data.dataset.target.classes == ("no", "yes")
    assert features(found)["x"] is ColumnType.NUMERICAL
    assert set(found.data.dataset.features.frame["region"]) == {"north", "south", "east"}


def test_an_index_is_set_aside_and_names_no_row(trained: Any) -> None:
    found = trained("index.csv")
    assert set(features(found)) == {"x", "z", "region"}
    assert (ReadingRule.INDEX, "column_1") in notes(found)
    assert found.data.assignment.rule.columns == ("region", "x", "z")


def test_an_offset_is_no_skill(trained: Any) -> None:
    found = trained("offset.csv")
    assert found.data.dataset.target.task is Task.REGRESSION
    assert 0.6 < found.tested(Metric.R2) < 0.9


def test_parts_of_a_table_of_few_categories_have_the_size_asked_for(trained: Any) -> None:
    assert trained("lowcard.csv").data.assignment.sizes() == {"train": 781, "validation": 180, "test": 180, "reference": 59, "left_out": 0}


def test_what_was_read_how_is_in_the_report_and_said(trained: Any) -> None:
    found = trained("questionmark.csv")
    described = report.describe(found.data.source, found.data.dataset, found.data.assignment, {})
    assert described["reading"] == [
        {"rule": "MissingWord", "column": "x", "count": 31, "detail": "?"},
        {"rule": "MissingWord", "column": "age", "count": 24, "detail": "unknown"},
    ]
    assert len(found.warnings) == 2
