"""Policies as long as there is no result: wait, watch, or make the Job of the next attempt."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from modelyard_api.catalogue.architectures import parameter_problems, task_problem
from modelyard_api.catalogue.metrics import Metric, metrics_of
from modelyard_api.catalogue.tasks import TASKS, Shown, Task, usual_task
from modelyard_api.conditions import Reason, TrainingCondition
from modelyard_api.objective import Objective
from modelyard_api.timestamps import from_timestamp

from modelyard_operator.conditions import ConditionUpdate, find, unchanged
from modelyard_operator.plan import EnsureModel
from modelyard_operator.pod_template import Images, as_variable
from modelyard_operator.pods import facts
from modelyard_operator.pods.causes import why_not_running
from modelyard_operator.training import render
from modelyard_operator.training.attempts import Attempts, last_of
from modelyard_operator.training.decision import (
    PENDING_SECONDS,
    PROGRESS_SECONDS,
    SOON,
    Decision,
    failed,
    growing_wait,
    not_running,
    running,
)
from modelyard_operator.training.observed import Observed

_FIRST_PAUSE, _LONGEST_PAUSE = 10.0, 300.0  # seconds between attempts
_REQUEST_LIMIT = 120_000  # bytes; Linux takes at most 131,072 in one environment variable


@dataclass(frozen=True)
class TrainingInput:
    """What the policies of this file are given."""

    observed: Observed
    attempts: Attempts
    images: Images
    now: datetime


def given_up(given: TrainingInput) -> Decision | None:
    """The last failure was the last one."""
    over = given.attempts.over
    return failed(given.attempts.over_reason or Reason.RETRIES_EXHAUSTED, over.message) if over else None


def suspended(given: TrainingInput) -> Decision | None:
    """Nothing runs, nothing is started; a Job that is complete is still evaluated."""
    if not given.observed.valid_spec.policy.suspend or given.attempts.result_awaited:
        return None
    return Decision((not_running(Reason.SUSPENDED, "suspended: set spec.policy.suspend to false to go on"),))


def result_awaited(given: TrainingInput) -> Decision | None:
    """The pod's message is lost and the registry, which has the result too, doesn't answer."""
    if not given.attempts.result_awaited:
        return None
    return _registry_unavailable(given, "the training pod has succeeded; its result is read once the registry can be reached")


def in_progress(given: TrainingInput) -> Decision | None:
    """An attempt's Job hasn't ended."""
    child = given.attempts.current
    if child is None:
        return None
    if facts.running_since(child):
        pod = facts.newest_pod(child) or {}
        message = f"attempt {last_of(given.attempts.records)}: pod {pod['metadata']['name']} runs on node {pod['spec'].get('nodeName', '')}"
        return Decision((running(Reason.PODS_READY, message),), requeue_after=_until_deadline(given))
    if facts.ended(child):
        message = f"attempt {last_of(given.attempts.records)}: the pod has ended, its Job hasn't yet"
        return Decision((not_running(Reason.FINISHED, message),), requeue_after=PENDING_SECONDS)
    cause = why_not_running(child)
    return Decision((not_running(cause.reason, cause.message),), requeue_after=PENDING_SECONDS)


def unrecorded(given: TrainingInput) -> Decision | None:
    """An attempt has just ended: that is written down before the next one is made, or it might never be counted."""
    newest = given.attempts.newest
    if newest is None or newest in given.observed.status.attempts:
        return None
    return Decision((not_running(Reason.RESTARTING, f"attempt {newest.number} ended: {newest.message}"),), requeue_after=SOON)


def pausing(given: TrainingInput) -> Decision | None:
    """After a failure there is a pause that doubles; after a disruption there is none."""
    newest = given.attempts.newest
    if newest is None or newest.outcome not in {"Failed", "Lost"} or newest.finished_at is None:
        return None
    pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (given.attempts.retries - 1))
    left = pause - (given.now - from_timestamp(newest.finished_at)).total_seconds()
    if left <= 0:
        return None
    number, retries = newest.number, given.observed.valid_spec.policy.retries
    message = f"attempt {number} failed, retry {given.attempts.retries} of {retries} follows after {pause:.0f} s: {newest.message}"
    return Decision((not_running(Reason.RESTARTING, message),), requeue_after=left)


def registry_unavailable(given: TrainingInput) -> Decision | None:
    """A pod couldn't log anything: no attempt is spent on that."""
    return _registry_unavailable(given, "no pod is started meanwhile") if given.observed.registry.problem else None


def unprepared(given: TrainingInput) -> Decision | None:
    """The registered model and the experiment are made first."""
    observed = given.observed
    if observed.registry.prepared:
        return None
    update = not_running(Reason.PENDING, f"registered model {observed.registered_name} and its experiment are being made")
    return Decision((update,), registry=(EnsureModel(observed.namespace, observed.model),), requeue_after=SOON)


def next_attempt(given: TrainingInput) -> Decision:
    """Make the Job. Its name is its number, so asking twice makes one."""
    number = last_of(given.attempts.records) + 1
    job = render.attempt_job(given.observed, number, given.images)
    reason = Reason.PENDING if number == 1 else Reason.RESTARTING
    return Decision((not_running(reason, f"Job {job['metadata']['name']} is being made"),), create=(job,))


def _registry_unavailable(given: TrainingInput, meanwhile: str) -> Decision:
    observed = given.observed
    wait = growing_wait(find(observed.status.conditions, TrainingCondition.RUNNING), given.now)
    update = not_running(observed.registry.problem_reason, f"{observed.registry.problem}; {meanwhile}")
    return Decision((update,), requeue_after=wait)


def _until_deadline(given: TrainingInput) -> float:
    deadline = given.observed.valid_spec.policy.deadline_seconds
    return PROGRESS_SECONDS if deadline is None else min(PROGRESS_SECONDS, max(SOON, deadline - given.attempts.total_seconds))


def operator_too_old(observed: Observed, attempts: Attempts) -> Decision | None:
    """The spec has fields that this operator doesn't know. What was started goes on by those that it knows; else everything stays as it is."""
    if not observed.spec_problem or (observed.spec is not None and attempts.records):
        return None
    others = (one for one in unchanged(observed.status.conditions) if one.type != TrainingCondition.RUNNING)
    before = find(observed.status.conditions, TrainingCondition.RUNNING)
    update = ConditionUpdate(
        TrainingCondition.RUNNING, before.status if before else "False", Reason.OPERATOR_TOO_OLD, observed.spec_problem
    )
    return Decision((update, *others), outcome=observed.status.result, promotion=observed.status.promotion)


def problems(observed: Observed) -> list[str]:
    """Sentences that name the field; empty when all is well."""
    spec = observed.valid_spec
    model = spec.model
    parameters = {parameter.name: parameter.value for parameter in model.parameters or ()}
    task = spec.objective.task
    unfit = [wrong] if task and (wrong := task_problem(model.architecture, task)) else []
    return [*unfit, *parameter_problems(model.architecture, parameters), *_metric_problems(spec.objective), *_size(observed)]


def _metric_problems(objective: Objective) -> Iterator[str]:
    named = _named(objective)
    task = usual_task(Shown.CLASSES) if objective.target_from else objective.task
    for candidate in [task] if task else list(TASKS):
        wrong = [field for field, metric in named if metric not in metrics_of(candidate)]
        if not wrong:
            return
    if task:
        yield f"{', '.join(wrong)}: not a metric of {task}; there are {', '.join(sorted(metrics_of(task)))}"
    else:
        first, *others = (f"of {each}" for each in _tasks_of(named))
        tasks = ", some ".join((first, *others))
        yield f"{', '.join(field for field, _ in named)}: some are metrics {tasks}; one task can't have both"


def _tasks_of(named: Iterable[tuple[str, Metric]]) -> list[Task]:
    return [task for task in TASKS if any(metric in metrics_of(task) for _, metric in named)]


def _named(objective: Objective) -> list[tuple[str, Metric]]:
    """Every metric in the objective with the field that names it."""
    own = [("spec.objective.metric", objective.metric)] if objective.metric else []
    return own + [(f"spec.objective.require[{index}].metric", one.metric) for index, one in enumerate(objective.require or ())]


def _size(observed: Observed) -> Iterator[str]:
    size = len(as_variable(render.train_request(observed, 1)).encode())
    if size > _REQUEST_LIMIT:
        yield f"spec: {size} bytes are more than a pod's request can have ({_REQUEST_LIMIT}); name fewer columns in data.columns and data.prepare"
