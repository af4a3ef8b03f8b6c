"""Opens the test split, once: the stored model's metrics, the trivial baseline's, the champion's, and the evidence for each criterion."""

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from modelyard_api.pod_contract import Evidence
from numpy.typing import NDArray

from modelyard_jobs.evaluation.duels import JudgedRows, against_baseline, against_champion, as_scores
from modelyard_jobs.evaluation.evidence import Duel, Examination, gather, outcome_in_words
from modelyard_jobs.evaluation.fresh_process import NotScored, score
from modelyard_jobs.evaluation.metrics import Scores, measure_all
from modelyard_jobs.fitting import Problem
from modelyard_jobs.tracking.versions import RegisteredVersion
from modelyard_jobs.training_data import TrainingData

_log = logging.getLogger(__name__)


class ModelChanged(Exception):
    """The stored model can't be used as it comes back."""


@dataclass(frozen=True)
class Judgement:
    """Metrics by name, and the evidence in the order of the criteria. ``champion`` is measured on the rows that are new to it."""

    metrics: dict[str, float]
    baseline: dict[str, float]
    champion: dict[str, float]
    evidence: list[Evidence]


@dataclass(frozen=True)
class Court:
    """What judging needs beside the model. ``uri`` names MLflow in errors, ``folder`` is scratch space."""

    data: TrainingData
    problem: Problem
    registered: str
    champion: RegisteredVersion | None
    uri: str
    folder: Path


def judge(model_uri: str, rows: NDArray[np.intp], court: Court) -> Judgement:
    """``rows``: positions of the test rows. The model is downloaded and asked in a fresh process."""
    answers = score(model_uri, court.data.frame(rows), court.folder / "candidate", through_pyfunc=True)
    if isinstance(answers, NotScored):
        raise ModelChanged(f"the model as stored in MLflow can't be used: {answers.why}")
    truth = court.data.dataset.target.values[rows]
    test = JudgedRows(court.data, rows, as_scores(truth, answers.outputs))
    baseline = against_baseline(court.problem, test)
    champion = against_champion(court.champion, court.registered, court.uri, test, court.folder)
    criteria = court.data.dataset.target.criteria
    evidence = gather(criteria, Examination(test.scores, test.clusters, baseline, champion, court.problem.training.seed))
    for criterion, each in zip(criteria, evidence, strict=True):
        _log.info("%s", outcome_in_words(criterion, each))
    return Judgement(_metrics(court, test.scores), _opponents(court, baseline), _opponents(court, champion), evidence)


def _metrics(court: Court, scores: Scores) -> dict[str, float]:
    """All metrics of the task; the one that training optimised comes first, because `kubectl get` shows that."""
    values = measure_all(court.problem.task, len(court.problem.classes), scores)
    first = court.problem.metric.value
    return ({first: values[first]} if first in values else {}) | values


def _opponents(court: Court, duel: Duel) -> dict[str, float]:
    return _metrics(court, duel.opponent) if duel.opponent else {}
