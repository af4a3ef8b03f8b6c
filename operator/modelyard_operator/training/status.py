"""The whole status, computed in one place from what was observed and what was decided, and an Event for every step that it tells anew."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from modelyard_api import artifacts
from modelyard_api.conditions import Condition, Reason, TrainingCondition
from modelyard_api.pod_contract import MetricValue
from modelyard_api.resource_status import Attempt, MlflowRun, Progress, ResolvedValue, TrainingJobStatus
from modelyard_api.timestamps import to_timestamp

from modelyard_operator.conditions import ConditionUpdate, find, to_conditions
from modelyard_operator.plan import Event
from modelyard_operator.training.attempts import Attempts, was_suspended
from modelyard_operator.training.decision import Decision, RunUrl
from modelyard_operator.training.observed import Observed

# The newest chapter first: `kubectl get -o wide` shows the first condition that is False.
_ORDER = ("Promoted", "Registered", "Failed", "Complete", "Running", "Suspended", "Finished")
_METRICS_SHOWN = 8
_WHILE_TRAINING = (artifacts.TRAINING_PREFIX, artifacts.VALIDATION_PREFIX)  # what is measured afterwards stands in status.result
_WORDS = {
    Reason.CRITERIA_NOT_MET: "CriteriaNotMet",
    Reason.COMPARISON_INCONCLUSIVE: "Inconclusive",
    Reason.COMPARISON_FAILED: "Inconclusive",
    Reason.APPROVAL_PENDING: "ApprovalPending",
    Reason.CHAMPION_CHANGED: "Evaluating",
    Reason.COMPARING: "Evaluating",
}
# What passes soon, and what another Event says already.
_QUIET = frozenset({Reason.PENDING, Reason.PODS_PENDING, Reason.FINISHED, Reason.PODS_READY, Reason.ALIAS_MOVING, Reason.CRITERIA_HELD})
_GOOD = frozenset(
    {
        Reason.SUSPENDED,
        Reason.RESUMED,
        Reason.RESTARTING,
        Reason.APPROVAL_PENDING,
        Reason.APPROVED,
        Reason.CHAMPION_CHANGED,
        Reason.COMPARING,
    }
)


def compute(observed: Observed, attempts: Attempts, decision: Decision, run_url: RunUrl, now: datetime) -> TrainingJobStatus:
    """What is to be stored; equal to what is stored when nothing happened."""
    stored = observed.status
    conditions = to_conditions(stored.conditions, _updates(observed, decision), observed.generation, now)
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


def _after_training(by_type: dict[str, Condition]) -> str:
    promoted = by_type.get(TrainingCondition.PROMOTED)
    if promoted is None:
        return "Registering"
    return next((word for reason, word in _WORDS.items() if reason == promoted.reason), "Promoting")


def _updates(observed: Observed, decision: Decision) -> list[ConditionUpdate]:
    main, *others = decision.updates
    updates = [_with_problem(main, observed, decision), *others, *_suspension(observed, decision), *_end(observed, decision)]
    return sorted(updates, key=lambda update: _ORDER.index(update.type))


def _with_problem(main: ConditionUpdate, observed: Observed, decision: Decision) -> ConditionUpdate:
    """The last Plan couldn't be carried out: that is what the condition has to tell, until it could."""
    problem = observed.problem
    if problem is None or main.status != "False" or decision.finished:
        return main
    return replace(main, reason=problem.reason, message=problem.message)


def _suspension(observed: Observed, decision: Decision) -> list[ConditionUpdate]:
    """Only where it was ever suspended."""
    if any(update.type == TrainingCondition.SUSPENDED for update in decision.updates):
        return []
    if observed.spec is not None and observed.spec.policy.suspend and not decision.finished:
        return [ConditionUpdate(TrainingCondition.SUSPENDED, "True", Reason.SUSPENDED, "spec.policy.suspend is true")]
    if was_suspended(observed) or find(observed.status.conditions, TrainingCondition.SUSPENDED):
        return [ConditionUpdate(TrainingCondition.SUSPENDED, "False", Reason.RESUMED, "spec.policy.suspend is false")]
    return []


def _end(observed: Observed, decision: Decision) -> list[ConditionUpdate]:
    """Finished, with the reason of the end. An approval in doubt reopens it: then it is False until the next end."""
    if any(update.type == TrainingCondition.FINISHED for update in decision.updates):
        return []
    main = decision.updates[0]
    if decision.finished:
        return [ConditionUpdate(TrainingCondition.FINISHED, "True", main.reason, main.message)]
    was_finished = find(observed.status.conditions, TrainingCondition.FINISHED) is not None
    return [ConditionUpdate(TrainingCondition.FINISHED, "False", main.reason, main.message)] if was_finished else []


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


def events_between(stored: TrainingJobStatus, new: TrainingJobStatus) -> tuple[Event, ...]:
    """In the order in which things happened; the same sentence is said once."""
    return tuple(dict.fromkeys([*_attempt_events(stored, new), *_condition_events(stored, new)]))


def _attempt_events(stored: TrainingJobStatus, new: TrainingJobStatus) -> Iterator[Event]:
    before = {attempt.number: attempt for attempt in stored.attempts}
    for attempt in new.attempts:
        known = before.get(attempt.number)
        if known is None and attempt.number > max(before, default=0):
            yield Event("Normal", "AttemptStarted", f"attempt {attempt.number} was started")
        if attempt.outcome not in {"Running", "Succeeded"} and (known is None or known.outcome == "Running"):
            yield Event("Warning", f"Attempt{attempt.outcome}", _ending(attempt))


def _ending(attempt: Attempt) -> str:
    reason = f" ({attempt.reason})" if attempt.reason else ""
    return f"attempt {attempt.number}{reason}: {attempt.message}"


def _condition_events(stored: TrainingJobStatus, new: TrainingJobStatus) -> Iterator[Event]:
    for condition in reversed([one for one in new.conditions if one.type != TrainingCondition.FINISHED]):  # another one says why
        known = find(stored.conditions, condition.type)
        if known is None or (known.status, known.reason) != (condition.status, condition.reason):
            yield from _condition_event(condition)


def _condition_event(condition: Condition) -> Iterator[Event]:
    if (condition.status == "True" and condition.type in {TrainingCondition.COMPLETE, TrainingCondition.REGISTERED}) or (
        condition.status == "True" and condition.reason == Reason.ALIAS_MOVED
    ):
        yield Event("Normal", condition.type, condition.message)
    elif condition.reason not in _QUIET:
        yield Event("Normal" if condition.reason in _GOOD else "Warning", condition.reason, condition.message)
