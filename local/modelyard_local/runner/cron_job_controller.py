"""What a CronJob needs: the Job of the newest time that was due, and not too many old ones.

Follows the CronJob controller of Kubernetes for ``concurrencyPolicy: Forbid`` in UTC
(https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/).
"""

import copy
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cronsim import CronSim
from modelyard_api.timestamps import from_timestamp, to_timestamp
from modelyard_operator.kube.interface import JOB, Object
from modelyard_operator.ownership import owner_reference

from modelyard_local.runner import pods
from modelyard_local.runner.decision import Decision, find
from modelyard_local.runner.job_controller import is_finished

SCHEDULED_ANNOTATION = "batch.kubernetes.io/cronjob-scheduled-timestamp"
_DEFAULT_SUCCESSFUL_KEPT, _DEFAULT_FAILED_KEPT = 3, 1


def decide_cron_job(cron_job: Object, jobs: Sequence[Object], now: datetime) -> Decision:
    """``jobs`` are those that the CronJob controls."""
    if pods.is_deleting(cron_job):
        return Decision()
    active = [job for job in jobs if not is_finished(job)]
    moment = None if cron_job["spec"].get("suspend") or active else _due(cron_job, jobs, now)
    create = (_job(cron_job, moment),) if moment else ()
    return Decision(create=create, status=_status(cron_job, jobs, active, moment), delete=_too_old(cron_job, jobs))


def _due(cron_job: Object, jobs: Sequence[Object], now: datetime) -> datetime | None:
    """The newest time that has passed, has no Job yet and is not too long ago."""
    spec, status = cron_job["spec"], cron_job.get("status", {})
    done = [(job["metadata"].get("annotations") or {}).get(SCHEDULED_ANNOTATION) for job in jobs]
    last = max(from_timestamp(text) for text in (cron_job["metadata"]["creationTimestamp"], status.get("lastScheduleTime"), *done) if text)
    earliest = max(last, now - timedelta(seconds=spec["startingDeadlineSeconds"]))
    newest = None
    for moment in CronSim(spec["schedule"], earliest.astimezone(UTC)):
        if moment > now:
            break
        newest = moment
    return newest


def _job(cron_job: Object, moment: datetime) -> Object:
    template = cron_job["spec"]["jobTemplate"]
    given, name = template.get("metadata") or {}, cron_job["metadata"]["name"]
    return {
        "apiVersion": JOB.api_version,
        "kind": JOB.name,
        "metadata": {
            "name": f"{name}-{int(moment.timestamp()) // 60}",  # as Kubernetes does: never two Jobs for one time
            "namespace": cron_job["metadata"]["namespace"],
            "labels": dict(given.get("labels") or {}),
            "annotations": {**(given.get("annotations") or {}), SCHEDULED_ANNOTATION: to_timestamp(moment)},
            "ownerReferences": [owner_reference(cron_job)],
        },
        "spec": copy.deepcopy(template["spec"]),
    }


def _status(cron_job: Object, jobs: Sequence[Object], active: Sequence[Object], moment: datetime | None) -> Object:
    before = cron_job.get("status", {})
    ends = [str(job["status"]["completionTime"]) for job in jobs if pods.has_condition(job, "Complete")]
    found = {
        "lastScheduleTime": to_timestamp(moment) if moment else before.get("lastScheduleTime"),
        "lastSuccessfulTime": max([*ends, before.get("lastSuccessfulTime") or ""]),
        "active": [_reference(job) for job in active],
    }
    return {key: value for key, value in found.items() if value}


def _reference(job: Object) -> Object:
    metadata = job["metadata"]
    named = {key: metadata[key] for key in ("namespace", "name", "uid")}
    return {"apiVersion": JOB.api_version, "kind": JOB.name, **named}


def _too_old(cron_job: Object, jobs: Sequence[Object]) -> tuple[Object, ...]:
    spec = cron_job["spec"]
    limits = {
        "Complete": int(spec.get("successfulJobsHistoryLimit", _DEFAULT_SUCCESSFUL_KEPT)),
        "Failed": int(spec.get("failedJobsHistoryLimit", _DEFAULT_FAILED_KEPT)),
    }
    going: list[Object] = []
    for condition_type, kept in limits.items():
        finished = [job for job in jobs if pods.has_condition(job, condition_type) and not pods.is_deleting(job)]
        finished.sort(key=lambda job, kind=condition_type: (_since(job, kind), job["metadata"]["name"]))  # type: ignore[misc]
        going += finished[: max(0, len(finished) - kept)]
    return tuple(going)


def _since(job: Object, condition_type: str) -> str:
    found = find(job["status"]["conditions"], condition_type)
    return str(found["lastTransitionTime"]) if found else ""
