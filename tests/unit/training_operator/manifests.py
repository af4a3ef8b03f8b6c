"""TrainingJobs, and what their pods and Jobs tell, for tests."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from modelyard_api import labels
from modelyard_api.conditions import Reason
from modelyard_api.pod_contract import Evidence, MetricValue, PodError, TrainResult

START = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
NAMESPACE = "ml"
UID = "0b8ff9a4-6a09-4c2b-9a14-5c2f3f1f7a01"
BETTER = Evidence(got=0.31, low=0.24, high=0.37, rows=50)
WORSE = Evidence(got=-0.05, low=-0.09, high=-0.01, rows=50)


def at(seconds: float) -> datetime:
    """So many seconds after START."""
    return START + timedelta(seconds=seconds)


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def training_job(name: str = "penguins", uid: str = UID, annotations: Mapping[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    """The minimal TrainingJob; ``spec`` adds to it or replaces parts of it."""
    metadata: dict[str, Any] = {"name": name, "namespace": NAMESPACE, "uid": uid, "generation": 1, "resourceVersion": "1"}
    metadata["creationTimestamp"] = stamp(START)
    if annotations:
        metadata["annotations"] = dict(annotations)
    minimal = {"objective": {"target": "species"}, "data": {"source": {"uri": "s3://datasets/penguins.csv"}}}
    return {"apiVersion": "modelyard.io/v1alpha1", "kind": "TrainingJob", "metadata": metadata, "spec": minimal | spec}


def result(*evidence: Evidence, champion: str = "", model_id: str = "m-1", run_id: str = "run-1") -> TrainResult:
    """A pod's answer; by default the evidence holds for the default criteria."""
    return TrainResult(
        run_id=run_id,
        experiment_id="7",
        model_id=model_id,
        digest="sha256:0",
        champion_version=champion,
        metrics=[MetricValue(name="f1_macro", value=0.98), MetricValue(name="accuracy", value=0.985)],
        evidence=list(evidence) or [BETTER, BETTER if champion else Evidence(why="no champion yet")],
        resolved={"metric": "f1_macro", "task": "Classification", "architecture": "Linear"},
        warnings=["only 344 rows"],
    )


def complaint(reason: Reason = Reason.DATA_INVALID, message: str = "target column 'species' isn't in the data") -> PodError:
    return PodError(reason=reason, message=message)


def pod_of(job: Mapping[str, Any], state: Mapping[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    """The Job's pod with its container in ``state`` (as in containerStatuses)."""
    metadata = job["metadata"]
    container = job["spec"]["template"]["spec"]["containers"][0]
    pod: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{metadata['name']}-0-abcde",
            "namespace": metadata["namespace"],
            "uid": f"pod-of-{metadata['uid']}",
            "creationTimestamp": metadata["creationTimestamp"],
            "labels": dict(metadata["labels"]),
            "ownerReferences": [
                {"apiVersion": "batch/v1", "kind": "Job", "name": metadata["name"], "uid": metadata["uid"], "controller": True}
            ],
        },
        "spec": {"nodeName": "node-1", "containers": [{"name": container["name"], "image": container["image"]}]},
        "status": {"phase": "Pending", **status},
    }
    if state:
        pod["status"]["containerStatuses"] = [{"name": container["name"], "state": dict(state)}]
    return pod


def running(since: datetime) -> dict[str, Any]:
    return {"running": {"startedAt": stamp(since)}}


def terminated(
    exit_code: int, message: str = "", *, reason: str = "Error", since: datetime = START, until: datetime = START
) -> dict[str, Any]:
    return {
        "terminated": {"exitCode": exit_code, "reason": reason, "message": message, "startedAt": stamp(since), "finishedAt": stamp(until)}
    }


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"waiting": {"reason": reason, "message": message}}


def true_condition(condition_type: str, moment: datetime, reason: str = "", message: str = "") -> dict[str, Any]:
    return {"type": condition_type, "status": "True", "reason": reason, "message": message, "lastTransitionTime": stamp(moment)}


def attempt_job(number: int = 1, **status: Any) -> dict[str, Any]:
    """A Job of an attempt as the API server has it, as far as anybody here looks at it."""
    name = f"penguins-{number}"
    own_labels = {
        labels.MANAGED_BY_LABEL: labels.MANAGED_BY,
        labels.COMPONENT_LABEL: "training",
        labels.TRAINING_JOB_LABEL: "penguins",
        labels.ATTEMPT_LABEL: str(number),
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "uid": f"uid-of-{name}",
            "creationTimestamp": stamp(START),
            "labels": own_labels,
        },
        "spec": {"template": {"spec": {"containers": [{"name": "train", "image": "jobs:1", "resources": {}}]}}},
        "status": dict(status),
    }
