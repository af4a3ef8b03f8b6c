"""Each policy before there is a result, by itself: a situation in a sentence, and the reason that it gives (none: the next policy decides)."""

from collections.abc import Callable
from typing import Any

import pytest
from modelyard_api.conditions import Condition, Reason, TrainingCondition
from modelyard_api.resource_status import Attempt, TrainingJobStatus
from modelyard_api.training_job import TrainingJobSpec
from modelyard_operator.pod_template import Images
from modelyard_operator.pods.facts import Child
from modelyard_operator.training import start
from modelyard_operator.training.attempts import Attempts
from modelyard_operator.training.decision import Decision
from modelyard_operator.training.failure import Failure, Fault
from modelyard_operator.training.observed import Observed, RegistryFacts
from modelyard_operator.training.phases import WHILE_TRAINING
from modelyard_operator.training.start import TrainingInput

from tests.unit.training_operator.manifests import START, at, attempt_job, pod_of, running, stamp, terminated, training_job, waiting

IMAGES = Images(jobs="modelyard/jobs:1", serving="modelyard/serving:1", monitoring="modelyard/monitoring:1")
Case = tuple[TrainingInput, Reason | None, str]  # what is given, the reason of the first condition, a part of its message


def given(
    attempts: Attempts | None = None,
    registry: RegistryFacts | None = None,
    *,
    status: TrainingJobStatus | None = None,
    seconds: float = 0,
    **spec: Any,
) -> TrainingInput:
    resource = training_job(**spec)
    observed = Observed(
        resource, TrainingJobSpec.model_validate(resource["spec"]), status or TrainingJobStatus(), registry=registry or RegistryFacts()
    )
    return TrainingInput(observed, attempts or Attempts(), IMAGES, at(seconds))


def child(state: dict[str, Any] | None = None, **pod: Any) -> Child:
    job = attempt_job(active=1)
    return Child(job, (pod_of(job, state, **pod),))


def ended(outcome: str, seconds: float = 0, number: int = 1) -> Attempt:
    return Attempt.model_validate({"number": number, "outcome": outcome, "message": "it broke", "finished_at": stamp(at(seconds))})


def tried(attempt: Attempt, retries: int = 1) -> Attempts:
    return Attempts((attempt,), retries=retries, newest=attempt)


def since(reason: Reason) -> TrainingJobStatus:
    condition = Condition(type=TrainingCondition.RUNNING, status="False", reason=reason, last_transition_time=stamp(START))
    return TrainingJobStatus(conditions=[condition])


WRONG_DATA = Failure(Fault.INPUT, Reason.DATA_INVALID, "column species is missing")
UNKNOWN = Failure(Fault.OTHER, None, "failed after 3 attempts")
SUSPEND = {"policy": {"suspend": True}}
SILENT = RegistryFacts(problem="MLflow doesn't answer")

GIVEN_UP: dict[str, Case] = {
    "nothing was tried yet": (given(), None, ""),
    "the data are wrong": (given(Attempts(over=WRONG_DATA, over_reason=Reason.DATA_INVALID)), Reason.DATA_INVALID, "column species"),
    "it failed too often, nobody knows why": (given(Attempts(over=UNKNOWN)), Reason.RETRIES_EXHAUSTED, "failed after 3 attempts"),
}
SUSPENDED: dict[str, Case] = {
    "nobody suspended it": (given(), None, ""),
    "it is suspended": (given(**SUSPEND), Reason.SUSPENDED, "set spec.policy.suspend to false"),
    "it is suspended while a complete Job's result is looked for": (given(Attempts(result_awaited=True), **SUSPEND), None, ""),
}
RESULT_AWAITED: dict[str, Case] = {
    "no result is missing": (given(registry=SILENT), None, ""),
    "the message is lost and the registry is silent": (
        given(Attempts(result_awaited=True), SILENT),
        Reason.REGISTRY_UNAVAILABLE,
        "its result is read once",
    ),
}
IN_PROGRESS: dict[str, Case] = {
    "there is no Job": (given(), None, ""),
    "the pod runs": (given(Attempts(current=child(running(START), phase="Running"))), Reason.PODS_READY, "runs on node node-1"),
    "the pod has ended, its Job hasn't": (
        given(Attempts(current=child(terminated(0), phase="Succeeded"))),
        Reason.FINISHED,
        "its Job hasn't yet",
    ),
    "the image can't be pulled": (given(Attempts(current=child(waiting("ErrImagePull", "not found")))), Reason.IMAGE_PULL_FAILED, "jobs:1"),
    "there is no pod yet": (given(Attempts(current=Child(attempt_job(), ()))), Reason.PODS_PENDING, ""),
}
PAUSING: dict[str, Case] = {
    "nothing was tried yet": (given(), None, ""),
    "it has just failed": (given(tried(ended("Failed")), seconds=9), Reason.RESTARTING, "retry 1 of 1 follows after 10 s: it broke"),
    "the pause is over": (given(tried(ended("Failed")), seconds=10), None, ""),
    "the second pause is twice as long": (given(tried(ended("Failed"), 2), seconds=19), Reason.RESTARTING, "after 20 s"),
    "its Job was deleted": (given(tried(ended("Lost")), seconds=1), Reason.RESTARTING, "after 10 s"),
    "the cluster took the pod away": (given(tried(ended("Disrupted")), seconds=1), None, ""),
}
UNRECORDED: dict[str, Case] = {
    "nothing was tried yet": (given(), None, ""),
    "an attempt has just ended": (given(tried(ended("Failed"))), Reason.RESTARTING, "attempt 1 ended: it broke"),
    "its end is in status": (given(tried(ended("Failed")), status=TrainingJobStatus(attempts=[ended("Failed")])), None, ""),
}
REGISTRY_UNAVAILABLE: dict[str, Case] = {
    "the registry can be read": (given(), None, ""),
    "the registry is silent": (given(registry=SILENT), Reason.REGISTRY_UNAVAILABLE, "no pod is started meanwhile"),
}
UNPREPARED: dict[str, Case] = {
    "model and experiment are there": (given(registry=RegistryFacts(prepared=True)), None, ""),
    "they aren't": (given(), Reason.PENDING, "registered model ml.penguins and its experiment are being made"),
}
NEXT_ATTEMPT: dict[str, Case] = {
    "the first": (given(), Reason.PENDING, "Job penguins-1 is being made"),
    "the second": (given(tried(ended("Failed"))), Reason.RESTARTING, "Job penguins-2 is being made"),
}
TABLES: dict[Callable[[TrainingInput], Decision | None], dict[str, Case]] = {
    start.given_up: GIVEN_UP,
    start.suspended: SUSPENDED,
    start.result_awaited: RESULT_AWAITED,
    start.in_progress: IN_PROGRESS,
    start.pausing: PAUSING,
    start.unrecorded: UNRECORDED,
    start.registry_unavailable: REGISTRY_UNAVAILABLE,
    start.unprepared: UNPREPARED,
    start.next_attempt: NEXT_ATTEMPT,
}
CASES = [(policy, *case) for policy, table in TABLES.items() for case in table.values()]
NAMES = [f"{policy.__name__}: {sentence}" for policy, table in TABLES.items() for sentence in table]


@pytest.mark.parametrize(("policy", "situation", "reason", "says"), CASES, ids=NAMES)
def test_policy(policy: Callable[[TrainingInput], Decision | None], situation: TrainingInput, reason: Reason | None, says: str) -> None:
    decision = policy(situation)
    assert (decision and decision.updates[0].reason) == reason
    assert says in (decision.updates[0].message if decision else "")


def test_a_silent_registry_is_tried_again_later_and_later() -> None:
    waits = [
        start.registry_unavailable(given(registry=SILENT, status=since(Reason.REGISTRY_UNAVAILABLE), seconds=seconds))
        for seconds in (1, 20, 500)
    ]
    assert [decision and decision.requeue_after for decision in waits] == [5.0, 20.0, 60.0]


def test_one_job_is_made_however_often_it_is_decided() -> None:
    made = [start.next_attempt(given()).create[0]["metadata"]["name"] for _ in range(2)]
    assert made == ["penguins-1", "penguins-1"]


def test_every_policy_of_the_chain_has_a_table() -> None:

    assert set(TABLES) == set(WHILE_TRAINING)
