"""Pairs the candidate with its opponents on rows that are fair to both."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from modelyard_api.metrics import Task
from modelyard_model.tabular_model import Prediction
from numpy.typing import NDArray

from modelyard_jobs.evaluation.evidence import Duel
from modelyard_jobs.evaluation.fresh_process import FreshScores, NotScored, score
from modelyard_jobs.evaluation.intervals import FEWEST_ROWS
from modelyard_jobs.evaluation.metrics import Scores
from modelyard_jobs.fitting import Problem, fit_baseline
from modelyard_jobs.splitting.assignment import Part
from modelyard_jobs.splitting.membership import Membership
from modelyard_jobs.tracking.versions import RegisteredVersion, rows_of
from modelyard_jobs.training_data import TrainingData


@dataclass(frozen=True)
class JudgedRows:
    """The rows of the test split that are judged, and the candidate's answers to them."""

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


def against_baseline(problem: Problem, test: JudgedRows) -> Duel:
    """The trivial model, fitted on the training split."""
    answers: Prediction = fit_baseline(problem, test.data.part(Part.TRAIN).target).predict(len(test.rows))
    return Duel(test.scores, as_scores(test.scores.truth, answers.outputs), test.clusters)


def against_champion(champion: RegisteredVersion | None, registered: str, uri: str, test: JudgedRows, folder: Path) -> Duel:
    """The champion as it is in the registry, on the test rows that it was neither fitted nor tuned on. ``uri`` names MLflow in errors."""
    if champion is None:
        return Duel(why="no champion yet")
    known = rows_of(uri, champion.run_id, folder / "champion-rows")
    if known is None:
        return Duel(why=f"version {champion.version} keeps no list of its training rows: it was not trained by a TrainingJob")
    if not known.can_judge(test.data.dataset.raw):
        return Duel(
            why=f"version {champion.version} was trained on columns that the data no longer have, so its training rows can't be told apart"
        )
    fair = _unseen(known, registered, test)
    if fair.sum() < FEWEST_ROWS:
        return Duel(why=f"only {fair.sum()} of {len(fair)} test rows are new to version {champion.version}; {FEWEST_ROWS} are needed")
    answers = score(champion.uri, test.data.dataset.for_any_model(test.rows[fair]), folder / "champion", through_pyfunc=False)
    return _paired(answers, champion, test, fair)


def _unseen(known: Membership, registered: str, test: JudgedRows) -> NDArray[np.bool_]:
    return ~known.seen(test.data.dataset.raw[test.rows], test.clusters, registered)


def _paired(answers: FreshScores | NotScored, champion: RegisteredVersion, test: JudgedRows, fair: NDArray[np.bool_]) -> Duel:
    if isinstance(answers, NotScored):
        return Duel(why=f"version {champion.version} can't answer these rows: {answers.why}")
    target = test.data.dataset.target
    if Task(answers.task) is not target.task or answers.classes != target.classes:
        return Duel(why=f"version {champion.version} answers another question: {answers.task} with {len(answers.classes)} classes")
    candidate = test.scores.take(fair)
    why = "" if fair.all() else f"on {fair.sum()} of {len(fair)} test rows, those new to version {champion.version}"
    return Duel(candidate, as_scores(candidate.truth, answers.outputs), test.clusters[fair], why)
