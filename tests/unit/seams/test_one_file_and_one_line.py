"""A column type, an architecture, a task with its head, a metric and a format, all of this file's own: each is registered by one line of the catalogue
and goes through train, judge and serve without another file that knows of it.

The task finds what is odd among rows; it has no target. The architecture measures how far a row is from the middle of all. The column type takes
texts for their length, and the format has a row per line as ``name=value;name=value``.
"""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
import torch
from modelyard_api.catalogue.architectures import ARCHITECTURES, Architecture, ArchitectureSpec
from modelyard_api.catalogue.column_types import COLUMN_TYPES, ColumnType, ColumnTypeSpec
from modelyard_api.catalogue.formats import FORMATS, FormatSpec
from modelyard_api.catalogue.metrics import METRICS, Direction, Metric, MetricSpec, Spread
from modelyard_api.catalogue.parameters import Real, Value
from modelyard_api.catalogue.tasks import TASKS, Task, TaskSpec
from modelyard_api.crds.resources import TRAINING_JOB, custom_resource_definition
from modelyard_api.data import MissingColumn, MissingMethod
from modelyard_api.pod_contract import TrainResult
from modelyard_api.training_job import TrainingJobSpec
from modelyard_api.verdicts import CriterionState
from modelyard_jobs import training_data
from modelyard_jobs.columns.column_training import ColumnTraining, Fitted, Wanted
from modelyard_jobs.columns.target_means import KnownTarget
from modelyard_jobs.data import reading
from modelyard_jobs.data.beginnings import glance_at
from modelyard_jobs.data.format_reader import Beginning, FileTable, FormatReader, Source, bytes_of
from modelyard_jobs.data.one_column import OneColumn, ReadColumn
from modelyard_jobs.data.source import SourceFile, SourceFiles
from modelyard_jobs.evaluation import evaluate
from modelyard_jobs.evaluation.evidence import EvidenceInput, gather
from modelyard_jobs.evaluation.metrics import Measure, Scores
from modelyard_jobs.evaluation.opponents import JudgedRows, against_baseline, as_scores
from modelyard_jobs.fitting import fit_model, raw_columns
from modelyard_jobs.fitting.problem import Examples, Learned, Problem
from modelyard_jobs.splitting.cuts import SplitName
from modelyard_jobs.termination import InvalidRequest
from modelyard_jobs.training_data import TrainingData, divide
from modelyard_model.cells.input_column import InputColumn
from modelyard_model.cells.reading import CellReading, Cells
from modelyard_model.columns.column import Block, Feature, SummarisedColumn, vector
from modelyard_model.heads import UNSCALED, Head, TargetScale
from modelyard_model.mlflow_model import log_arguments
from modelyard_model.model_folder import load_model, save_model
from modelyard_model.signature import DType, Field, PlainColumns
from modelyard_model.tabular_model import TabularModel
from modelyard_operator.training.criteria import judge
from modelyard_serving.prediction_service import PredictionService, ServedVersion
from modelyard_serving.prometheus import ServingMetrics
from modelyard_serving.request_log.records import RequestTable
from numpy.typing import NDArray

from tests.unit.serving.conftest import FixedClock, KeptRecords

ROWS = 900
Array = NDArray[np.float64]


# The format


class Pairs(FormatReader):
    """``name=value;name=value``."""

    def recognises(self, head: bytes) -> bool:
        return head.startswith(b"#pairs\n")

    def read(self, source: Source, key: str) -> FileTable:
        lines = bytes_of(source).decode().splitlines()[1:]
        return FileTable(pl.DataFrame([dict(pair.split("=", 1) for pair in line.split(";")) for line in lines]))

    def glance(self, head: bytes, key: str, source: Callable[[], Source], *, is_whole: bool) -> Beginning:
        found = self.read(head[: None if is_whole else head.rfind(b"\n")], key).cells
        return Beginning(tuple(found.columns), found.height, is_whole)


# The column type


class LengthReading(CellReading):
    """Any text, and null."""

    json_types: ClassVar[tuple[str, ...]] = ("string",)

    def read_cells(self, column: str, cells: Cells) -> list[str | None]:
        return [None if cell is None else str(cell) for cell in cells]


class LengthColumn(SummarisedColumn):
    """How long a text is, as a share of the longest."""

    kind: Literal["Length"] = "Length"
    longest: int
    reading: LengthReading = LengthReading()

    @property
    def input(self) -> InputColumn:
        return InputColumn(self.name, DType.STRING, self.required, self.reading)

    @property
    def features(self) -> tuple[Feature, ...]:
        return (Feature(f"{self.name} length", self.name),)

    def encode(self, cells: Cells) -> Block:
        return vector(np.array([[len(text or "") / self.longest] for text in self.read(cells)]).reshape(-1, 1))

    @property
    def summary_fields(self) -> tuple[Field, ...]:
        return (Field(f"{self.name}.length", DType.FP64),)

    def summary(self, cells: Cells) -> PlainColumns:
        return {f"{self.name}.length": [None if cell is None else float(len(cell)) for cell in self.read(cells)]}


class Length(ColumnTraining):
    def confidence(self, column: OneColumn) -> float:
        return 0.8 if column.texts and all(set(text) <= {"x"} for text in column.texts.texts) else 0.0

    def read(self, column: OneColumn) -> ReadColumn:
        assert column.texts is not None
        texts = column.texts.texts
        return ReadColumn(column.name, ColumnType("Length"), LengthReading(), lambda: texts)

    def usual_missing(self, default: MissingMethod) -> MissingMethod:
        return MissingMethod.CONSTANT

    def missing_problem(self, special: MissingColumn) -> str | None:
        return "has no gaps"

    def fit(self, values: pl.Series, wanted: Wanted, target: KnownTarget | None = None) -> Fitted:
        longest = int(values.str.len_chars().max() or 1)  # type: ignore[arg-type]
        return Fitted(LengthColumn(name=wanted.column.name, required=not values.has_nulls(), longest=longest))


# The task


@dataclass(frozen=True)
class OddnessHead:
    """How odd a row is: a number from 0, answered as it is."""

    classes: tuple[str, ...] = ()
    scale: TargetScale = UNSCALED
    width: int = 1

    @property
    def outputs(self) -> tuple[Field, ...]:
        return (Field("oddness", DType.FP64), Field("is_odd", DType.BOOL))

    def fit(self, _target: Any) -> "OddnessHead":
        return self

    def encode(self, target: Any) -> Any:
        return target

    def decode(self, encoded: Any) -> Any:
        return encoded

    def loss(self) -> torch.nn.Module:
        return torch.nn.MSELoss()

    def dtype(self) -> torch.dtype:
        return torch.float32

    def squeeze(self, raw: torch.Tensor) -> torch.Tensor:
        return raw[:, 0]

    def activate(self, raw: torch.Tensor) -> torch.Tensor:
        return raw[:, 0]

    def restore(self, outputs: Array) -> Array:
        return outputs

    def decide(self, outputs: Array) -> Any:
        return outputs

    def answer(self, outputs: Array) -> dict[str, Any]:
        return {"oddness": outputs.tolist(), "is_odd": (outputs > 3).tolist()}

    def baseline(self, _target: Any) -> Array:
        return np.asarray(1.0)

    def nothing(self) -> Array:
        return np.zeros(0)

    def unit(self, outputs: Array) -> Array:
        return np.maximum(outputs, 1.0)


# The architecture


@dataclass(frozen=True)
class Middle:
    """Distance from the middle of the training rows, to a power."""

    center: tuple[float, ...]
    power: float

    def outputs(self, features: Array) -> Array:
        result: Array = (((features - np.array(self.center)) ** 2).mean(axis=1)) ** (self.power / 2)
        return result

    def save(self, folder: Path) -> None:
        (folder / "middle.json").write_text(json.dumps([self.center, self.power]))


def load_middle(folder: Path, _head: Head, _device: str | None) -> Middle:
    center, power = json.loads((folder / "middle.json").read_text())
    return Middle(tuple(center), power)


def fit_middle(parameters: Mapping[str, Value], _problem: Problem, train: Examples, *_: object) -> Learned:
    return Learned(Middle(tuple(np.asarray(train.features).mean(axis=0).tolist()), float(parameters["power"])))


# The metric


def _contrast(scores: Scores, weights: Array) -> Array:
    """By how much the odd rows stand out: the mean square of the answers by the square of their mean; 1 where all are alike."""
    total = weights.sum(axis=1)
    result: Array = (weights @ scores.prediction**2 / total) / (weights @ scores.prediction / total) ** 2
    return result


CONTRAST = Measure(_contrast)


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    here = __name__
    FORMATS.add(FormatSpec("Pairs", ("pairs",), "a file of pairs", f"{here}:Pairs", is_text=True))
    COLUMN_TYPES.add(ColumnTypeSpec("Length", f"{here}:LengthColumn", f"{here}:Length", "how long a text is"))
    TASKS.add(TaskSpec("Oddness", False, "contrast", f"{here}:OddnessHead", has_target=False))
    METRICS.add(
        MetricSpec("contrast", frozenset({Task("Oddness")}), Direction.HIGHER, f"{here}:CONTRAST", Spread.ERROR, bounds=(1.0, None))
    )
    ARCHITECTURES.add(
        ArchitectureSpec(
            "Middle",
            (Real("power", 0.5, 4, 1.0),),
            f"{here}:load_middle",
            f"{here}:fit_middle",
            ("numpy",),
            tasks=frozenset({Task("Oddness")}),
        )
    )
    yield
    ARCHITECTURES.remove("Middle")
    METRICS.remove("contrast")
    TASKS.remove("Oddness")
    COLUMN_TYPES.remove("Length")
    FORMATS.remove("Pairs")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    draw = np.random.default_rng(0)
    speed, length = draw.normal(size=ROWS), draw.integers(3, 6, ROWS)
    speed[::10], length[::10] = speed[::10] * 12, 60
    path = tmp_path / "rows.pairs"
    path.write_text(
        "\n".join(
            [
                "#pairs",
                *(f"speed={s:.4f};track={'x' * n};place={p}" for s, n, p in zip(speed, length, draw.choice(["a", "b"], ROWS), strict=True)),
            ]
        )
    )
    return path


def manifest(**more: Any) -> TrainingJobSpec:
    return TrainingJobSpec.model_validate(
        {
            "objective": {"task": "Oddness"} | more,
            "data": {"source": {"uri": "s3://bucket/rows.pairs"}, "columns": [{"name": "place", "role": "Ignored"}]},
        }
    )


def trained(file: Path, folder: Path, spec: TrainingJobSpec) -> tuple[TrainingData, Problem, TabularModel]:
    files = SourceFiles("s3://bucket/rows.pairs", (SourceFile(file.name, file, file.stat().st_size, "0" * 64),))
    data = divide(files, reading.read(files), spec, "ml.odd").with_tested_cells()
    problem = training_data.pose(data, spec)
    assert training_data.look_for_leaks(data, spec) == []
    parts = data.part(SplitName.TRAIN), data.part(SplitName.VALIDATION)
    fitted = fit_model(spec.model.architecture, {}, problem, *parts, lambda _: None)
    save_model(fitted.model, folder, raw_columns(parts[0].features.head(5), parts[0].features.columns))
    return data, problem, load_model(folder)


def test_training_finds_what_the_file_holds(file: Path, tmp_path: Path) -> None:
    assert glance_at([(file.name, file)]).columns == ("speed", "track", "place")
    data, problem, model = trained(file, tmp_path / "model", manifest())
    assert [(each.name, each.type) for each in data.dataset.features.columns] == [("speed", "Numerical"), ("track", "Length")]
    assert (problem.task, problem.metric) == ("Oddness", "contrast")
    assert (model.architecture, model.preparation.feature_names) == ("Middle", ("speed", "track length"))
    assert {name: spec.type.name for name, spec in log_arguments(tmp_path / "model")["signature"].outputs.input_dict().items()} == {
        "oddness": "double",
        "is_odd": "boolean",
    }


def test_it_is_judged_by_its_metric(file: Path, tmp_path: Path) -> None:
    spec = manifest(require=[{"metric": "contrast", "betterThan": "baseline"}, {"metric": "contrast", "atLeast": 1000}])
    data, problem, model = trained(file, tmp_path / "model", spec)
    rows = data.assignment.rows(SplitName.TEST)
    raw = data.raw_rows(rows).cells
    answers = model.predict({item.name: raw[item.name].to_list() for item in model.inputs}).outputs
    test = JudgedRows(data, rows, as_scores(data.dataset.target.values[rows], answers))
    measured = EvidenceInput(test.scores, test.clusters, against_baseline(problem, test), None, None, (), data.assignment.rule.test)
    evidence = gather(data.dataset.target.criteria, measured)
    result = TrainResult(
        run_id="r", experiment_id="1", model_id="m", digest="d", metrics=[], evidence=evidence, resolved={}, metric=Metric("contrast")
    )
    verdicts = judge(spec.objective, TrainResult.model_validate_json(result.model_dump_json()))
    assert [each.state for each in verdicts] == [CriterionState.HELD, CriterionState.MISSED]


def test_it_serves_and_is_logged_by_its_summary(file: Path, tmp_path: Path) -> None:
    data, _, model = trained(file, tmp_path / "model", manifest())
    kept = KeptRecords()
    service = PredictionService(model, ServedVersion("odd", "1", 1.0, 1000), kept, FixedClock(), ServingMetrics())
    row = {"speed": 30.0, "track": "x" * 60}
    answer = json.loads(service.invocations(json.dumps({"dataframe_records": [row]}).encode(), "application/json", "id-1"))
    assert answer["predictions"][0]["is_odd"] is True
    in_csv = json.loads(service.invocations(f"speed,track\n30.0,{'x' * 60}\n".encode(), "text/csv", "id-2"))
    assert in_csv == answer
    tensors = [
        {"name": name, "shape": [1, 1], "datatype": kind, "data": [row[name]]} for name, kind in (("speed", "FP64"), ("track", "BYTES"))
    ]
    inferred = json.loads(service.infer(json.dumps({"inputs": tensors}).encode(), "application/json", "id-3"))
    assert [(output["name"], output["datatype"]) for output in inferred["outputs"]] == [("oddness", "FP64"), ("is_odd", "BOOL")]
    assert [(each["name"], each["datatype"]) for each in service.metadata()["outputs"]] == [("oddness", "FP64"), ("is_odd", "BOOL")]  # type: ignore[index,attr-defined]
    logged = pq.read_table(io.BytesIO(RequestTable(model, "1").encode(kept.requests)))
    assert [name for name in logged.column_names if name.startswith(("input.", "output."))] == [
        *("input.speed", "input.track.length", "output.oddness", "output.is_odd")
    ]
    assert logged["input.track.length"].to_pylist() == [60.0] * 3
    evaluate.write_reference(data, model, tmp_path)
    sample = pl.read_parquet(tmp_path / "reference.parquet")
    assert {"input.speed", "input.track.length", "output.is_odd"} <= set(sample.columns)
    assert sample["label"].null_count() == sample.height


def test_the_manifest_knows_them() -> None:
    text = json.dumps(custom_resource_definition(TRAINING_JOB))
    for name in ("Middle", "Oddness", "contrast", "Length", ".pairs", "only Oddness can do without"):
        assert name in text
    assert Architecture("Middle") in ARCHITECTURES


def test_what_does_not_fit_is_refused_before_anything_is_trained(file: Path, tmp_path: Path) -> None:
    spec = manifest().model_copy(update={"model": manifest().model.model_copy(update={"architecture": Architecture.MLP})})
    with pytest.raises(InvalidRequest, match=r"spec\.model\.architecture: MLP is not for Oddness; there are Middle"):
        trained(file, tmp_path / "model", spec)
    with pytest.raises(ValueError, match="target is required: the column to predict"):
        TrainingJobSpec.model_validate({"objective": {}, "data": {"source": {"uri": "s3://bucket/rows.pairs"}}})
