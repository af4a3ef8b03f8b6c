"""Why a pod isn't ready, from what the cluster says of it."""

import json
from typing import Any

import pytest
from modelyard_operator.pods.causes import trouble


def _pod(name: str = "p", created: str = "2026-01-31T12:00:00Z", **status: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "creationTimestamp": created}, "spec": {"containers": [{"image": "serving:1"}]}, "status": status}


def _container(**status: Any) -> dict[str, Any]:
    return {"containerStatuses": [{"ready": False, **status}]}


ERROR = json.dumps({"kind": "Error", "reason": "ConfigMissing", "message": "ConfigMap modelyard has no S3_BUCKET: add it."})

CASES = {
    "a pod that is ready has none": (_pod(containerStatuses=[{"ready": True, "state": {"running": {}}}]), ""),
    "a pod that is being created has none": (_pod(**_container(state={"waiting": {"reason": "ContainerCreating"}})), ""),
    "a pod that just runs has none": (_pod(**_container(state={"running": {}})), ""),
    "a pod of which nothing is known has none": (_pod(), ""),
    "a missing Secret is named": (
        _pod(**_container(state={"waiting": {"reason": "CreateContainerConfigError", "message": 'secret "modelyard" not found'}})),
        "Pod p: Secret modelyard doesn't exist in this namespace: create it, and the pod starts by itself.",
    ),
    "a missing image is named": (
        _pod(**_container(state={"waiting": {"reason": "ImagePullBackOff", "message": 'Back-off pulling image "x"'}})),
        'Pod p: image serving:1 can\'t be pulled: Back-off pulling image "x"; check that the image exists and that the node may pull it.',
    ),
    "a crash says what the container said last": (
        _pod(**_container(state={"waiting": {"reason": "CrashLoopBackOff"}}, lastState={"terminated": {"exitCode": 65, "message": ERROR}})),
        "Pod p: CrashLoopBackOff: ConfigMissing (exit code 65): ConfigMap modelyard has no S3_BUCKET: add it.",
    ),
    "a restarted container that isn't ready says why it ended before": (
        _pod(**_container(state={"running": {}}, lastState={"terminated": {"exitCode": 137, "reason": "OOMKilled"}})),
        "Pod p: OOMKilled (exit code 137).",
    ),
    "words that are no error of ours are shown by their last line": (
        _pod(**_container(state={"terminated": {"exitCode": 1, "reason": "Error", "message": "Traceback\nKeyError: 'x'"}})),
        "Pod p: Error (exit code 1): KeyError: 'x'.",
    ),
    "a pod that fits nowhere": (
        _pod(
            phase="Pending",
            conditions=[{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes: memory."}],
        ),
        "Pod p: no node takes the pod: 0/1 nodes: memory.",
    ),
    "a pod that was evicted": (
        _pod(phase="Failed", reason="Evicted", message="low on resource: memory"),
        "Pod p: Evicted: low on resource: memory.",
    ),
}


@pytest.mark.parametrize(("pod", "words"), CASES.values(), ids=CASES.keys())
def test_one_pod(pod: dict[str, Any], words: str) -> None:
    assert trouble([pod]) == words


def test_newest_pod_with_trouble_speaks() -> None:
    evicted = {"phase": "Failed", "reason": "Evicted", "message": "memory"}
    pods = [
        _pod("old", "2026-01-31T11:00:00Z", **evicted),
        _pod("newer", "2026-01-31T12:00:00Z", **evicted),
        _pod("newest", "2026-01-31T13:00:00Z", **_container(state={"running": {}})),
    ]
    assert trouble(pods) == "Pod newer: Evicted: memory."


def test_pod_that_is_being_deleted_does_not_count() -> None:
    pod = _pod(phase="Failed", reason="Evicted")
    pod["metadata"]["deletionTimestamp"] = "2026-01-31T12:00:00Z"
    assert trouble([pod]) == ""


def test_long_words_are_cut() -> None:
    pod = _pod(**_container(state={"waiting": {"reason": "CreateContainerError", "message": "x" * 5000}}))
    assert len(trouble([pod])) < 750
