"""A pod that doesn't start: the condition says why, in words, and it goes on by itself when that is fixed."""

from typing import Any

import pytest
from modelyard_api.conditions import Reason
from modelyard_operator.pods.causes import Cause, why_not_running
from modelyard_operator.pods.facts import Child

from tests.unit.training_operator.manifests import attempt_job, pod_of, training_job, waiting
from tests.unit.training_operator.world import World

JOB = attempt_job()
UNSCHEDULABLE = [
    {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes: Insufficient nvidia.com/gpu."}
]


def child(state: dict[str, Any] | None = None, *events: tuple[str, str], pod: bool = True, **status: Any) -> Child:
    notes = tuple({"reason": reason, "note": note} for reason, note in events)
    return Child(JOB, (pod_of(JOB, state, **status),) if pod else (), notes)


CASES = {
    "image that isn't there": (
        child(waiting("ImagePullBackOff", "Back-off pulling image: not found")),
        Reason.IMAGE_PULL_FAILED,
        "image jobs:1 can't be pulled: Back-off pulling image: not found; check that the image exists and that the node may pull it",
    ),
    "Secret that isn't there": (
        child(waiting("CreateContainerConfigError", 'secret "s3-reader" not found')),
        Reason.SECRET_NOT_FOUND,
        "Secret s3-reader doesn't exist in this namespace: create it, and the pod starts by itself",
    ),
    "ConfigMap that isn't there": (
        child(waiting("CreateContainerConfigError", 'configmap "modelyard" not found')),
        Reason.CONFIG_MISSING,
        "ConfigMap modelyard doesn't exist in this namespace: create it, and the pod starts by itself",
    ),
    "Secret without the key": (
        child(waiting("CreateContainerConfigError", "couldn't find key AWS_ACCESS_KEY_ID in Secret ml/s3-reader")),
        Reason.SECRET_NOT_FOUND,
        "Secret s3-reader has no key AWS_ACCESS_KEY_ID: create it, and the pod starts by itself",
    ),
    "Secret that can't be mounted": (
        child(None, ("Scheduled", "…"), ("FailedMount", 'MountVolume.SetUp failed for volume "x" : secret "s3-reader" not found')),
        Reason.SECRET_NOT_FOUND,
        "Secret s3-reader doesn't exist in this namespace: create it, and the pod starts by itself",
    ),
    "no node has room": (
        child(None, conditions=UNSCHEDULABLE),
        Reason.PODS_PENDING,
        "no node takes the pod: 0/1 nodes: Insufficient nvidia.com/gpu",
    ),
    "quota": (
        child(None, ("FailedCreate", 'Error creating: pods "penguins-1-0-x" is forbidden: exceeded quota: small'), pod=False),
        Reason.POD_REJECTED,
        'the namespace takes no pod: Error creating: pods "penguins-1-0-x" is forbidden: exceeded quota: small; the Job tries again by '
        "itself once quota or Pod Security let it",
    ),
    "nothing known yet": (child(None, pod=False), Reason.PODS_PENDING, "Job penguins-1 has no pod yet"),
    "just being started": (child(waiting("ContainerCreating")), Reason.PODS_PENDING, "pod penguins-1-0-abcde is being started"),
}


@pytest.mark.parametrize("case", CASES)
def test_why_a_pod_does_not_start(case: str) -> None:
    seen, reason, message = CASES[case]
    assert why_not_running(seen) == Cause(reason, message)


def test_an_image_that_appears_later_continues_by_itself() -> None:
    world = World(training_job())
    world.settle()
    world.pod_is("penguins-1", waiting("ErrImagePull", "not found"))
    assert world.settle().requeue_after == 10
    assert world.condition("Running") == (
        "False",
        "ImagePullFailed",
        "Image registry.test/jobs:1 can't be pulled: not found; check that the image exists and that the node may pull it.",
    )
    assert ("Warning", "ImagePullFailed") in world.told()
    world.pod_runs("penguins-1")
    world.settle()
    assert world.condition("Running") == ("True", "PodsReady", "Attempt 1: pod penguins-1-0-abcde runs on node node-1.")
    assert world.job_names() == ["penguins-1"]


def test_events_of_a_rejected_pod_are_about_its_job() -> None:
    world = World(training_job())
    world.pod_events_by_uid["uid-of-penguins-1"] = [{"reason": "FailedCreate", "note": "violates PodSecurity"}]
    world.settle()
    running = world.condition("Running")
    assert running is not None
    assert running[:2] == ("False", "PodRejected")
