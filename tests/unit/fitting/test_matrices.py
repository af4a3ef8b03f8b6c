"""A sparse matrix holds what the dense one does, and models fitted to either answer alike."""

import numpy as np
import polars as pl
import pytest
from modelyard_api.catalogue.architectures import Architecture
from modelyard_api.catalogue.column_types import BlockKind
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.catalogue.tasks import Task
from modelyard_api.data import ColumnType, Missing
from modelyard_api.training_job import Training
from modelyard_jobs.columns import matrices
from modelyard_jobs.columns.matrices import features_of, raw_columns
from modelyard_jobs.columns.target_means import KnownTarget
from modelyard_jobs.fitting import Problem, Rows, fit_model, fit_preparation, plan_columns
from modelyard_jobs.fitting.preparing import VECTORS, training_features
from scipy import sparse

SPARSE = VECTORS | {BlockKind.SPARSE}
ROWS = 3000
KINDS = {
    "shop": ColumnType.CATEGORICAL,
    "x": ColumnType.NUMERICAL,
    "product": ColumnType.CATEGORICAL,
    "at": ColumnType.DATETIME,
    "many": ColumnType.CATEGORICAL,
}
PLAN = plan_columns(KINDS, Missing())


def table() -> tuple[pl.DataFrame, np.ndarray]:
    """Gaps in every column; of ``many`` there are too many categories for a feature each."""
    generator = np.random.default_rng(0)
    codes = {name: generator.integers(0, distinct, ROWS) for name, distinct in (("shop", 100), ("product", 150), ("many", 300))}
    columns = {name: pl.Series([f"k{c}" if c % 7 else None for c in cells], dtype=pl.String) for name, cells in codes.items()}
    columns["x"] = pl.Series(np.where(generator.random(ROWS) < 0.1, np.nan, generator.normal(size=ROWS)))
    columns["at"] = pl.Series([f"2026-03-{day:02}T05:00:00" for day in generator.integers(1, 29, ROWS)])
    signal = (codes["shop"] % 3) + (codes["many"] % 2) - 1.5 + generator.logistic(size=ROWS)
    return pl.DataFrame([columns[name].alias(name) for name in KINDS]), signal


@pytest.fixture
def worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrices, "_LEAST_CELLS", 0)


@pytest.mark.usefixtures("worth_it")
@pytest.mark.parametrize("rows_at_once", [700, 50_000])
def test_a_sparse_matrix_holds_what_the_dense_one_does(monkeypatch: pytest.MonkeyPatch, rows_at_once: int) -> None:
    monkeypatch.setattr(matrices, "_ROWS_AT_ONCE", rows_at_once)
    frame, signal = table()
    target = KnownTarget.of((signal > 0).astype(np.int64), ("no", "yes"), np.arange(ROWS), 0)
    fitted = fit_preparation(frame, PLAN, SPARSE, target)
    dense, thin = features_of(fitted, frame, VECTORS), features_of(fitted, frame, SPARSE)
    assert sparse.issparse(thin)
    assert thin.has_canonical_format
    np.testing.assert_array_equal(thin.toarray(), dense)
    np.testing.assert_array_equal(dense, fitted.transform(raw_columns(frame, frame.columns)))
    crossed = [training_features(fitted, frame, target, takes) for takes in (VECTORS, SPARSE)]
    np.testing.assert_array_equal(crossed[1].toarray(), crossed[0])
    assert (crossed[0] != dense).any(axis=0).sum() == 1  # the mean of the target by ``many``


def test_small_tables_and_dense_ones_stay_dense() -> None:
    frame, _ = table()
    assert isinstance(features_of(fit_preparation(frame, PLAN), frame, SPARSE), np.ndarray)


@pytest.mark.usefixtures("worth_it")
def test_a_table_of_numbers_is_never_sparse() -> None:
    frame, _ = table()
    plan = plan_columns({"x": ColumnType.NUMERICAL, "at": ColumnType.DATETIME}, Missing())
    assert isinstance(features_of(fit_preparation(frame, plan), frame, SPARSE), np.ndarray)


@pytest.mark.parametrize("architecture", [Architecture.LINEAR, Architecture.RANDOM_FOREST])
@pytest.mark.parametrize("task", Task)
def test_a_model_fitted_to_either_answers_alike(monkeypatch: pytest.MonkeyPatch, architecture: Architecture, task: Task) -> None:
    frame, signal = table()
    classes, metric = (("no", "yes"), Metric.ROC_AUC) if task is Task.CLASSIFICATION else ((), Metric.RMSE)
    problem = Problem(task, classes, metric, PLAN, Training(), device="cpu")
    rows = Rows(frame, (signal > 0).astype(np.int64) if classes else signal, np.arange(ROWS))
    parameters = {"n_estimators": 20} if architecture is Architecture.RANDOM_FOREST else {}
    answers = []
    for least in (10**9, 0):
        monkeypatch.setattr(matrices, "_LEAST_CELLS", least)
        train, validation = rows.take(np.arange(2500)), rows.take(np.arange(2500, ROWS))
        fitted = fit_model(architecture, parameters, problem, train, validation, lambda _: None)
        answers.append(fitted.model.predict(raw_columns(frame, frame.columns)).outputs)
    limit = 1e-3 if architecture is Architecture.LINEAR else 0.01  # an iteration that stops; another order of equal splits
    assert np.abs(answers[0] - answers[1]).mean() < limit
