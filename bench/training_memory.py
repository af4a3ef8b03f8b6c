"""How long the stages of a training job take and how much memory it needs, without MLflow: ``python bench/training_memory.py``.

Each table is trained on in a process of its own, and its model judged in another one, as in a pod. Memory is the peak of the process so far, MLflow
imported, as a pod has it. Fails where a figure is beyond its range (``ranges.toml``); ranges are of processor time, to which other work on the machine adds nothing.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl
from modelyard_api.catalogue.architectures import Architecture
from modelyard_api.training_job import TrainingJobSpec

Result = TypeVar("Result")
_SEED = 0
RANGES = tomllib.loads((Path(__file__).parent / "ranges.toml").read_text(encoding="utf-8"))["training_memory"]


@dataclass(frozen=True)
class Case:
    """A table and how it is trained on."""

    rows: int
    amounts: int
    counts: int
    regions: int
    split: dict[str, object] = field(default_factory=dict)
    architecture: Architecture = Architecture.LINEAR

    def table(self) -> pl.DataFrame:
        """Amounts, counts, categories, a timestamp and a target of two classes; made up, because only the shape matters here."""
        generator = np.random.default_rng(_SEED)
        columns = {f"amount{at}": pl.Series(np.round(generator.normal(size=self.rows), 4)) for at in range(self.amounts)}
        columns |= {f"count{at}": pl.Series(generator.integers(0, 10 ** (at % 4 + 2), self.rows)) for at in range(self.counts)}
        columns |= {f"region{at}": pl.Series(generator.choice(["north", "south", "east", "west"], self.rows)) for at in range(self.regions)}
        first = pl.datetime(2020, 1, 1)
        timestamps = pl.datetime_range(first, first + pl.duration(minutes=self.rows - 1), "1m", eager=True)
        late = columns["amount0"].to_numpy() + generator.normal(size=self.rows) > 0
        return pl.DataFrame(columns | {"at": timestamps.dt.strftime("%Y-%m-%d %H:%M:%S"), "late": np.where(late, "yes", "no")})

    @property
    def spec(self) -> TrainingJobSpec:
        """The model of it."""
        return TrainingJobSpec.model_validate(
            {
                "objective": {"target": "late"},
                "data": {"source": {"uri": "s3://bucket/rows.csv"}, "split": self.split},
                "model": {"architecture": self.architecture},
            }
        )


CASES = {
    "1 M x 20": Case(1_000_000, 11, 4, 3),
    "1 M x 20 by time": Case(1_000_000, 11, 4, 3, {"by": "Time", "column": "at"}),
    "300,000 x 50": Case(300_000, 40, 4, 4),
    "1 M x 20, boosted": Case(1_000_000, 11, 4, 3, architecture=Architecture.GRADIENT_BOOSTING),
}


class Stages:
    """Measures one stage after the other, and prints them."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}  # of the processor, all threads together
        self.peaks: dict[str, int] = {}

    def run(self, name: str, work: Callable[[], Result]) -> Result:
        """MiB are the peak so far."""
        started, spent = time.perf_counter(), time.process_time()
        result = work()
        waited, self.seconds[name] = time.perf_counter() - started, time.process_time() - spent
        self.peaks[name] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"  {name:<28} {waited:6.2f} s   {self.seconds[name]:6.2f} s CPU   {self.peaks[name]:5} MiB", flush=True)
        return result


def train(case: Case, folder: Path) -> Stages:
    """What a training pod does but MLflow, stage by stage."""
    stages = Stages()
    stages.run("imports", _imports)
    from modelyard_jobs import training_data  # noqa: PLC0415
    from modelyard_jobs.data import dataset, reading, report  # noqa: PLC0415
    from modelyard_jobs.data.source import SourceFile, SourceFiles  # noqa: PLC0415
    from modelyard_jobs.evaluation import evaluate, fresh_process  # noqa: PLC0415
    from modelyard_jobs.fitting import fit_model, raw_columns  # noqa: PLC0415
    from modelyard_jobs.splitting import membership  # noqa: PLC0415
    from modelyard_jobs.splitting.cuts import SplitName  # noqa: PLC0415
    from modelyard_model.model_folder import save_model  # noqa: PLC0415

    path, spec = folder / "rows.csv", case.spec
    source = SourceFiles(path.name, (SourceFile.where_it_lies(path),))
    tables = [stages.run("read", lambda: reading.read(source))]
    stages.run("first reading", lambda: tables[0].as_first_read)
    prepared = [stages.run("typing", lambda: dataset.prepare(tables.pop(), spec))]
    data = stages.run("hashing and splitting", lambda: training_data.assigned(source, prepared.pop(), spec, "bench.rows"))
    data = stages.run("letting cells go", data.with_tested_cells)
    problem = training_data.pose(data, spec)
    stages.run("search for leaks", lambda: training_data.look_for_leaks(data, spec))
    data = stages.run("laying out by part", data.by_part)
    fills = {column.name: column.missing.value for column in problem.plan.columns}
    stages.run("report", lambda: report.describe(source, data.dataset, data.assignment, fills))
    stages.run("membership file", lambda: (folder / "membership.parquet").write_bytes(membership.to_parquet(data.assignment.membership)))
    train, validation = data.part(SplitName.TRAIN), data.part(SplitName.VALIDATION)
    fitted = stages.run("preparing and fitting", lambda: fit_model(spec.model.architecture, {}, problem, train, validation, lambda _: None))
    example = train.features.head(5)
    stages.run("saving", lambda: save_model(fitted.model, folder / "model", raw_columns(example, example.columns)))
    stages.run("reference sample", lambda: evaluate.write(data, fitted.model, folder / "model"))
    raw = data.raw_rows(data.assignment.rows(SplitName.TEST))

    def write() -> None:
        raw.cells.write_parquet(folder / fresh_process.CELLS)
        raw.first_read.write_parquet(folder / fresh_process.FIRST_READ)

    stages.run("test rows written", write)
    return stages


def _imports() -> None:
    """What a pod has in memory before it reads a row."""
    import mlflow  # noqa: F401, PLC0415


def judge(folder: Path) -> Stages:
    """The stored model on the test rows, as the fresh process does."""
    stages = Stages()
    stages.run("imports", _imports)
    from modelyard_jobs.evaluation import fresh_process  # noqa: PLC0415
    from modelyard_model.model_folder import load_model  # noqa: PLC0415

    model = load_model(folder / "model")
    stages.run("answering the test rows", lambda: fresh_process.outputs(model, folder, is_strict=True))
    return stages


def _measured(name: str, what: str, folder: str) -> Stages:
    """In a process of its own, so that no peak is another's."""
    _child(name, what, folder)
    stages, found = Stages(), json.loads((Path(folder) / f"{what}.json").read_text(encoding="utf-8"))
    stages.seconds, stages.peaks = found["seconds"], found["peaks"]
    return stages


def _child(name: str, what: str, folder: str) -> None:
    """The parent stays small: its peak would count as the child's."""
    subprocess.run([sys.executable, __file__, name, what, folder], check=True)


def _beyond(name: str, training: Stages, judging: Stages) -> list[str]:
    """What took more than it may."""
    most = RANGES[name]
    seconds = sum(training.seconds.values()) + sum(judging.seconds.values())
    figures = (
        ("hashing and splitting", training.seconds["hashing and splitting"], most["dividing"], "s"),
        ("all", seconds, most["seconds"], "s"),
        ("training", max(training.peaks.values()), most["memory"], "MiB"),
        ("judging", max(judging.peaks.values()), most["memory"], "MiB"),
    )
    print("  " + ", ".join(f"{what} {value:.1f} of {limit:g} {unit}" for what, value, limit, unit in figures))
    return [what for what, value, limit, _ in figures if value > limit]


def main() -> None:
    """All cases, or those that are named."""
    beyond = []
    for name in sys.argv[1:] or CASES:
        with tempfile.TemporaryDirectory() as folder:
            print(name)
            _child(name, "write", folder)
            beyond += [f"{name}: {what}" for what in _beyond(name, *(_measured(name, what, folder) for what in ("train", "judge")))]
    if beyond:
        sys.exit("beyond its limit: " + "; ".join(beyond))


if __name__ == "__main__":
    if sys.argv[2:3] == ["write"]:
        CASES[sys.argv[1]].table().write_csv(Path(sys.argv[3]) / "rows.csv")
    elif sys.argv[2:3] in (["train"], ["judge"]):
        place = Path(sys.argv[3])
        found = train(CASES[sys.argv[1]], place) if sys.argv[2] == "train" else judge(place)
        (place / f"{sys.argv[2]}.json").write_text(json.dumps({"seconds": found.seconds, "peaks": found.peaks}), encoding="utf-8")
    else:
        main()
