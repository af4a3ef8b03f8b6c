"""The runs of the monitor: Jobs of the CronJob, and what their pods said at the end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from modelyard_api.pod_contract import MonitorResult
from modelyard_api.timestamps import from_timestamp
from pydantic import ValidationError

from modelyard_operator.kube.interface import Object
from modelyard_operator.pods.causes import last_words, trouble
from modelyard_operator.pods.facts import container_status


@dataclass(frozen=True)
class MonitorRun:
    """One Job of the CronJob."""

    name: str
    outcome: Literal["Running", "Succeeded", "Failed"]
    finished: datetime | None = None  # None while it runs
    result: MonitorResult | None = None  # of a run that succeeded, while its pod is there
    problem: str = ""  # a sentence


def monitor_runs(jobs: Sequence[Object], pods_of: Callable[[Object], Sequence[Object]]) -> tuple[MonitorRun, ...]:
    """Finished runs in the order in which they finished, then those that still run."""
    runs = [_run(job, pods_of(job)) for job in jobs]
    finished = sorted((run for run in runs if run.finished), key=lambda run: (run.finished, run.name))
    return (*finished, *(run for run in runs if not run.finished))


def _run(job: Object, pods: Sequence[Object]) -> MonitorRun:
    name = str(job["metadata"]["name"])
    ended = [terminated for pod in pods if (terminated := container_status(pod).get("state", {}).get("terminated"))]
    conditions = {c["type"]: c for c in job.get("status", {}).get("conditions", ()) if c.get("status") == "True"}
    if failed := conditions.get("Failed"):
        problem = last_words(ended[0]) if ended else f"{failed.get('reason', 'Failed')}: {failed.get('message', '')}"
        return MonitorRun(name, "Failed", _moment(failed), problem=f"{problem.rstrip('.: ')}.")
    if complete := conditions.get("Complete"):
        return _succeeded(name, _moment(complete), ended)
    return MonitorRun(name, "Running", problem=trouble(pods))


def _succeeded(name: str, finished: datetime, ended: Sequence[Object]) -> MonitorRun:
    if not ended:  # its pod is gone, or the mirror of pods is behind that of Jobs
        return MonitorRun(name, "Succeeded", finished)
    try:
        result = MonitorResult.model_validate_json(str(ended[0].get("message", "")))
    except ValidationError as error:
        fields = ", ".join(sorted({".".join(map(str, e["loc"])) or "the text" for e in error.errors()}))
        return MonitorRun(name, "Failed", finished, problem=f"Its termination message is no monitoring result ({fields}); check the image.")
    return MonitorRun(name, "Succeeded", finished, result)


def _moment(condition: Object) -> datetime:
    return from_timestamp(str(condition["lastTransitionTime"]))
