"""TrainingJobs, and what their pods and Jobs tell, for tests."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from modelyard_api import labels
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.conditions import Reason
from modelyard_api.objective import Bound
from modelyard_api.pod_contract import MetricValue, PodError, TrainResult
from modelyard_api.verdicts import ComparedWith, Evidence, VerdictReason

START = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
NAMESPACE = "ml"
UID = "0b8ff9a4-6a09-4c2b-9a14-5c2f3f1f7a01"


def measured(
    low: float | None,
    high: float | None,
    *,
    metric: Metric = Metric.F1_MACRO,
    bound: Bound = Bound.BETTER_THAN,
    opponent: ComparedWith | None = ComparedWith.BASELINE,
    **further: Any,
) -> Evidence:
    """Evidence with an interval, as a pod reports it; by default for the first default criterion."""
    value = None if low is None or high is None else round((low + high) / 2, 6)
    error = None if low is None or high is None else (high - low) / 3.92
    known = {"metric": metric, "bound": bound, "opponent": opponent, "value": value, "low": low, "high": high, "rows": 50}
    return Evidence.model_validate(known | {"standard_error": error} | further)


def against_champion(low: float | None, high: float | None, **further: Any) -> Evidence:
    """Evidence for the second default criterion."""
    return measured(low, high, **{"bound": Bound.NOT_WORSE_THAN, "opponent": ComparedWith.CHAMPION} | further)


BETTER = measured(0.24, 0.38)
WORSE = measured(-0.09, -0.01)
UNSURE = measured(-0.01, 0.05)
AS_GOOD = against_champion(-0.004, 0.02)
NOT_AS_GOOD = against_champion(-0.09, -0.02)
PERHAPS_AS_GOOD = against_champion(-0.03, 0.03)
NO_CHAMPION = against_champion(None, None, reason=VerdictReason.NO_CHAMPION)


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


def result(*evidence: Evidence, champion: str = "", model_id: str = "m-1", run_id: str = "run-1", **further: Any) -> TrainResult:
    """A pod's answer; by default the evidence holds for the default criteria."""
    return TrainResult(
        run_id=run_id,
        experiment_id="7",
        model_id=model_id,
        digest="sha256:0",
        champion_version=champion,
        metrics=[MetricValue(name="f1_macro", value=0.98), MetricValue(name="accuracy", value=0.985)],
        evidence=list(evidence) or [BETTER, AS_GOOD if champion else NO_CHAMPION],
        metric=Metric.F1_MACRO,
        resolved={"metric": "f1_macro", "task": "Classification", "architecture": "Linear"},
        warnings=["only 344 rows"],
    ).model_copy(update=further)


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
