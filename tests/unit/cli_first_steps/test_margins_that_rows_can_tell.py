"""`modelyard init`: the margin of "not worse than the champion" is one that equal models pass in 80 % of all trainings."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml
from modelyard_api.catalogue.metrics import Metric
from modelyard_cli.init.files import write_start
from modelyard_cli.init.margins import HeldOut, error_of_difference, margin
from numpy.typing import NDArray
from scipy.stats import rankdata

from tests.unit.cli_first_steps.test_look_at_a_file import columns

DRAWS = 1500
Pair = tuple[NDArray[np.float64], NDArray[np.float64]]


def part(rows: int, *, of_class: tuple[int, ...] = (), groups: float | None = None) -> HeldOut:
    return HeldOut(0.15, rows, tuple((str(index), count) for index, count in enumerate(of_class)), groups)


def correlated(random: np.random.Generator, rows: int, correlation: float) -> Pair:
    """(DRAWS, rows) of two standard normal variables."""
    shared, *own = random.normal(size=(3, DRAWS, rows))
    return tuple(np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * each for each in own)  # type: ignore[return-value]


def areas(random: np.random.Generator, test: HeldOut) -> Pair:
    (_, negatives), (_, positives) = test.classes
    gap = 1.19  # an area of 0.8 between normal scores
    both = correlated(random, negatives + positives, 0.72)
    truth = np.arange(negatives + positives) >= negatives
    ranks = (rankdata(each + gap * truth, axis=1)[:, truth].sum(axis=1) for each in both)
    return tuple((each - positives * (positives + 1) / 2) / (positives * negatives) for each in ranks)  # type: ignore[return-value]


def shares(random: np.random.Generator, test: HeldOut) -> Pair:
    """Right answers: those of two models correlate with about 0.7, and within a group with about 0.1."""
    both = correlated(random, test.rows, 0.89)
    if test.groups:
        member = np.arange(test.rows) % int(test.groups)
        of_group = correlated(random, int(test.groups), 0.72)
        both = tuple(np.sqrt(0.82) * row + np.sqrt(0.18) * group[:, member] for row, group in zip(both, of_group, strict=True))
    return tuple((each < 0.8416).mean(axis=1) for each in both)  # type: ignore[return-value]


def root_errors(random: np.random.Generator, test: HeldOut) -> Pair:
    return tuple(np.sqrt((each**2).mean(axis=1)) for each in correlated(random, test.rows, np.sqrt(0.7)))  # type: ignore[return-value]


def absolute_errors(random: np.random.Generator, test: HeldOut) -> Pair:
    return tuple(np.abs(each).mean(axis=1) / np.sqrt(2 / np.pi) for each in correlated(random, test.rows, np.sqrt(0.7)))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("metric", "draw", "test"),
    [
        (Metric.ROC_AUC, areas, part(120, of_class=(60, 60))),
        (Metric.ROC_AUC, areas, part(400, of_class=(370, 30))),
        (Metric.ROC_AUC, areas, part(400, of_class=(30, 370))),
        (Metric.ACCURACY, shares, part(150, of_class=(75, 75))),
        (Metric.ACCURACY, shares, part(400, of_class=(200, 200), groups=20)),
        (Metric.RMSE, root_errors, part(200)),
        (Metric.MAE, absolute_errors, part(200)),
    ],
)
def test_equal_models_pass_where_the_margin_is_2_8_standard_errors(
    metric: Metric, draw: Callable[[np.random.Generator, HeldOut], Pair], test: HeldOut
) -> None:
    one, other = draw(np.random.default_rng(11), test)
    difference = one - other
    error = difference.std()
    assert error_of_difference(metric, test) == pytest.approx(error, rel=0.2)
    passed = difference - 1.96 * error > -2.8 * error_of_difference(metric, test)
    assert passed.mean() >= 0.7


@pytest.mark.parametrize(
    ("metric", "draw", "test"),
    [
        (Metric.ROC_AUC, areas, part(1000, of_class=(500, 500))),
        (Metric.ACCURACY, shares, part(800, of_class=(400, 400))),
        (Metric.RMSE, root_errors, part(2000)),
    ],
)
def test_equal_models_pass_the_margin_that_is_written(
    metric: Metric, draw: Callable[[np.random.Generator, HeldOut], Pair], test: HeldOut
) -> None:
    written = margin(metric, test)
    assert written.by is not None
    assert written.rows_needed is None
    one, other = draw(np.random.default_rng(12), test)
    difference = one - other
    assert (difference - 1.96 * difference.std() > -written.by).mean() >= 0.77


@pytest.mark.parametrize(
    ("metric", "test", "by", "needed"),
    [
        (Metric.ROC_AUC, part(168, of_class=(163, 5)), 0.05, 3210),
        (Metric.ROC_AUC, part(1000, of_class=(500, 500)), 0.04, None),
        (Metric.ROC_AUC, part(20_000, of_class=(10_000, 10_000)), None, None),
        (Metric.F1_MACRO, part(3000, of_class=(1000, 1000, 1000)), 0.02, None),
        (Metric.ACCURACY, part(15_000, of_class=(7500, 7500)), None, None),
        (Metric.ACCURACY, part(15_000, of_class=(7500, 7500), groups=50), 0.04, None),
        (Metric.R2, part(3200), 0.03, None),
    ],
)
def test_margins_in_the_metrics_unit(metric: Metric, test: HeldOut, by: float | None, needed: int | None) -> None:
    found = margin(metric, test)
    assert (found.by, found.rows, found.rows_needed) == (by, test.rows, needed)


@pytest.mark.parametrize(
    ("rows", "typical", "by", "needed"),
    [
        (60, 0.763, 0.038, 941),  # 5 % of it, rounded down
        (4000, 1000.0, 25.0, None),  # 2.43 %, rounded up
        (4000, 1e-7, 2.5e-09, None),
        (10_000, 1000.0, None, None),  # the default of 2 %
    ],
)
def test_margins_of_an_error_are_a_share_of_it(rows: int, typical: float, by: float | None, needed: int | None) -> None:
    found = margin(Metric.RMSE, part(rows), typical)
    assert (found.by, found.rows_needed) == (by, needed)


@pytest.mark.parametrize("metric", list(Metric))
def test_every_metric_has_a_margin_that_narrows_with_rows(metric: Metric) -> None:
    few, many = (error_of_difference(metric, part(2 * each, of_class=(each, each))) for each in (50, 5000))
    assert few == pytest.approx(10 * many, rel=0.05)


def test_the_manifest_carries_it(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    pl.DataFrame(columns(6000)).write_csv(file)
    made = write_start(file, "late", name=None, folder=tmp_path, force=False)
    champion = yaml.safe_load(made.training_job.read_text())["spec"]["objective"]["require"][1]
    assert champion == {"metric": "roc_auc", "notWorseThan": "champion", "by": 0.04}
    assert made.seen.margin.rows_needed is None


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_the_margin_of_a_number_is_in_its_unit(tmp_path: Path, scale: float) -> None:
    file = tmp_path / "rows.parquet"
    rows = columns(2000)
    pl.DataFrame({"x": rows["first"], "z": rows["second"], "y": 5 * scale + scale * (rows["first"] + rows["second"])}).write_parquet(file)
    made = write_start(file, "y", name=None, folder=tmp_path, force=False)
    by = yaml.safe_load(made.training_job.read_text())["spec"]["objective"]["require"][1]["by"]
    assert by == made.seen.margin.by
    assert 0.001 * scale < by < 0.05 * np.sqrt(2) * scale  # a forest explains more than half
