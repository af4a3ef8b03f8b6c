"""What a Job and its pods tell: over or not, since when, and the last thing that a container said.

A Job may have several pods at a time, one per index (https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode). The
pod of the lowest index speaks for a Job that went well, the first one that failed for one that didn't.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from modelyard_api.pod_contract import PodError, TrainResult
from modelyard_api.timestamps import from_timestamp
from pydantic import Field, TypeAdapter, ValidationError

from modelyard_operator.kube.interface import Object

_MESSAGE: TypeAdapter[TrainResult | PodError] = TypeAdapter(Annotated[TrainResult | PodError, Field(discriminator="kind")])
INDEX_ANNOTATION = "batch.kubernetes.io/job-completion-index"


@dataclass(frozen=True)
class Child:
    """A Job and its pods; Events about both only while no pod runs."""

    job: Object
    pods: tuple[Object, ...] = ()
    events: tuple[Object, ...] = ()

    @property
    def name(self) -> str:
        """Name of the Job."""
        return str(self.job["metadata"]["name"])

    @property
    def uid(self) -> str:
        """UID of the Job."""
        return str(self.job["metadata"]["uid"])


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


def newest_by_index(child: Child) -> Mapping[int, Object]:
    """The pod of each index that was made last, leaving out those that are being deleted while there is another."""
    pods = sorted(child.pods, key=lambda pod: ("deletionTimestamp" not in pod["metadata"], pod["metadata"]["creationTimestamp"]))
    newest = {_index(pod): pod for pod in pods}
    return dict(sorted(newest.items()))


def newest_pod(child: Child) -> Object | None:
    """The newest pod of the lowest index that has one."""
    return next(iter(newest_by_index(child).values()), None)


def telling_pod(child: Child) -> Object | None:
    """The pod to look at while not all run: the first that neither runs nor has succeeded, else the lowest index's."""
    pods = newest_by_index(child).values()
    return next((pod for pod in pods if not started_at(pod) and not _succeeded(pod)), newest_pod(child))


def container_status(pod: Object) -> Object:
    """Status of the one container; empty while the kubelet hasn't said anything."""
    statuses = pod.get("status", {}).get("containerStatuses") or [{}]
    return dict(statuses[0])


def started_at(pod: Object) -> datetime | None:
    """When the container that runs now was started; None: it doesn't run, or its pod is going."""
    if "deletionTimestamp" in pod["metadata"]:
        return None
    running = container_status(pod).get("state", {}).get("running") or {}
    return from_timestamp(running["startedAt"]) if running.get("startedAt") else None


def running_since(child: Child) -> datetime | None:
    """When the last of the Job's pods was started, once all run that have to."""
    starts = [started_at(pod) for pod in newest_by_index(child).values()]
    times = [time for time in starts if time is not None]
    wanted = int(child.job.get("spec", {}).get("parallelism", 1))
    return max(times) if times and len(times) == len(starts) >= wanted else None


def ended(child: Child) -> Ended | None:
    """How it ended: the first container that failed, else that of the lowest index; None while it runs, or when its pod is gone."""
    ends = [_end(pod) for pod in newest_by_index(child).values()]
    failed = next((end for end in ends if end is not None and end.exit_code), None)
    return failed or next(iter(ends), None)


def said(child: Child) -> TrainResult | PodError | None:
    """The termination message, if it is one of ours."""
    last = ended(child)
    try:
        return _MESSAGE.validate_json(last.message, extra="ignore") if last else None  # a newer image may say more
    except ValidationError:
        return None


def result_of(child: Child) -> TrainResult | None:
    """The result, if the termination message holds the whole of it; else it is read from the run."""
    message = said(child)
    return message if isinstance(message, TrainResult) and not message.evidence_left_out else None


def seconds_run(child: Child, now: datetime) -> float:
    """Running time so far. Without a pod: what the Job's own times say."""
    if since := running_since(child):
        return max(0.0, (now - since).total_seconds())
    if last := ended(child):
        return max(0.0, (last.finished - last.started).total_seconds()) if last.started and last.finished else 0.0
    over = condition(child.job, "Failed") or condition(child.job, "Complete")
    start = child.job.get("status", {}).get("startTime")
    if not (over and start and not child.pods):
        return 0.0
    return max(0.0, (from_timestamp(over["lastTransitionTime"]) - from_timestamp(start)).total_seconds())


def _index(pod: Object) -> int:
    written = str((pod["metadata"].get("annotations") or {}).get(INDEX_ANNOTATION, "0"))
    return int(written) if written.isdigit() else 0


def _succeeded(pod: Object) -> bool:
    end = _end(pod)
    return end is not None and end.exit_code == 0


def _end(pod: Object) -> Ended | None:
    state = container_status(pod).get("state", {}).get("terminated")
    if not state:
        return None
    times = [from_timestamp(state[key]) if state.get(key) else None for key in ("startedAt", "finishedAt")]
    return Ended(int(state["exitCode"]), state.get("reason", ""), state.get("message", ""), *times)
