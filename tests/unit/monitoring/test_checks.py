"""Each check by itself: what it is given, whether it is active, how it votes, and what it says."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from modelyard_api.catalogue.checks import CHECKS, CheckName, Severity
from modelyard_api.conditions import Reason
from modelyard_jobs.monitoring.checks import check_of
from modelyard_jobs.monitoring.checks.check import Context
from modelyard_jobs.monitoring.state import CheckResult, JudgedWindow

from tests.unit.monitoring.requests import monitor_request
from tests.unit.monitoring.test_realized_quality import labelled

ROWS = 600
CALM = pl.DataFrame(
    {
        "input.temp": [float(index % 100) for index in range(ROWS)],
        "input.carrier": ["abc"[index % 3] for index in range(ROWS)],
        "output.prediction": ["no", "yes"] * (ROWS // 2),
    }
)
WARM = CALM.with_columns(pl.col("input.temp") + 70.0)
DEAD = CALM.with_columns(pl.lit(None, pl.Float64).alias("input.temp"))
SHARE = {"drift": {"share": 0.5}}


def context(window: pl.DataFrame | None = None, votes: str = "", **monitoring: Any) -> Context:
    history = tuple(
        JudgedWindow(number=number, start=0, end=1, rows=ROWS, votes={CheckName.INPUT_DRIFT: each == "d"})
        for number, each in enumerate(votes, 1)
    )
    return Context(monitor_request(**monitoring), datetime(2026, 3, 1, tzinfo=UTC), history, None, lambda: CALM, window=window)


def run(check: CheckName, given: Context) -> CheckResult | None:
    return check_of(CHECKS[check]).run(given)


DRIFT: dict[str, tuple[pl.DataFrame, str, bool, bool, str]] = {
    "a calm window": (CALM, "", False, False, "0 of 1 windows voted for drift (2 of 3 needed); in the newest 0% of the columns drifted"),
    "the first that moved": (WARM, ".", False, True, "1 of 2 windows voted for drift (2 of 3 needed); in the newest 50% of the columns"),
    "the second that moved": (WARM, "d", True, True, "(a vote from 50%): temp (PSI "),
    "a calm one after two that moved": (CALM, "dd", True, False, "2 of 3 windows voted for drift"),
    "old votes": (CALM, "dd.", False, False, "1 of 3 windows voted for drift"),
}


@pytest.mark.parametrize(("window", "votes", "active", "vote", "says"), DRIFT.values(), ids=DRIFT)
def test_input_drift(window: pl.DataFrame, votes: str, active: bool, vote: bool, says: str) -> None:
    result = run(CheckName.INPUT_DRIFT, context(window, votes, **SHARE))
    assert result is not None
    assert (result.active, result.vote) == (active, vote)
    assert says in result.message
    assert result.subject == ("temp" if vote else "")
    assert b"<html" in result.page
    assert "page" not in result.to_wire()


def test_input_drift_without_a_column_to_compare() -> None:
    empty = CALM.with_columns(pl.lit(None, pl.Float64).alias("input.temp"), pl.lit(None, pl.String).alias("input.carrier"))
    result = run(CheckName.INPUT_DRIFT, context(empty))
    assert result is not None
    assert (result.active, result.vote, result.reason) == (None, None, Reason.NO_WINDOW_YET)
    assert result.message == "The window gave no vote: no column could be compared."


DATA: dict[str, tuple[pl.DataFrame, bool, Severity, str]] = {
    "as in the reference": (CALM, False, Severity.INFO, "Every column of the newest window is as the reference sample has it."),
    "out of range": (WARM, True, Severity.INFO, "The monitor found: temp: 70 % out of the reference's range."),
    "a dead column": (DEAD, True, Severity.CRITICAL, "The monitor found: temp: all null."),
    "a column less": (CALM.drop("input.carrier"), True, Severity.CRITICAL, "The monitor found: carrier: missing."),
}


@pytest.mark.parametrize(("window", "active", "severity", "says"), DATA.values(), ids=DATA)
def test_data_quality(window: pl.DataFrame, active: bool, severity: Severity, says: str) -> None:
    result = run(CheckName.DATA_QUALITY, context(window))
    assert result is not None
    assert (result.active, result.severity, result.message) == (active, severity, says)
    assert (result.reason is Reason.COLUMNS_DEAD) == (severity is Severity.CRITICAL)


def test_many_findings_are_counted() -> None:
    wide = pl.DataFrame({f"input.{index}": [1.0] * ROWS for index in range(9)})
    given = replace(context(wide.with_columns(pl.lit(None, pl.Float64).alias(name) for name in wide.columns)), load_reference=lambda: wide)
    result = run(CheckName.DATA_QUALITY, given)
    assert result is not None
    assert result.message.endswith("; and 5 more findings.")
    assert result.subject == "0, 1, 2, 3, 4 and 4 more"


@pytest.mark.parametrize("before", [None, DEAD, CALM], ids=["before the first window", "after findings", "after none"])
def test_problems_of_a_log_are_said_once_and_findings_stay(before: pl.DataFrame | None) -> None:
    previous = None if before is None else run(CheckName.DATA_QUALITY, context(before))
    broken = run(CheckName.DATA_QUALITY, replace(context(), previous=previous, problems=("1 files can't be read",)))
    assert broken is not None
    assert broken.active
    assert broken.message.endswith("1 files can't be read.")
    mended = run(CheckName.DATA_QUALITY, replace(context(), previous=broken))
    assert mended is not None
    assert mended.active is (None if previous is None else previous.active)
    assert mended.message == ("No window was judged yet." if previous is None else previous.message)


QUALITY = {"performance": {"metric": "roc_auc", "atLeast": 0.58}}
WORDS = "Realised roc_auc is "


@pytest.mark.parametrize(
    ("outcomes", "limit", "active", "says"),
    [
        (labelled, 0.58, False, "; degraded when the interval lies below 0.58."),
        (lambda: labelled(hours=100), 0.58, False, " over 100 hours) on 600 rows; "),
        (labelled, 0.99, True, "; degraded when the interval lies below 0.99."),
        (lambda: labelled(20), 0.58, None, "Too few true outcomes were sent to /feedback to compute roc_auc."),
        (pl.DataFrame, 0.58, None, "Too few true outcomes were sent to /feedback to compute roc_auc."),
    ],
    ids=["good enough", "by the hour", "too bad", "few outcomes", "none"],
)
def test_realized_quality(outcomes: Callable[[], pl.DataFrame], limit: float, active: bool | None, says: str) -> None:
    given = context(performance={"metric": "roc_auc", "atLeast": limit})
    result = run(CheckName.REALIZED_QUALITY, replace(given, outcomes=outcomes()))
    assert result is not None
    assert result.active is active
    assert says in result.message
    assert (result.realized is None) == (active is None)


def test_a_metric_that_does_not_fit_is_said() -> None:
    given = context(performance={"metric": "rmse", "atMost": 1})
    result = run(CheckName.REALIZED_QUALITY, replace(given, outcomes=labelled()))
    assert result is not None
    assert result.message == "monitoring.performance.metric rmse does not fit: the model predicts classes."


def test_without_news_nothing_is_said() -> None:
    assert run(CheckName.INPUT_DRIFT, context()) is None
    assert run(CheckName.DATA_QUALITY, context()) is None
    assert run(CheckName.REALIZED_QUALITY, context(CALM, **QUALITY)) is None
    assert run(CheckName.REALIZED_QUALITY, replace(context(), outcomes=labelled())) is None  # the manifest doesn't ask for it
