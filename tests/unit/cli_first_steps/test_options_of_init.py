"""`modelyard init --task, --metric, --split, --time, --group, --key`: what a person decides goes before what init would propose."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import typer
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.catalogue.tasks import Task
from modelyard_api.data import SplitBy
from modelyard_cli.commands.init import init
from modelyard_cli.errors import WrongUsage
from modelyard_cli.init.files import write_start
from modelyard_cli.init.options import Options
from modelyard_cli.init.survey import Survey, survey
from modelyard_jobs.termination import InvalidRequest
from typer.testing import CliRunner

from tests.unit.cli_first_steps.test_look_at_a_file import ROWS, columns, days

COUNTS = np.random.default_rng(1).poisson(3, ROWS)


def seen(folder: Path, target: str = "late", *, choices: dict[str, Any], **more: Any) -> Survey:
    file = folder / "orders.parquet"
    pl.DataFrame({**columns(), **more}, strict=False).write_parquet(file)
    return survey(file, target, "default.orders", Options.of(**choices))


def test_task_and_metric(tmp_path: Path) -> None:
    found = seen(tmp_path, "n", choices={"task": "regression", "metric": "mae"}, n=COUNTS)
    assert (found.target.task, found.target.metric) == (Task.REGRESSION, Metric.MAE)
    objective = found.spec("x.csv").objective
    assert objective.task is Task.REGRESSION
    assert [each.metric for each in objective.require or ()] == [Metric.MAE, Metric.MAE]


def test_a_metric_that_fits_what_the_target_shows(tmp_path: Path) -> None:
    assert seen(tmp_path, choices={"metric": "LOG_LOSS"}).target.metric is Metric.LOG_LOSS


@pytest.mark.parametrize(
    ("target", "choices", "words"),
    [
        ("late", {"metric": "rmse"}, "--metric rmse is for Regression, and the target 'late' makes it a Classification: choose accuracy, .* or roc_auc"),
        ("first", {"metric": "f1"}, "--metric f1 is for Classification, and the target 'first' makes it a Regression: choose mae, r2 or rmse$"),
        ("grade", {"metric": "f1"}, "--metric f1 is for two classes, and the target 'grade' has 3: choose accuracy, balanced_accuracy, "),
        ("grade", {"metric": "r2"}, "or --task Regression if the numbers are amounts"),
        ("late", {"task": "Regression"}, "--task Regression"),
        ("late", {"task": "Regression", "metric": "f1"}, "--metric f1 is for Classification, and --task says Regression"),
        ("late", {"task": "Ranking"}, "--task 'Ranking' is none of Classification, Regression"),
        ("late", {"metric": "auc"}, "--metric 'auc' is none of roc_auc, "),
        ("late", {"split": "Date"}, "--split 'Date' is none of Random, Stratified, Group, Time"),
        ("late", {"time": "dya"}, "--time names column 'dya', which the data doesn't have; did you mean 'day'"),
        ("late", {"group": "custmer"}, "--group names column 'custmer', which the data doesn't have; did you mean 'customer'"),
        ("late", {"key": ["day", "fist"]}, "--key names column 'fist', which the data doesn't have; did you mean 'first'"),
        ("late", {"key": ["late"]}, "--key names the target 'late'"),
        ("late", {"time": "late"}, "--time names the target 'late'"),
        ("late", {"group": "customer", "split": "Time"}, "--group names the column of --split Group, and --split says Time"),
        ("late", {"group": "customer", "time": "day"}, "say which with --split Time or --split Group"),
        ("late", {"split": "Group"}, "--split Group needs a column whose equal values stay together.*--group COLUMN"),
        ("late", {"time": "customer"}, "customer"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said(tmp_path: Path, target: str, choices: dict[str, Any], words: str) -> None:
    customer = [f"c{row % 40}" for row in range(ROWS)]
    with pytest.raises((WrongUsage, InvalidRequest), match=words):
        seen(tmp_path, target, choices=choices, day=days(), customer=customer, grade=[row % 3 for row in range(ROWS)])


def test_without_a_time_column_a_split_by_time_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match=r"--split Time needs a column that says when a row happened.*--time COLUMN"):
        seen(tmp_path, choices={"split": "Time"})


@pytest.mark.parametrize(
    ("choices", "by", "column", "time"),
    [
        ({}, SplitBy.TIME, "day", "day"),
        ({"time": "delivered"}, SplitBy.TIME, "delivered", "delivered"),
        ({"split": "time"}, SplitBy.TIME, "day", "day"),
        ({"split": "Group"}, SplitBy.GROUP, "customer_id", None),
        ({"group": "town"}, SplitBy.GROUP, "town", None),
        ({"group": "town", "split": "group", "time": "day"}, SplitBy.GROUP, "town", "day"),
        ({"split": "Random"}, SplitBy.RANDOM, None, None),
        ({"split": "Random", "time": "day"}, SplitBy.RANDOM, None, "day"),
        ({"split": "Stratified"}, SplitBy.STRATIFIED, None, None),
    ],
)
def test_splits(tmp_path: Path, choices: dict[str, Any], by: SplitBy, column: str | None, time: str | None) -> None:
    more = {"customer_id": [row % 120 for row in range(ROWS)], "town": [f"t{row % 70}" for row in range(ROWS)]}
    delivered = [each + timedelta(days=2) for each in days()]
    found = seen(tmp_path, choices=choices, day=days(), delivered=delivered, **more)
    data = found.spec("x.csv").data
    assert (data.split.by, data.split_column, data.time) == (by, column, time)
    assert {"day", "delivered"} & {each.name for each in data.columns or ()} == {"day", "delivered"} - {time}


def test_a_number_has_no_classes_to_keep_the_shares_of(tmp_path: Path) -> None:
    assert seen(tmp_path, "first", choices={"split": "Stratified"}).split.split.by is SplitBy.RANDOM


def test_a_split_by_time_that_can_not_be_is_replaced_unless_it_was_asked_for(tmp_path: Path) -> None:
    late = ["no" if row > ROWS * 0.6 else value for row, value in enumerate(columns()["late"])]
    found = seen(tmp_path, choices={"time": "day"}, late=late, day=days())
    assert found.split.split.by is SplitBy.STRATIFIED
    assert "not split by Time of 'day'" in found.warnings[0]
    assert found.spec("x.csv").data.time == "day"
    with pytest.raises(WrongUsage, match="not split by Time of 'day'"):
        seen(tmp_path, choices={"split": "Time"}, late=late, day=days())


def test_keys_name_rows(tmp_path: Path) -> None:
    found = seen(
        tmp_path,
        choices={"key": ["order", "line", "order"]},
        order=[row // 3 for row in range(ROWS)],
        line=[row % 3 for row in range(ROWS)],
    )
    assert found.spec("x.csv").data.key == ["order", "line"]


def test_a_compact_date_is_a_time_where_it_is_said_to_be_one(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    first = date(2025, 1, 1)
    compact = [(first + timedelta(days=row // 3)).strftime("%Y%m%d") for row in range(ROWS)]
    pl.DataFrame({**columns(), "booked": compact}).write_csv(file)
    found = survey(file, "late", "default.orders", Options.of(time="booked"))
    assert (found.split.split.by, found.time) == (SplitBy.TIME, "booked")


def test_the_command_and_what_it_writes(tmp_path: Path) -> None:
    file = tmp_path / "my orders.csv"
    pl.DataFrame({**columns(), "the day": [str(each) for each in days()], "no": list(range(ROWS)), "n": COUNTS}).write_csv(file)
    app = typer.Typer()
    app.command()(init)
    said = ["--target", "n", "--task", "Regression", "--metric", "mae", "--time", "the day", "--key", "no", "--out", str(tmp_path)]
    outcome = CliRunner().invoke(app, [str(file), *said])
    assert outcome.exit_code == 0, outcome.output
    text = (tmp_path / "training-job.yaml").read_text()
    assert 'time: "the day"' in text
    assert 'key: ["no"]' in text
    assert "others: rmse, r2" in text


def test_the_manifest_is_what_was_proposed(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    pl.DataFrame({**columns(), "day": [str(each) for each in days()], "n": COUNTS}).write_csv(file)
    for choices in ({}, {"split": "Random"}, {"task": "Regression", "key": ["day"], "time": "day"}):
        options = Options.of(**choices)  # type: ignore[arg-type]
        write_start(file, "n", name=None, folder=tmp_path, force=True, options=options)  # which asserts it
