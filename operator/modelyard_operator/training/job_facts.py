"""What a Job and its pods tell: over or not, since when, and the last thing that the container said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from modelyard_api.pod_contract import PodError, TrainResult
from pydantic import Field, TypeAdapter, ValidationError

from modelyard_operator.kube.interface import Object
from modelyard_operator.timestamps import from_timestamp
from modelyard_operator.training.observed import Child

_MESSAGE: TypeAdapter[TrainResult | PodError] = TypeAdapter(Annotated[TrainResult | PodError, Field(discriminator="kind")])


@dataclass(frozen=True)
class Ended:
    """How a container ended."""

    exit_code: int
    reason: str  # the runtime's word: Completed, Error, OOMKilled, StartError, …
    message: str  # the termination message, or the runtime's complaint
    started: datetime | None
    finished: datetime | None


def condition(subject: Object, condition_type: str) -> Object | None:
    """The condition of that type, if it is True."""
    conditions: Sequence[Object] = subject.get("status", {}).get("conditions") or ()
    return next((one for one in conditions if one["type"] == condition_type and one["status"] == "True"), None)


def is_complete(job: Object) -> bool:
    """All its pods succeeded, and are gone or ended."""
    return condition(job, "Complete") is not None


def is_failed(job: Object) -> bool:
    """It has failed, and no pod of it runs any more."""
    return condition(job, "Failed") is not None


def is_active(job: Object) -> bool:
    """Neither complete nor failed."""
    return not is_complete(job) and not is_failed(job)


def is_disrupted(child: Child) -> bool:
    """Evicted, preempted or its node lost. The Job's condition remembers it after the pod is gone (see podFailurePolicy)."""
    failed = condition(child.job, "Failed") or condition(child.job, "FailureTarget") or {}
    remembered = failed.get("reason") == "PodFailurePolicy" and "DisruptionTarget" in failed.get("message", "")
    return remembered or any(condition(pod, "DisruptionTarget") for pod in child.pods)


def newest_pod(child: Child) -> Object | None:
    """The pod that was made last, leaving out those that are being deleted while there is another."""
    pods = sorted(child.pods, key=lambda pod: ("deletionTimestamp" not in pod["metadata"], pod["metadata"]["creationTimestamp"]))
    return pods[-1] if pods else None


def container_status(pod: Object) -> Object:
    """Status of the one container; empty while the kubelet hasn't said anything."""
    statuses = pod.get("status", {}).get("containerStatuses") or [{}]
    return dict(statuses[0])


def running_since(child: Child) -> datetime | None:
    """When the container that runs now was started."""
    pod = newest_pod(child)
    if pod is None or "deletionTimestamp" in pod["metadata"]:
        return None
    running = container_status(pod).get("state", {}).get("running") or {}
    return from_timestamp(running["startedAt"]) if running.get("startedAt") else None


def ended(child: Child) -> Ended | None:
    """How the newest pod's container ended; None while it runs, or when the pod is gone."""
    pod = newest_pod(child)
    state = container_status(pod).get("state", {}).get("terminated") if pod else None
    if not state:
        return None
    times = [from_timestamp(state[key]) if state.get(key) else None for key in ("startedAt", "finishedAt")]
    return Ended(int(state["exitCode"]), state.get("reason", ""), state.get("message", ""), *times)


def said(child: Child) -> TrainResult | PodError | None:
    """The termination message, if it is one of ours."""
    last = ended(child)
    try:
        return _MESSAGE.validate_json(last.message) if last else None
    except ValidationError:
        return None


def result_of(child: Child) -> TrainResult | None:
    """The result, if the termination message holds the whole of it; else it is read from the run."""
    message = said(child)
    return message if isinstance(message, TrainResult) and not message.evidence_left_out else None


def seconds_run(child: Child, now: datetime) -> float:
    """Running time of the newest pod's container so far. Without a pod: what the Job's own times say."""
    if since := running_since(child):
        return max(0.0, (now - since).total_seconds())
    if last := ended(child):
        return max(0.0, (last.finished - last.started).total_seconds()) if last.started and last.finished else 0.0
    over = condition(child.job, "Failed") or condition(child.job, "Complete")
    start = child.job.get("status", {}).get("startTime")
    if not (over and start and not child.pods):
        return 0.0
    return max(0.0, (from_timestamp(over["lastTransitionTime"]) - from_timestamp(start)).total_seconds())
