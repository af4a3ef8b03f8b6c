"""The CronJob that runs the monitor of one ModelDeployment, and its runs: Jobs, and the last words of their pods."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from modelyard_api import labels
from modelyard_api.model_deployment import Monitoring
from modelyard_api.pod_contract import MonitorRequest, MonitorResult
from modelyard_api.timestamps import from_timestamp
from modelyard_api.workers import Resources
from pydantic import ValidationError

from modelyard_operator.kube.interface import Object
from modelyard_operator.ownership import child_metadata
from modelyard_operator.pod_template import Images, MountedSecret, pod_spec, restricted_container
from modelyard_operator.pods.causes import last_words, trouble
from modelyard_operator.pods.facts import container_status

# The monitor works on a bounded sample, so its need doesn't grow with traffic.
RESOURCES = Resources(requests={"cpu": "100m", "memory": "512Mi"})
FAILED_RUNS_KEPT = 3  # that many failures in a row make the monitor stale, so that many are to be seen
_SUCCESSFUL_RUNS_KEPT = 2
_STARTING_DEADLINE_SECONDS = 120  # a run that starts later than this is skipped: the next one sees the same data
_RUN_DEADLINE_SECONDS = 900


def monitor_cron_job(owner: Object, model: str, monitoring: Monitoring, version: str, images: Images, *, suspend: bool) -> Object:
    """``<name>-monitor``; it judges the traffic that ``version`` answered."""
    name = owner["metadata"]["name"]
    component = {labels.COMPONENT_LABEL: "monitoring", labels.MODEL_DEPLOYMENT_LABEL: name}
    pod_labels = {labels.MANAGED_BY_LABEL: labels.MANAGED_BY, **component}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": child_metadata(owner, f"{name}-monitor", component),
        "spec": {
            "schedule": monitoring.schedule,
            "timeZone": "Etc/UTC",
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": _STARTING_DEADLINE_SECONDS,
            "successfulJobsHistoryLimit": _SUCCESSFUL_RUNS_KEPT,
            "failedJobsHistoryLimit": FAILED_RUNS_KEPT,
            "suspend": suspend,
            "jobTemplate": {
                "metadata": {"labels": pod_labels},
                "spec": {
                    "backoffLimit": 0,  # the next run is the retry
                    "activeDeadlineSeconds": _RUN_DEADLINE_SECONDS,
                    "template": {"metadata": {"labels": pod_labels}, "spec": _pod(owner, model, monitoring, version, images)},
                },
            },
        },
    }


def _pod(owner: Object, model: str, monitoring: Monitoring, version: str, images: Images) -> Object:
    metadata = owner["metadata"]
    request = MonitorRequest(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        model=model,
        version=version,
        monitoring=monitoring,
    )
    secrets = _alert_secrets(monitoring)
    container = restricted_container("monitor", images.monitoring, ["modelyard-job", "monitor"], request, RESOURCES, secrets)
    return pod_spec(container, images, restart_policy="Never", grace_period_seconds=30, secrets=secrets)


def _alert_secrets(monitoring: Monitoring) -> list[MountedSecret]:
    """Not required: drift is measured also while no alert can be sent, and the result says that the alert wasn't delivered."""
    sources = monitoring.alert.notify or []
    return [
        MountedSecret(source.secret_ref.name, f"alert-{i}", f"{labels.ALERT_SECRETS_DIRECTORY}/{i}") for i, source in enumerate(sources)
    ]


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
        result = MonitorResult.model_validate_json(str(ended[0].get("message", "")), extra="ignore")  # a newer image may say more
    except ValidationError as error:
        fields = ", ".join(sorted({".".join(map(str, e["loc"])) or "the text" for e in error.errors()}))
        return MonitorRun(name, "Failed", finished, problem=f"Its termination message is no monitoring result ({fields}); check the image.")
    return MonitorRun(name, "Succeeded", finished, result)


def _moment(condition: Object) -> datetime:
    return from_timestamp(str(condition["lastTransitionTime"]))
