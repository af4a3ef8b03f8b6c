"""``modelyard-job train``: from the manifest to a logged model and the evidence for its criteria. The registry is the operator's."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from modelyard_api import artifacts
from modelyard_api.catalogue.architectures import Architecture, is_trained_in_epochs, parameter_problems
from modelyard_api.conditions import Reason
from modelyard_api.labels import TAG_TEST_SPLIT, TAG_TEST_USES, TAG_UID, registered_model
from modelyard_api.pod_contract import TrainRequest, TrainResult
from modelyard_clients.platform import Platform
from modelyard_model.model_folder import digest_of, save_model

from modelyard_jobs import training_data
from modelyard_jobs.data import report
from modelyard_jobs.evaluation.evaluate import EvaluationContext, evaluate, write_reference
from modelyard_jobs.fitting import EpochReport, FittedModel, Problem, fit_model, raw_columns
from modelyard_jobs.fitting.problem import DEFAULT_EPOCHS
from modelyard_jobs.profile.profile import to_parquet
from modelyard_jobs.profile.training_rows import profile_of
from modelyard_jobs.splitting import membership
from modelyard_jobs.splitting.cuts import SplitName
from modelyard_jobs.termination import InvalidRequest
from modelyard_jobs.tracking import mlflow_server, result
from modelyard_jobs.tracking.mlflow_server import at_alias, split_of
from modelyard_jobs.tracking.run import TrackedRun, log_model, tracked_run
from modelyard_jobs.training_data import TrainingData

_log = logging.getLogger(__name__)
_EXAMPLE_ROWS = 5
Clock = Callable[[], float]  # seconds since the epoch


def run(request: TrainRequest, platform: Platform, folder: Path, clock: Clock) -> TrainResult:
    """``folder`` is scratch space. What costs least is looked at first; raises InvalidRequest or Unavailable."""
    _require_parameters(request)
    mlflow_server.require_answer(platform)
    registered = registered_model(request.namespace, request.model)
    earlier = split_of(platform.mlflow_uri, request.split_run or "", folder / "champion-split")
    data = training_data.load(request.spec, registered, platform, folder, earlier)
    problem = training_data.pose(data, request.spec)
    warnings = training_data.look_for_leaks(data, request.spec)
    with tracked_run(platform.mlflow_uri, request) as tracked:
        _log.info("MLflow run %s of experiment %s", tracked.run_id, tracked.experiment_id)
        attempt = _Attempt(request, tracked, folder, clock, data.by_part(), problem)
        return _fit_and_evaluate(attempt, registered, warnings)


@dataclass(frozen=True)
class _Attempt:
    """What every step after the look at the data needs."""

    request: TrainRequest
    run: TrackedRun
    folder: Path
    clock: Clock
    data: TrainingData
    problem: Problem

    @property
    def now(self) -> int:
        """UTC, in milliseconds."""
        return int(self.clock() * 1000)


def _fit_and_evaluate(attempt: _Attempt, registered: str, warnings: list[str]) -> TrainResult:
    """Everything from the run's start to its end."""
    run, spec, uri = attempt.run, attempt.request.spec, attempt.run.uri
    known = result.known_before(attempt.data, spec, registered)
    uses = _describe(attempt, known)
    fitted = _fit(attempt)
    learnt = result.known_after(fitted)
    run.parameters(learnt)
    model_id, digest = _store(attempt, fitted)
    champion = at_alias(uri, registered, spec.promotion.alias)
    context = EvaluationContext(attempt.data, attempt.problem, champion, uri, attempt.folder)
    evaluation = evaluate(f"models:/{model_id}", attempt.data.assignment.rows(SplitName.TEST), context)
    trained = result.TrainedModel(
        model_id=model_id,
        digest=digest,
        champion_version=champion.version if champion else "",
        resolved={**known, **learnt},
        warnings=(*warnings, *fitted.warnings, *fitted.model.preparation.document.notes),
        metric=attempt.problem.metric,
        test_uses=uses,
    )
    short = result.short_form(run, trained, evaluation)
    run.metrics(result.run_metrics(evaluation), attempt.now)
    run.document(artifacts.RESULT, result.document(short, evaluation, fitted, trained.warnings), attempt.folder)
    return short


def _require_parameters(request: TrainRequest) -> None:
    given = {parameter.name: parameter.value for parameter in request.spec.model.parameters or []}
    if problems := parameter_problems(request.spec.model.architecture, given):
        raise InvalidRequest(Reason.INVALID_SPEC, "; ".join(problems))


def _describe(attempt: _Attempt, known: dict[str, str]) -> int:
    """Logs what is known before fitting: parameters, data set, rows. Gives how often these test rows were looked at before."""
    run, folder, data = attempt.run, attempt.folder, attempt.data
    run.parameters(known | _most_epochs(attempt.request))
    run.data_set(data.source.uri, data.source.digest, data.source.size, data.dataset.rows_read)
    fills = {column.name: column.missing.value for column in attempt.problem.plan.columns}
    run.document(artifacts.DATA_REPORT, report.describe(data.source, data.dataset, data.assignment, fills), folder)
    run.document(artifacts.SPLIT, data.assignment.rule.to_wire(), folder)
    kept = folder / artifacts.MEMBERSHIP
    kept.write_bytes(membership.to_parquet(data.assignment.membership))
    run.file(kept)
    split = _digest_of_test_rows(data)
    uses = run.earlier_uses(split)
    run.tags({TAG_TEST_SPLIT: split, TAG_TEST_USES: str(uses)})
    _log.info("earlier runs that were tested on the same rows: %d", uses)
    return uses


def _most_epochs(request: TrainRequest) -> dict[str, str]:
    """Where a network may be trained: progress is read against it."""
    architecture = request.spec.model.architecture
    if architecture is not Architecture.AUTO and not is_trained_in_epochs(architecture):
        return {}
    return {artifacts.MOST_EPOCHS: str(request.spec.training.epochs or DEFAULT_EPOCHS)}


def _digest_of_test_rows(data: TrainingData) -> str:
    rows = data.assignment.row[data.assignment.rows(SplitName.TEST)].copy()
    rows.sort()
    return hashlib.sha256(rows.tobytes()).hexdigest()[:32]


def _fit(attempt: _Attempt) -> FittedModel:
    model, metric = attempt.request.spec.model, attempt.problem.metric

    def report_epoch(epoch: EpochReport) -> None:
        values = {
            f"{artifacts.TRAINING_PREFIX}loss": epoch.train_loss,
            f"{artifacts.VALIDATION_PREFIX}loss": epoch.validation_loss,
            f"{artifacts.VALIDATION_PREFIX}{metric}": epoch.validation_metric,
        }
        attempt.run.metrics(values | {artifacts.EPOCH: epoch.epoch}, attempt.now, epoch.epoch)
        _log.info("epoch %d of %d: %s", epoch.epoch, epoch.epochs, ", ".join(f"{name} {value:.4f}" for name, value in values.items()))

    given = {parameter.name: parameter.value for parameter in model.parameters or []}
    train, validation = attempt.data.part(SplitName.TRAIN), attempt.data.part(SplitName.VALIDATION)
    sizes = len(train), len(validation), train.features.width
    _log.info("fitting %s: %d rows to train on, %d to validate, %d columns", model.architecture, *sizes)
    fitted = fit_model(model.architecture, given, attempt.problem, train, validation, report_epoch)
    for row in fitted.leaderboard:
        measured = row.note if row.score is None else f"{metric} {row.score:.4f} ± {row.standard_error or 0:.4f}"
        _log.info("%s%s: %s (%.1f s)", row.architecture, " (chosen)" if row.selected else "", measured, row.seconds)
    return fitted


def _store(attempt: _Attempt, fitted: FittedModel) -> tuple[str, str]:
    """Model folder with what its monitor compares with, logged; MLflow's id and the digest of the files."""
    folder = attempt.folder / "model"
    example = attempt.data.part(SplitName.TRAIN).features.head(_EXAMPLE_ROWS)
    save_model(fitted.model, folder, raw_columns(example, example.columns))
    rows = write_reference(attempt.data, fitted.model, folder)
    (folder / artifacts.PROFILE).write_bytes(to_parquet(profile_of(attempt.data, fitted.model)))
    digest = digest_of(folder)
    tags = {TAG_UID: attempt.request.uid}
    metadata = {"modelyard_digest": digest, "architecture": fitted.architecture.value, "task": attempt.problem.task.value}
    model_id = log_model(attempt.run.uri, folder, metadata, tags)
    _log.info("stored model %s, sha256 %s, with a reference sample of %d rows", model_id, digest[:12], rows)
    return model_id, digest
