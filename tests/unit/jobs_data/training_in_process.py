"""A file trained on and its model asked, all in this process."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from modelyard_api.catalogue.architectures import Architecture
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.training_job import TrainingJobSpec
from modelyard_jobs import training_data
from modelyard_jobs.data import reading
from modelyard_jobs.data.source import SourceFile, SourceFiles
from modelyard_jobs.evaluation.metrics import measure
from modelyard_jobs.evaluation.opponents import as_scores
from modelyard_jobs.fitting import FittedModel, fit_model, raw_columns
from modelyard_jobs.splitting.cuts import SplitName
from modelyard_jobs.training_data import TrainingData, divide
from modelyard_model.model_folder import load_model, save_model
from modelyard_model.tabular_model import TabularModel
from numpy.typing import NDArray

FILES = Path(__file__).parents[2] / "data" / "files"


def source(*paths: Path) -> SourceFiles:
    """Files as they are after they were fetched."""
    return SourceFiles("s3://bucket/rows", tuple(SourceFile(path.name, path, path.stat().st_size, "0" * 64) for path in paths))


def spec(target: str = "y", **parts: Any) -> TrainingJobSpec:
    """A manifest: ``data`` and ``objective`` beside target and source."""
    objective = {"target": target} | parts.pop("objective", {})
    data = {"source": {"uri": "s3://bucket/rows.csv"}} | parts.pop("data", {})
    return TrainingJobSpec.model_validate({"objective": objective, "data": data, **parts})


@dataclass(frozen=True)
class Trained:
    """A Linear model as it comes back from its folder, and the data that it was made from."""

    data: TrainingData
    fitted: FittedModel
    stored: TabularModel
    warnings: tuple[str, ...]

    @property
    def cells(self) -> pl.DataFrame:
        """All rows as the file holds them."""
        return self.data.dataset.table.cells

    def answers(self, rows: pl.DataFrame | None = None) -> NDArray[np.float64]:
        """To all rows of the file, by its raw cells."""
        raw = self.data.raw_rows(np.arange(len(self.data.dataset.positions))).cells if rows is None else rows
        return self.stored.predict({item.name: raw[item.name].to_list() for item in self.stored.inputs if item.name in raw}).outputs

    def answers_to_read_rows(self) -> NDArray[np.float64]:
        """To the same rows, as training read them."""
        frame = self.data.dataset.features.frame
        return self.fitted.model.predict(raw_columns(frame, frame.columns)).outputs

    def tested(self, metric: Metric) -> float:
        """A metric of the stored model's answers to the raw cells of the test rows."""
        rows = self.data.assignment.rows(SplitName.TEST)
        return measure(metric, as_scores(self.data.dataset.target.values[rows], self.answers(self.data.raw_rows(rows).cells)))


def train(path: Path, folder: Path, manifest: TrainingJobSpec, registered: str = "ml.cases") -> Trained:
    """All that a training pod does but MLflow. ``folder``: where the model is stored."""
    files = source(path)
    data = divide(files, reading.read(files), manifest, registered)
    problem = training_data.pose(data, manifest)
    warnings = training_data.look_for_leaks(data, manifest)
    fitted = fit_model(Architecture.LINEAR, {}, problem, data.part(SplitName.TRAIN), data.part(SplitName.VALIDATION), lambda _: None)
    example = data.part(SplitName.TRAIN).features.head(5)
    save_model(fitted.model, folder / "model", raw_columns(example, example.columns))
    stored = load_model(folder / "model")
    return Trained(data, fitted, stored, (*warnings, *fitted.warnings, *fitted.model.preparation.document.notes))
