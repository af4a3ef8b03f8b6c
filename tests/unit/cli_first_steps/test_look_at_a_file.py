"""`modelyard init`: what is seen in a file, and what is proposed about it."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.catalogue.tasks import Task
from modelyard_api.data import SplitBy
from modelyard_cli.init import splits
from modelyard_cli.init.columns import SeenColumn
from modelyard_cli.init.survey import Survey, survey

ROWS = 600


def columns(rows: int = ROWS) -> dict[str, Any]:
    """Two honest features and a target that depends on both; strong enough together, alone neither is."""
    random = np.random.default_rng(3)
    first, second = random.normal(size=rows), random.normal(size=rows)
    late = first + second + random.normal(size=rows) > 0
    return {"first": first, "second": second, "late": np.where(late, "yes", "no")}


def seen(folder: Path, target: str = "late", **more: Any) -> Survey:
    file = folder / "orders.parquet"
    pl.DataFrame({**columns(), **more}, strict=False).write_parquet(file)
    return survey(file, target, "default.orders")


def column(found: Survey, name: str) -> SeenColumn:
    return next(each for each in found.columns if each.name == name)


def days(rows: int = ROWS, distinct: int = 200) -> list[date]:
    return [date(2025, 1, 1) + timedelta(days=row * distinct // rows) for row in range(rows)]


def test_task_metric_and_balance(tmp_path: Path) -> None:
    found = seen(tmp_path)
    assert (found.target.task, found.target.metric) == (Task.CLASSIFICATION, Metric.ROC_AUC)
    assert [name for name, _ in found.target.classes] == ["no", "yes"]
    assert sum(share for _, share in found.target.classes) == pytest.approx(1)
    assert found.split.split.by is SplitBy.STRATIFIED
    assert found.ignored == ()


def test_a_number_with_many_values_is_regression(tmp_path: Path) -> None:
    found = seen(tmp_path, target="first")
    assert (found.target.task, found.target.metric, found.split.split.by) == (Task.REGRESSION, Metric.RMSE, SplitBy.RANDOM)
    assert found.target.middle == pytest.approx(np.median(columns()["first"]), abs=0.001)


def test_rows_without_target_are_counted(tmp_path: Path) -> None:
    late = [None if row % 10 == 0 else value for row, value in enumerate(columns()["late"])]
    assert seen(tmp_path, late=late).target.missing == ROWS // 10


def test_a_rare_class_is_seen(tmp_path: Path) -> None:
    late = ["yes" if row % 25 == 0 else "no" for row in range(ROWS)]
    assert seen(tmp_path, late=late).target.is_unbalanced


@pytest.mark.parametrize(
    ("name", "values", "why"),
    [
        ("order_id", [7 * row % 6007 for row in range(ROWS)], "numbers the rows"),
        ("n", list(range(5, 5 + ROWS)), "numbers the rows"),
        ("reference", [f"A{row:04}" for row in range(ROWS)], "names rows"),
        ("customerId", [1000 + row % 60 for row in range(ROWS)], "names things"),
        ("device_id", [f"d{row % 80}" for row in range(ROWS)], "names things"),
        ("nothing", [None] * ROWS, "no value in any row"),
        ("constant", ["a"] * ROWS, "the same value in every row"),
        ("parts", [["a", "b"]] * ROWS, "no built-in model reads lists"),
    ],
)
def test_what_had_better_be_left_out(tmp_path: Path, name: str, values: list[Any], why: str) -> None:
    found = seen(tmp_path, **{name: values})
    assert why in column(found, name).ignored


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("amount", [row * 13 % 9973 for row in range(ROWS)]),  # each once, but an amount
        ("grade", [row % 5 for row in range(ROWS)]),
        ("paid", [row % 3 == 0 for row in range(ROWS)]),
        ("town", [f"t{row % 70}" for row in range(ROWS)]),
    ],
)
def test_what_stays_a_feature(tmp_path: Path, name: str, values: list[Any]) -> None:
    assert column(seen(tmp_path, **{name: values}), name).ignored == ""


def test_notes_about_features(tmp_path: Path) -> None:
    found = seen(
        tmp_path,
        mostly=[1.5 if row % 5 == 0 else None for row in range(ROWS)],
        town=[f"t{row % 70}" for row in range(ROWS)],
    )
    assert "mostly missing" in column(found, "mostly").note
    assert "many categories" in column(found, "town").note


def test_what_is_missing_with_the_target_may_only_be_known_afterwards(tmp_path: Path) -> None:
    late = [None if row % 20 == 0 else value for row, value in enumerate(columns()["late"])]
    together = [None if row % 20 == 0 else row * 31 % 997 / 3 for row in range(ROWS)]
    elsewhere = [None if row % 20 == 7 else row * 31 % 991 / 3 for row in range(ROWS)]
    found = seen(tmp_path, late=late, together=together, elsewhere=elsewhere)
    assert "only known afterwards?" in column(found, "together").note
    assert column(found, "elsewhere").note == column(found, "first").note == ""


def test_a_column_that_gives_the_target_away_is_proposed_as_ignored(tmp_path: Path) -> None:
    late = columns()["late"]
    found = seen(tmp_path, arrived_late=[0 if each == "no" else 1 for each in late])
    leak = column(found, "arrived_late")
    assert leak.gives_away
    assert leak.leak is not None
    assert (leak.leak.metric, leak.leak.alone) == (Metric.ROC_AUC, 1.0)
    assert [each.name for each in found.ignored] == ["arrived_late"]


def test_two_columns_that_give_it_away_are_both_found(tmp_path: Path) -> None:
    late = columns()["late"]
    found = seen(tmp_path, one=[each == "yes" for each in late], other=[3 if each == "yes" else 4 for each in late])
    assert {each.name for each in found.columns if each.gives_away} == {"one", "other"}


def test_the_only_column_stays_although_it_gives_the_target_away(tmp_path: Path) -> None:
    file = tmp_path / "two.csv"
    pl.DataFrame({"x": range(ROWS), "y": [row > ROWS / 2 for row in range(ROWS)]}).with_columns(x=pl.col("x") / 7).write_csv(file)
    found = survey(file, "y", "default.two")
    assert found.ignored == ()
    assert found.columns[0].vouched
    assert found.columns[0].leak is not None


@pytest.mark.parametrize("form", ["", "%Y-%m-%d", "%m/%d/%Y", "%d.%m.%Y", "%d %b %Y 12:30"])
def test_rows_with_a_time_are_split_by_time(tmp_path: Path, form: str) -> None:
    found = seen(tmp_path, day=[each.strftime(form) if form else each for each in days()])
    assert (found.split.split.by, found.split.column, found.time) == (SplitBy.TIME, "day", "day")
    assert any("by: Group, column: day" in line for line in found.split.instead)
    assert found.ignored == ()


def test_where_day_or_month_may_come_first_it_is_said(tmp_path: Path) -> None:
    first_days = [each for each in days(3 * ROWS, 900) if each.day <= 12][:ROWS]
    found = seen(tmp_path, day=[each.strftime("%d/%m/%Y") for each in first_days])
    assert "dates read as month/day/year, though another order of day and month fits too: day (600)" in found.reading[0]


def test_a_second_timestamp_is_left_out_with_a_hint(tmp_path: Path) -> None:
    found = seen(tmp_path, day=days(), delivered=[each + timedelta(days=2) for each in days()])
    assert found.split.column == "day"
    assert "prepare.features.timestamps" in column(found, "delivered").ignored


def test_a_birthday_is_not_the_time_of_a_row(tmp_path: Path) -> None:
    assert seen(tmp_path, birth_date=days()).split.split.by is SplitBy.STRATIFIED


def test_things_with_several_rows_stay_together(tmp_path: Path) -> None:
    found = seen(tmp_path, customer_id=[row % 120 for row in range(ROWS)])
    assert (found.split.split.by, found.split.split.column) == (SplitBy.GROUP, "customer_id")


def test_a_split_by_time_that_leaves_a_class_out_is_not_proposed(tmp_path: Path) -> None:
    late = ["no" if row > ROWS * 0.6 else value for row, value in enumerate(columns()["late"])]
    found = seen(tmp_path, late=late, day=days())
    assert found.split.split.by is SplitBy.STRATIFIED
    assert "not split by Time of 'day'" in found.warnings[0]


def test_time_wins_over_groups_and_groups_are_mentioned(tmp_path: Path) -> None:
    found = seen(tmp_path, day=days(), customer_id=[row % 120 for row in range(ROWS)])
    assert found.split.split.by is SplitBy.TIME
    assert any("customer_id" in line for line in found.split.instead)
    assert "names things" in column(found, "customer_id").ignored


@pytest.mark.parametrize(
    ("rows", "rarest", "share"),
    [
        (100, None, 0.5),
        (178, None, 0.34),
        (400, None, 0.15),
        (100_000, None, 0.15),
        (400, 12, 0.42),
        (400, 24, 0.42),
        (400, 40, 0.25),
        (100, 40, 0.5),
        (10_000, 66, 0.16),
        (10_000, 67, 0.15),
    ],
)
def test_of_few_rows_or_few_of_a_class_a_larger_part_is_the_test(rows: int, rarest: int | None, share: float) -> None:
    assert splits.share_for_test(rows, rarest) == share


def test_a_column_that_seems_to_give_away_a_handful_of_rows_stays(tmp_path: Path) -> None:
    rare = np.arange(ROWS) % 50 == 0
    found = seen(tmp_path, late=np.where(rare, "yes", "no"), copy=rare)
    copy = column(found, "copy")
    assert copy.leak is not None
    assert not copy.leak.is_certain
    assert (copy.ignored, copy.vouched) == ("", False)
    assert found.spec("x.csv").data.columns is None


@pytest.mark.parametrize(
    ("values", "middle"),
    [
        ([1_700_000_000.01 + each / 50 for each in range(-50, 50)], 1_700_000_000),
        ([1_700_000_000.38 + each / 50 for each in range(-50, 50)], 1_700_000_000.37),
        ([163_456.78 + 1000 * each for each in range(-50, 50)], 163_000),
        ([0.0012345 + each / 1e6 for each in range(-50, 50)], 0.001234),
        ([*range(30), *[7.25] * 170], 7.25),  # the middle half spans nothing
        ([0] * 150 + list(range(50)), 0),
    ],
)
def test_the_median_keeps_the_digits_that_tell_values_apart(tmp_path: Path, values: list[float], middle: float) -> None:
    found = seen(tmp_path, first=[values[row % len(values)] for row in range(ROWS)], target="first")
    assert found.target.middle == pytest.approx(middle, rel=1e-12)
