"""How long one raw row takes, natively, for a model of each architecture on twelve columns: ``python bench/single_row_latency.py``."""

import time
from statistics import median

import numpy as np
import polars as pl
from modelyard_api.catalogue.architectures import ARCHITECTURES
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.catalogue.tasks import Task
from modelyard_api.data import ColumnType, Missing
from modelyard_api.training_job import Training
from modelyard_jobs.fitting import Problem, Rows, fit_model, plan_columns, raw_columns
from modelyard_model.columns.column import Columns

ROWS = 20_000
REPETITIONS = 500


def table() -> tuple[Rows, Problem]:
    """Eight numbers with gaps, three categories and a timestamp; made up, because only the shape matters here."""
    generator = np.random.default_rng(0)
    numbers = generator.normal(size=(ROWS, 8))
    columns: dict[str, pl.Series] = {
        f"number{i}": pl.Series(np.where(generator.random(ROWS) < 0.1, np.nan, numbers[:, i])) for i in range(8)
    }
    columns |= {f"text{i}": pl.Series([f"c{code}" for code in generator.integers(0, 10 ** (i + 1), ROWS)]) for i in range(3)}
    columns["at"] = pl.Series(
        [f"2026-03-{day:02}T{hour:02}:00:00" for day, hour in zip(*generator.integers(1, 24, (2, ROWS)), strict=True)]
    )
    kinds = {name: ColumnType.NUMERICAL if name.startswith("number") else ColumnType.CATEGORICAL for name in columns}
    plan = plan_columns(kinds | {"at": ColumnType.DATETIME}, Missing())
    target = (numbers.sum(axis=1) + generator.normal(size=ROWS) > 0).astype(np.int64)
    problem = Problem(Task.CLASSIFICATION, ("no", "yes"), Metric.ROC_AUC, plan, Training(epochs=3))
    return Rows(pl.DataFrame(columns), target, np.arange(ROWS)), problem


def microseconds(predict: object, row: Columns) -> float:
    """The median of many calls."""
    assert callable(predict)
    times = []
    for _ in range(REPETITIONS):
        started = time.perf_counter()
        predict(row)
        times.append(time.perf_counter() - started)
    return median(times) * 1e6


def main() -> None:
    """Prints one line per architecture."""
    rows, problem = table()
    positions = np.arange(ROWS)
    row = {name: list(values) for name, values in raw_columns(rows.features[:1], rows.features.columns).items()}
    for architecture in ARCHITECTURES:
        fitted = fit_model(architecture, {}, problem, rows.take(positions[:16_000]), rows.take(positions[16_000:]), lambda _: None)
        preparing, answering = microseconds(fitted.model.preparation.transform, row), microseconds(fitted.model.predict, row)
        print(f"{architecture:16} preparation {preparing:6.0f} µs   answer {answering:6.0f} µs")


if __name__ == "__main__":
    main()
