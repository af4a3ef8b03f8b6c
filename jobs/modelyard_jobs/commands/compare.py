"""``modelyard-job compare``: a candidate against a champion that came after it was trained, on the candidate's own test rows."""

import json
import logging
from pathlib import Path

import numpy as np
from mlflow import MlflowClient
from modelyard_api import artifacts
from modelyard_api.conditions import Reason
from modelyard_api.labels import registered_model
from modelyard_api.pod_contract import CompareRequest, TrainResult
from modelyard_clients.platform import Platform
from numpy.typing import NDArray

from modelyard_jobs import training_data
from modelyard_jobs.evaluation.evaluate import EvaluationContext, evaluate
from modelyard_jobs.splitting.assignment import Earlier
from modelyard_jobs.splitting.cuts import SplitName
from modelyard_jobs.termination import InvalidRequest
from modelyard_jobs.tracking import mlflow_server, result
from modelyard_jobs.tracking.mlflow_server import RegisteredVersion, numbered, read_artifact, split_of
from modelyard_jobs.tracking.run import TrackedRun
from modelyard_jobs.training_data import TrainingData

_log = logging.getLogger(__name__)


def run(request: CompareRequest, platform: Platform, folder: Path) -> TrainResult:
    """Gives the candidate's result again, with evidence against the new champion. ``folder`` is scratch space."""
    uri = platform.mlflow_uri
    mlflow_server.require_answer(platform)
    registered = registered_model(request.namespace, request.model)
    candidate = _result(uri, request.run_id, folder)
    champion = _champion(uri, registered, request.champion_version)
    earlier = _split(uri, request.run_id, folder)
    data = training_data.load(request.spec, registered, platform, folder, earlier)
    rows = _tested_rows(request.run_id, data, earlier)
    _log.info("comparing %s with version %s of %s on %d test rows", candidate.model_id, champion.version, registered, len(rows))
    problem = training_data.pose(data, request.spec)
    context = EvaluationContext(data, problem, champion, uri, folder)
    evaluation = evaluate(f"models:/{candidate.model_id}", rows, context)
    trained = result.TrainedModel(
        model_id=candidate.model_id,
        digest=candidate.digest,
        champion_version=champion.version,
        resolved=candidate.resolved,
        warnings=tuple(candidate.warnings),
        metric=problem.metric,
        test_uses=candidate.test_uses,
    )
    short = result.short_form(candidate, trained, evaluation)
    _keep(uri, short, folder)
    return short


def _keep(uri: str, short: TrainResult, folder: Path) -> None:
    """On the candidate's run, for the case that the termination message can't hold all evidence or is lost."""
    run = TrackedRun(uri, short.run_id, short.experiment_id, MlflowClient())
    run.document(artifacts.comparison(short.champion_version), {"result": short.to_wire()}, folder)


def _result(uri: str, run_id: str, folder: Path) -> TrainResult:
    content = read_artifact(uri, run_id, artifacts.RESULT, folder / "candidate-result")
    if content is None:
        raise InvalidRequest(Reason.RESULT_MISSING, f"run {run_id} has no {artifacts.RESULT}: its training did not finish; train again")
    return TrainResult.model_validate(json.loads(content)["result"], extra="ignore")  # a newer image may have trained it


def _champion(uri: str, registered: str, version: str) -> RegisteredVersion:
    found = numbered(uri, registered, version)
    if found is None:
        raise InvalidRequest(Reason.MODEL_NOT_FOUND, f"the registry has no version {version} of {registered} to compare with")
    return found


def _split(uri: str, run_id: str, folder: Path) -> Earlier:
    kept = split_of(uri, run_id, folder / "candidate-rows")
    if kept is None:
        raise InvalidRequest(Reason.RESULT_MISSING, f"run {run_id} has no {artifacts.MEMBERSHIP}: its test rows are unknown; train again")
    return kept


def _tested_rows(run_id: str, data: TrainingData, earlier: Earlier) -> NDArray[np.intp]:
    """Positions of the rows that the candidate was tested on, recognised by their hashes."""
    parts = data.recognised_by(earlier.membership)
    rows = np.array([], dtype=np.intp) if parts is None else np.flatnonzero(parts == SplitName.TEST)
    if not len(rows):
        raise InvalidRequest(
            Reason.DATA_INVALID,
            f"none of the rows that run {run_id} was tested on are in {data.source.uri} any more: the data changed; train again",
        )
    return rows
