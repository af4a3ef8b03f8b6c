"""The Palmer penguins (Horst et al. 2020): 344 birds, three species, some values missing."""

from functools import cache

import numpy as np
import polars as pl
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.catalogue.tasks import Task
from modelyard_api.data import ColumnType, Missing
from modelyard_api.training_job import Training
from modelyard_jobs.fitting import Problem, Rows, plan_columns

KINDS = {
    "island": ColumnType.CATEGORICAL,
    "bill_length_mm": ColumnType.NUMERICAL,
    "bill_depth_mm": ColumnType.NUMERICAL,
    "flipper_length_mm": ColumnType.NUMERICAL,
    "body_mass_g": ColumnType.NUMERICAL,
    "sex": ColumnType.CATEGORICAL,
    "seen": ColumnType.DATETIME,
}
SPECIES = ("Adelie", "Chinstrap", "Gentoo")


@cache
def table() -> pl.DataFrame:
    """All birds with their canonical columns, in a fixed random order; ``seen`` is made of the year."""
    from palmerpenguins import load_penguins  # noqa: PLC0415

    birds = pl.from_pandas(load_penguins()).sample(fraction=1.0, shuffle=True, seed=1)
    numbers = [name for name, kind in KINDS.items() if kind is ColumnType.NUMERICAL]
    seen = pl.format("{}-11-05T10:00:00", pl.col("year")).alias("seen")
    texts = pl.col("island", "sex", "species").cast(pl.String)
    return birds.with_columns(pl.col(numbers).cast(pl.Float64), texts, seen)


def species_rows() -> Rows:
    """The species as target; every bird is a group of its own."""
    birds = table()
    target = np.array([SPECIES.index(name) for name in birds["species"]], dtype=np.int64)
    return Rows(birds.select(KINDS.keys()), target, np.arange(len(birds)))


def mass_rows() -> Rows:
    """The body mass as target."""
    birds = table().drop_nulls("body_mass_g")
    return Rows(birds.select(name for name in KINDS if name != "body_mass_g"), birds["body_mass_g"].to_numpy(), np.arange(len(birds)))


def species_problem(training: Training | None = None, metric: Metric = Metric.F1_MACRO) -> Problem:
    return Problem(Task.CLASSIFICATION, SPECIES, metric, plan_columns(KINDS, Missing()), training or Training(), device="cpu")


def mass_problem(training: Training | None = None) -> Problem:
    kinds = {name: kind for name, kind in KINDS.items() if name != "body_mass_g"}
    return Problem(Task.REGRESSION, (), Metric.RMSE, plan_columns(kinds, Missing()), training or Training(), device="cpu")


def thirds(rows: Rows) -> tuple[Rows, Rows, Rows]:
    """220 rows for training, 60 for validation, the rest for a test."""
    positions = np.arange(len(rows))
    return rows.take(positions[:220]), rows.take(positions[220:280]), rows.take(positions[280:])
