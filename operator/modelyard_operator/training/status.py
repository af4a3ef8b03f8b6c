"""The whole status, computed in one place from what was observed and what was decided."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from modelyard_api import artifacts
from modelyard_api.conditions import Condition, Reason, TrainingCondition
from modelyard_api.pod_contract import MetricValue
from modelyard_api.status import MlflowRun, Progress, ResolvedValue, TrainingJobStatus

from modelyard_operator.conditions import Finding, find, to_conditions
from modelyard_operator.timestamps import to_timestamp
from modelyard_operator.training.attempts import Attempts, was_suspended
from modelyard_operator.training.decision import Decision, RunUrl
from modelyard_operator.training.observed import Observed

# The newest chapter first: `kubectl get -o wide` shows the first condition that is False.
_ORDER = ("Promoted", "Registered", "Failed", "Complete", "Running", "Suspended")
_METRICS_SHOWN = 8
_WHILE_TRAINING = (artifacts.TRAINING_PREFIX, artifacts.VALIDATION_PREFIX)  # what is measured afterwards stands in status.result


def compute(observed: Observed, attempts: Attempts, decision: Decision, run_url: RunUrl, now: datetime) -> TrainingJobStatus:
    """What is to be stored; equal to what is stored when nothing happened."""
    stored = observed.status
    conditions = to_conditions(stored.conditions, _findings(observed, decision), observed.generation, now)
    over = to_timestamp(now) if decision.finished else None
    return TrainingJobStatus(
        observed_generation=observed.generation,
        conditions=conditions,
        state=state_of(conditions),
        attempts=list(attempts.records),
        retries=attempts.retries,
        disruptions=attempts.disruptions,
        running_seconds=round(attempts.running_seconds),
        start_time=stored.start_time or _first_job(observed),
        completion_time=stored.completion_time or over,
        mlflow=_run(observed, attempts, run_url) or stored.mlflow,
        progress=_progress(observed) or stored.progress,
        result=decision.outcome or stored.result,
        resolved=_resolved(attempts) or stored.resolved,
        warnings=list(attempts.result.warnings) if attempts.result else stored.warnings,
        promotion=decision.promotion,
    )


def state_of(conditions: Iterable[Condition]) -> str:
    """One word for ``kubectl get``."""
    by_type = {one.type: one for one in conditions}
    true = {name for name, one in by_type.items() if one.status == "True"}
    for name in (TrainingCondition.FAILED, TrainingCondition.PROMOTED):
        if name in true:
            return name
    if TrainingCondition.COMPLETE in true:
        return _after_training(by_type)
    if TrainingCondition.SUSPENDED in true:
        return "Suspended"
    if TrainingCondition.RUNNING in true:
        return "Running"
    running = by_type.get(TrainingCondition.RUNNING)
    return "Evaluating" if running and running.reason == Reason.FINISHED else "Pending"


_WORDS = {
    Reason.CRITERIA_NOT_MET: "CriteriaNotMet",
    Reason.COMPARISON_INCONCLUSIVE: "Inconclusive",
    Reason.COMPARISON_FAILED: "Inconclusive",
    Reason.APPROVAL_PENDING: "ApprovalPending",
    Reason.CHAMPION_CHANGED: "Evaluating",
    Reason.COMPARING: "Evaluating",
}


def _after_training(by_type: dict[str, Condition]) -> str:
    promoted = by_type.get(TrainingCondition.PROMOTED)
    if promoted is None:
        return "Registering"
    return next((word for reason, word in _WORDS.items() if reason == promoted.reason), "Promoting")


def _findings(observed: Observed, decision: Decision) -> list[Finding]:
    main, *others = decision.findings
    findings = [_with_problem(main, observed, decision), *others, *_suspension(observed, decision)]
    return sorted(findings, key=lambda finding: _ORDER.index(finding.type))


def _with_problem(main: Finding, observed: Observed, decision: Decision) -> Finding:
    """The last Plan couldn't be carried out: that is what the condition has to tell, until it could."""
    problem = observed.problem
    if problem is None or main.status != "False" or decision.finished:
        return main
    return replace(main, reason=problem.reason, message=problem.message)


def _suspension(observed: Observed, decision: Decision) -> list[Finding]:
    """Only where it was ever suspended."""
    if any(finding.type == TrainingCondition.SUSPENDED for finding in decision.findings):
        return []
    if observed.spec is not None and observed.spec.policy.suspend and not decision.finished:
        return [Finding(TrainingCondition.SUSPENDED, "True", Reason.SUSPENDED, "spec.policy.suspend is true")]
    if was_suspended(observed) or find(observed.status.conditions, TrainingCondition.SUSPENDED):
        return [Finding(TrainingCondition.SUSPENDED, "False", Reason.RESUMED, "spec.policy.suspend is false")]
    return []


def _first_job(observed: Observed) -> str | None:
    made = [child.job["metadata"]["creationTimestamp"] for child in observed.attempts.values()]
    return min(made, default=None)


def _run(observed: Observed, attempts: Attempts, run_url: RunUrl) -> MlflowRun | None:
    known = attempts.result or observed.registry.run
    if known is None:
        return None
    return MlflowRun(experiment_id=known.experiment_id, run_id=known.run_id, url=run_url(known.experiment_id, known.run_id))


def _progress(observed: Observed) -> Progress | None:
    seen = observed.registry.progress
    if seen is None or not seen.epochs:  # some architectures have no epochs
        return None
    newest = {name: value for name, value in seen.metrics.items() if name.startswith(_WHILE_TRAINING)}
    metrics = [MetricValue(name=name, value=value) for name, value in sorted(newest.items())]
    return Progress(epoch=seen.epoch, epochs=seen.epochs, metrics=metrics[:_METRICS_SHOWN])


def _resolved(attempts: Attempts) -> list[ResolvedValue]:
    chosen = attempts.result.resolved if attempts.result else {}
    return [ResolvedValue(name=name, value=value[:256]) for name, value in sorted(chosen.items())][:32]
