"""What a finished model is measured by, once, on rows that no fitting saw, and which of these are kept for its monitor."""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from modelyard_api import rendering
from modelyard_api.artifacts import REFERENCE
from modelyard_api.objective import Opponent
from modelyard_api.request_log import GROUP_COLUMN, INPUT_PREFIX, LABEL, OUTPUT_PREFIX
from modelyard_api.verdicts import Evidence
from modelyard_model.tabular_model import TabularModel
from numpy.typing import NDArray

from modelyard_jobs.evaluation.evidence import Comparison, EvidenceInput, PairedComparison, gather
from modelyard_jobs.evaluation.fresh_process import NotScored, score
from modelyard_jobs.evaluation.metrics import Scores, measure_all
from modelyard_jobs.evaluation.opponents import JudgedRows, against_baseline, against_version, as_scores
from modelyard_jobs.fitting import Problem, raw_columns
from modelyard_jobs.tracking.mlflow_server import RegisteredVersion, anchor_of
from modelyard_jobs.training_data import TrainingData

_log = logging.getLogger(__name__)


class ModelChanged(Exception):
    """The stored model can't be used as it comes back."""


@dataclass(frozen=True)
class Evaluation:
    """Metrics by name, and the evidence in the order of the criteria. ``champion`` is measured on the rows that are new to it."""

    metrics: dict[str, float]
    baseline: dict[str, float]
    champion: dict[str, float]
    evidence: list[Evidence]
    anchor_version: str | None = None  # that it was compared with besides the champion


@dataclass(frozen=True)
class EvaluationContext:
    """What judging needs beside the model. ``uri`` names MLflow in errors, ``folder`` is scratch space."""

    data: TrainingData
    problem: Problem
    champion: RegisteredVersion | None
    uri: str
    folder: Path


def evaluate(model_uri: str, rows: NDArray[np.intp], context: EvaluationContext) -> Evaluation:
    """``rows``: positions of the test rows. The model is downloaded and scored in a fresh process."""
    scored = score(model_uri, context.data.raw_rows(rows), context.folder / "candidate", through_pyfunc=True)
    if isinstance(scored, NotScored):
        raise ModelChanged(f"the model as stored in MLflow can't be used: {scored.why}")
    truth = context.data.dataset.target.values[rows]
    test = JudgedRows(context.data, rows, as_scores(truth, scored.outputs))
    baseline = against_baseline(context.problem, test)
    champion = against_version(context.champion, context.uri, test, context.folder / "champion") if context.champion else None
    anchor = _anchor(context)
    compared = against_version(anchor, context.uri, test, context.folder / "anchor") if anchor else None
    test_share = context.data.assignment.rule.test
    evaluation = EvidenceInput(test.scores, test.clusters, baseline, champion, compared, context.problem.classes, test_share)
    evidence = gather(context.data.dataset.target.criteria, evaluation)
    for each in evidence:
        _log.info("%s", rendering.describe_measurement(each))
    metrics = _metrics(context, test.scores)
    return Evaluation(metrics, _opponents(context, baseline), _opponents(context, champion), evidence, anchor.version if anchor else None)


def _anchor(context: EvaluationContext) -> RegisteredVersion | None:
    """Where a criterion asks for it, and it is another version than the champion."""
    champion = context.champion
    if champion is None or all(one.not_worse_than is not Opponent.CHAMPION for one in context.data.dataset.target.criteria):
        return None
    anchor = anchor_of(context.uri, champion)
    if anchor is None:
        _log.warning("the anchor of version %s is gone from the registry: the champion alone is compared with", champion.version)
    return anchor if anchor and anchor.version != champion.version else None


def _metrics(context: EvaluationContext, scores: Scores) -> dict[str, float]:
    """All metrics of the task; the one that training optimised comes first, because `kubectl get` shows that."""
    values = measure_all(context.problem.task, len(context.problem.classes), scores)
    first = context.problem.metric.value
    return ({first: values[first]} if first in values else {}) | values


def _opponents(context: EvaluationContext, comparison: Comparison | None) -> dict[str, float]:
    return _metrics(context, comparison.opponent) if isinstance(comparison, PairedComparison) else {}


def write_reference(data: TrainingData, model: TabularModel, folder: Path) -> int:
    """Writes the sample into the model's ``folder``; gives its number of rows."""
    rows = data.assignment.reference
    frame = data.frame(rows)[[item.name for item in model.inputs]]
    cells = raw_columns(frame, frame.columns)
    predicted, kept = model.predict(cells).as_columns(), model.summarise({name: list(values) for name, values in cells.items()})
    inputs = [
        (frame[field.name] if field.name in frame.columns else pl.Series(kept[field.name])).alias(INPUT_PREFIX + field.name)
        for field in model.logged
    ]
    names = data.assignment.names
    groups = names.of(rows) if names else [str(group) for group in data.assignment.group[rows].tolist()]
    sample = pl.DataFrame(inputs).with_columns(
        *(pl.Series(OUTPUT_PREFIX + name, values) for name, values in predicted.items()),
        pl.Series(LABEL, data.dataset.target.labels(rows), dtype=pl.String),
        pl.Series(GROUP_COLUMN, groups, dtype=pl.String),
    )
    sample.write_parquet(folder / REFERENCE)
    return len(rows)
