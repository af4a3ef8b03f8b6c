"""How long a CSV file of a million rows and 20 columns takes, against Polars' own reading of it: ``python bench/reading_csv.py``.

Both are timed in turn in one run, so that whatever else the machine does meets both; fails where ours takes longer than ``ranges.toml`` allows.
"""

import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import polars as pl
from modelyard_jobs.data.reading import read
from modelyard_jobs.data.source import SourceFile, SourceFiles

ROWS, REPETITIONS = 1_000_000, 7
RANGES = tomllib.loads((Path(__file__).parent / "ranges.toml").read_text(encoding="utf-8"))["reading_csv"]


def table() -> pl.DataFrame:
    """Twelve amounts, four integers, three categories and a timestamp; made up, because only the shape matters here."""
    generator = np.random.default_rng(0)
    columns = {f"amount{at}": pl.Series(np.round(generator.normal(size=ROWS), 4)) for at in range(12)}
    columns |= {f"count{at}": pl.Series(generator.integers(0, 10 ** (at + 2), ROWS)) for at in range(4)}
    columns |= {f"region{at}": pl.Series(generator.choice(["north", "south", "east", "west"], ROWS)) for at in range(3)}
    first = pl.datetime(2020, 1, 1)
    columns["at"] = pl.datetime_range(first, first + pl.duration(minutes=ROWS - 1), "1m", eager=True).dt.strftime("%Y-%m-%d %H:%M:%S")
    return pl.DataFrame(columns)


def variants(folder: Path) -> dict[str, Path]:
    """The same table as files are met: plain, with gaps in its last column, with quoted texts that hold separators."""
    frames = {"plain": table()}
    frames["gaps"] = frames["plain"].with_columns(at=pl.when(pl.col("count0") > 5).then(pl.col("at")))
    frames["quotes"] = frames["gaps"].with_columns(region0=pl.col("region0") + ', "' + pl.col("region1") + '"')
    for name, frame in frames.items():
        frame.write_csv(folder / f"{name}.csv")
    return {name: folder / f"{name}.csv" for name in frames}


def seconds(work: Callable[[], object]) -> float:
    """Of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    """Prints one line per file."""
    slow = False
    with tempfile.TemporaryDirectory() as folder:
        for name, path in variants(Path(folder)).items():
            source = SourceFiles(path.name, (SourceFile.where_it_lies(path),))
            ways: dict[str, Callable[[], object]] = {
                "Polars": lambda path=path: pl.read_csv(path),
                "ours": lambda source=source: read(source),
                "ours, typed as first read": lambda source=source: read(source).as_first_read,
            }
            times = {way: median(measured) for way, measured in zip(ways, zip(*rounds(ways), strict=True), strict=True)}
            ratio = times["ours"] / times["Polars"]
            slow = slow or ratio > RANGES["at_most"]
            print(
                f"{name:7}" + "".join(f"   {way} {taken:.2f} s" for way, taken in times.items()) + f"   ours is {ratio:.2f} times Polars'"
            )
    sys.exit(1 if slow else 0)


def rounds(ways: dict[str, Callable[[], object]]) -> list[list[float]]:
    """Seconds of every way, round by round."""
    return [[seconds(work) for work in ways.values()] for _ in range(REPETITIONS)]


if __name__ == "__main__":
    main()
