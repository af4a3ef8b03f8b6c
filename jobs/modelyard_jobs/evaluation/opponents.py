"""Pairs the candidate with its opponents on rows that are fair to both."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from modelyard_api.catalogue.tasks import Task
from modelyard_api.verdicts import VerdictReason
from modelyard_model.tabular_model import Prediction
from numpy.typing import NDArray

from modelyard_jobs.evaluation.evidence import Comparison, NotCompared, PairedComparison
from modelyard_jobs.evaluation.fresh_process import FreshScores, NotScored, score
from modelyard_jobs.evaluation.intervals import FEWEST_ROWS
from modelyard_jobs.evaluation.metrics import Scores
from modelyard_jobs.fitting import Problem, fit_baseline
from modelyard_jobs.splitting.cuts import SplitName
from modelyard_jobs.tracking.mlflow_server import RegisteredVersion, rows_of
from modelyard_jobs.training_data import TrainingData


@dataclass(frozen=True)
class JudgedRows:
    """The rows of the test split that are judged, and the candidate's predictions for them."""

    data: TrainingData
    rows: NDArray[np.intp]
    scores: Scores

    @property
    def clusters(self) -> NDArray[np.uint64]:
        """The split's group of each row."""
        return self.data.assignment.group[self.rows]


def as_scores(truth: NDArray[np.int64] | NDArray[np.float64], outputs: NDArray[np.float64]) -> Scores:
    """Model outputs beside the truth."""
    if outputs.ndim == 1:
        return Scores(truth, outputs, None)
    return Scores(truth, outputs.argmax(axis=1), outputs)


def against_baseline(problem: Problem, test: JudgedRows) -> PairedComparison:
    """The trivial model, fitted on the training split."""
    predicted: Prediction = fit_baseline(problem, test.data.part(SplitName.TRAIN).target).predict(len(test.rows))
    return PairedComparison(test.scores, as_scores(test.scores.truth, predicted.outputs), test.clusters)


def against_version(opponent: RegisteredVersion, uri: str, test: JudgedRows, folder: Path) -> Comparison:
    """A version as it is in the registry, on the test rows that it was neither fitted nor tuned on. ``uri`` names MLflow in errors."""
    known = rows_of(uri, opponent.run_id, folder / "rows")
    if known is None:
        return NotCompared(opponent.version, VerdictReason.OPPONENT_ROWS_UNKNOWN)
    parts = test.data.recognised_by(known)
    if parts is None:
        return NotCompared(opponent.version, VerdictReason.OPPONENT_COLUMNS_GONE)
    fair = ~known.seen(parts[test.rows], test.clusters)
    if fair.sum() < FEWEST_ROWS:
        return NotCompared(opponent.version, VerdictReason.OPPONENT_SAW_ROWS, int(fair.sum()), len(fair))
    scored = score(opponent.uri, test.data.raw_rows(test.rows[fair]), folder / "model", through_pyfunc=False)
    return _paired(scored, opponent.version, test, fair)


def _paired(scored: FreshScores | NotScored, version: str, test: JudgedRows, fair: NDArray[np.bool_]) -> Comparison:
    if isinstance(scored, NotScored):
        return NotCompared(version, VerdictReason.OPPONENT_FAILED, detail=scored.why)
    target = test.data.dataset.target
    if Task(scored.task) is not target.task or scored.classes != target.classes:
        return NotCompared(version, VerdictReason.OPPONENT_DIFFERS, detail=f"{scored.task} with {len(scored.classes)} classes")
    candidate = test.scores.take(fair)
    in_test = None if fair.all() else len(fair)
    return PairedComparison(candidate, as_scores(candidate.truth, scored.outputs), test.clusters[fair], version, in_test)
