"""Policies as long as there is no result: wait, watch, or make the Job of the next attempt."""

from dataclasses import dataclass
from datetime import datetime

from modelyard_api.conditions import Reason, TrainingCondition

from modelyard_operator.conditions import find
from modelyard_operator.plan import EnsureModel
from modelyard_operator.pod_template import Images
from modelyard_operator.pods import facts
from modelyard_operator.pods.causes import why_not_running
from modelyard_operator.timestamps import from_timestamp
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


@dataclass(frozen=True)
class Situation:
    """What the policies of this file are asked about."""

    observed: Observed
    attempts: Attempts
    images: Images
    now: datetime


def given_up(situation: Situation) -> Decision | None:
    """The last failure was the last one."""
    over = situation.attempts.over
    return failed(situation.attempts.over_reason or Reason.RETRIES_EXHAUSTED, over.message) if over else None


def suspended(situation: Situation) -> Decision | None:
    """Nothing runs, nothing is started; a Job that is complete is still evaluated."""
    if not situation.observed.valid_spec.policy.suspend or situation.attempts.result_awaited:
        return None
    return Decision((not_running(Reason.SUSPENDED, "suspended: set spec.policy.suspend to false to go on"),))


def result_awaited(situation: Situation) -> Decision | None:
    """The pod's message is lost and the registry, which has the result too, doesn't answer."""
    if not situation.attempts.result_awaited:
        return None
    return _registry_unavailable(situation, "the training pod has succeeded; its result is read once the registry answers")


def in_progress(situation: Situation) -> Decision | None:
    """An attempt's Job hasn't ended."""
    child = situation.attempts.current
    if child is None:
        return None
    if facts.running_since(child):
        pod = facts.newest_pod(child) or {}
        message = (
            f"attempt {last_of(situation.attempts.records)}: pod {pod['metadata']['name']} runs on node {pod['spec'].get('nodeName', '')}"
        )
        return Decision((running(Reason.PODS_READY, message),), requeue_after=_until_deadline(situation))
    if facts.ended(child):
        message = f"attempt {last_of(situation.attempts.records)}: the pod has ended, its Job hasn't yet"
        return Decision((not_running(Reason.FINISHED, message),), requeue_after=PENDING_SECONDS)
    cause = why_not_running(child)
    return Decision((not_running(cause.reason, cause.message),), requeue_after=PENDING_SECONDS)


def unrecorded(situation: Situation) -> Decision | None:
    """An attempt has just ended: that is written down before the next one is made, or it might never be counted."""
    newest = situation.attempts.newest
    if newest is None or newest in situation.observed.status.attempts:
        return None
    return Decision((not_running(Reason.RESTARTING, f"attempt {newest.number} ended: {newest.message}"),), requeue_after=SOON)


def pausing(situation: Situation) -> Decision | None:
    """After a failure there is a pause that doubles; after a disruption there is none."""
    newest = situation.attempts.newest
    if newest is None or newest.outcome not in {"Failed", "Lost"} or newest.finished_at is None:
        return None
    pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (situation.attempts.retries - 1))
    left = pause - (situation.now - from_timestamp(newest.finished_at)).total_seconds()
    if left <= 0:
        return None
    number, retries = newest.number, situation.observed.valid_spec.policy.retries
    message = f"attempt {number} failed, retry {situation.attempts.retries} of {retries} follows after {pause:.0f} s: {newest.message}"
    return Decision((not_running(Reason.RESTARTING, message),), requeue_after=left)


def registry_unavailable(situation: Situation) -> Decision | None:
    """A pod couldn't log anything: no attempt is spent on that."""
    return _registry_unavailable(situation, "no pod is started meanwhile") if situation.observed.registry.problem else None


def unprepared(situation: Situation) -> Decision | None:
    """The registered model and the experiment are made first."""
    observed = situation.observed
    if observed.registry.prepared:
        return None
    update = not_running(Reason.PENDING, f"registered model {observed.registered_name} and its experiment are being made")
    return Decision((update,), registry=(EnsureModel(observed.namespace, observed.model),), requeue_after=SOON)


def next_attempt(situation: Situation) -> Decision:
    """Make the Job. Its name is its number, so asking twice makes one."""
    number = last_of(situation.attempts.records) + 1
    job = render.attempt_job(situation.observed, number, situation.images)
    reason = Reason.PENDING if number == 1 else Reason.RESTARTING
    return Decision((not_running(reason, f"Job {job['metadata']['name']} is being made"),), create=(job,))


POLICIES = (given_up, suspended, result_awaited, in_progress, pausing, unrecorded, registry_unavailable, unprepared, next_attempt)


def _registry_unavailable(situation: Situation, meanwhile: str) -> Decision:
    observed = situation.observed
    wait = growing_wait(find(observed.status.conditions, TrainingCondition.RUNNING), situation.now)
    update = not_running(Reason.REGISTRY_UNAVAILABLE, f"{observed.registry.problem}; {meanwhile}")
    return Decision((update,), requeue_after=wait)


def _until_deadline(situation: Situation) -> float:
    deadline = situation.observed.valid_spec.policy.deadline_seconds
    return PROGRESS_SECONDS if deadline is None else min(PROGRESS_SECONDS, max(SOON, deadline - situation.attempts.total_seconds))
