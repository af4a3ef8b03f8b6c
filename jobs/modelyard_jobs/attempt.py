"""One attempt at training, after the data were found fit: fit, store, judge the stored model, tell."""

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

from modelyard_api import artifacts
from modelyard_api.catalogue.architectures import Architecture, is_trained_in_epochs
from modelyard_api.labels import TAG_TEST_SPLIT, TAG_TEST_USES, TAG_UID
from modelyard_api.pod_contract import TrainRequest, TrainResult

from modelyard_jobs import outcome, resolved
from modelyard_jobs.data import report
from modelyard_jobs.evaluation import reference
from modelyard_jobs.fitting import EpochReport, FittedModel, Problem, fit_model, raw_columns
from modelyard_jobs.fitting.problem import DEFAULT_EPOCHS
from modelyard_jobs.judging import EvaluationContext, Judgement, judge
from modelyard_jobs.splitting import membership
from modelyard_jobs.splitting.cuts import Part
from modelyard_jobs.tracking import logged_model
from modelyard_jobs.tracking.run import TrackedRun, tracked_run
from modelyard_jobs.tracking.versions import RegisteredVersion, at_alias
from modelyard_jobs.train import Clock
from modelyard_jobs.training_data import TrainingData

_log = logging.getLogger(__name__)
_EXAMPLE_ROWS = 5


@dataclass(frozen=True)
class Attempt:
    """``uri`` names MLflow, ``folder`` is scratch space, ``registered`` the model's name in the registry."""

    request: TrainRequest
    uri: str
    folder: Path
    clock: Clock
    registered: str
    data: TrainingData
    problem: Problem

    def carry_out(self, warnings: list[str]) -> TrainResult:
        """Everything from the run's start to its end."""
        with tracked_run(self.uri, self.request) as run:
            _log.info("MLflow run %s of experiment %s", run.run_id, run.experiment_id)
            asked = resolved.question(self.data, self.request.spec, self.registered)
            uses = self._describe(run, asked)
            fitted = self._fit(run)
            answered = resolved.answer(fitted)
            run.parameters(answered)
            model_id, digest = self._store(fitted)
            champion = at_alias(self.uri, self.registered, self.request.spec.promotion.alias)
            judgement = self._judge(model_id, champion)
            trained = outcome.TrainedModel(
                model_id=model_id,
                digest=digest,
                champion_version=champion.version if champion else "",
                resolved={**asked, **answered},
                warnings=(*warnings, *fitted.warnings, *fitted.model.preparation.document.notes),
                metric=self.problem.metric,
                test_uses=uses,
            )
            result = outcome.result(run, trained, judgement)
            run.metrics(outcome.run_metrics(judgement), self._now())
            run.document(artifacts.RESULT, outcome.document(result, judgement, fitted, trained.warnings), self.folder)
            return result

    def _now(self) -> int:
        return int(self.clock() * 1000)

    def _describe(self, run: TrackedRun, asked: dict[str, str]) -> int:
        """Logs what is known before fitting: parameters, data set, rows. Gives how often these test rows were looked at before."""
        run.parameters(asked | self._epochs())
        source, data = self.data.source, self.data.dataset
        run.data_set(source.uri, source.digest, source.size, data.rows_read)
        fills = {column.name: column.missing.value for column in self.problem.plan.columns}
        run.document(artifacts.DATA_REPORT, report.describe(source, data, self.data.assignment, fills), self.folder)
        run.document(artifacts.SPLIT, self.data.assignment.rule.to_wire(), self.folder)
        kept = self.folder / artifacts.MEMBERSHIP
        kept.write_bytes(membership.to_parquet(self.data.assignment.membership))
        run.file(kept)
        split = self._test_split()
        uses = run.earlier_uses(split)
        run.tags({TAG_TEST_SPLIT: split, TAG_TEST_USES: str(uses)})
        _log.info("earlier runs that were tested on the same rows: %d", uses)
        return uses

    def _epochs(self) -> dict[str, str]:
        """Most epochs, where a network may be trained: progress is read against it."""
        architecture = self.request.spec.model.architecture
        if architecture is not Architecture.AUTO and not is_trained_in_epochs(architecture):
            return {}
        return {artifacts.MOST_EPOCHS: str(self.request.spec.training.epochs or DEFAULT_EPOCHS)}

    def _test_split(self) -> str:
        rows = self.data.assignment.row[self.data.assignment.rows(Part.TEST)].copy()
        rows.sort()
        return hashlib.sha256(rows.tobytes()).hexdigest()[:32]

    def _fit(self, run: TrackedRun) -> FittedModel:
        metric = self.problem.metric

        def report_epoch(epoch: EpochReport) -> None:
            values = {
                f"{artifacts.TRAINING_PREFIX}loss": epoch.train_loss,
                f"{artifacts.VALIDATION_PREFIX}loss": epoch.validation_loss,
                f"{artifacts.VALIDATION_PREFIX}{metric}": epoch.validation_metric,
            }
            run.metrics(values | {artifacts.EPOCH: epoch.epoch}, self._now(), epoch.epoch)
            _log.info("epoch %d of %d: %s", epoch.epoch, epoch.epochs, ", ".join(f"{name} {value:.4f}" for name, value in values.items()))

        model = self.request.spec.model
        given = {parameter.name: parameter.value for parameter in model.parameters or []}
        train, validation = self.data.part(Part.TRAIN), self.data.part(Part.VALIDATION)
        _log.info(
            "fitting %s: %d rows to train on, %d to validate, %d columns",
            model.architecture,
            len(train),
            len(validation),
            train.features.width,
        )
        fitted = fit_model(model.architecture, given, self.problem, train, validation, report_epoch)
        for row in fitted.leaderboard:
            measured = row.note if row.score is None else f"{metric} {row.score:.4f} ± {row.standard_error or 0:.4f}"
            _log.info("%s%s: %s (%.1f s)", row.architecture, " (chosen)" if row.selected else "", measured, row.seconds)
        return fitted

    def _store(self, fitted: FittedModel) -> tuple[str, str]:
        """Model folder with its reference sample, logged; MLflow's id and the digest of the files."""
        from modelyard_model.saving import save_model  # noqa: PLC0415

        folder = self.folder / "model"
        example = self.data.part(Part.TRAIN).features.head(_EXAMPLE_ROWS)
        save_model(fitted.model, folder, raw_columns(example, example.columns))
        rows = reference.write(self.data, fitted.model, folder)
        digest = logged_model.digest(folder)
        tags = {TAG_UID: self.request.uid}
        metadata = {"modelyard_digest": digest, "architecture": fitted.architecture.value, "task": self.problem.task.value}
        model_id = logged_model.log(self.uri, folder, metadata, tags)
        _log.info("stored model %s, sha256 %s, with a reference sample of %d rows", model_id, digest[:12], rows)
        return model_id, digest

    def _judge(self, model_id: str, champion: RegisteredVersion | None) -> Judgement:
        context = EvaluationContext(self.data, self.problem, champion, self.uri, self.folder)
        return judge(f"models:/{model_id}", self.data.assignment.rows(Part.TEST), context)
