"""Objects as the store has them, for the controllers' decisions."""

from datetime import UTC, datetime, timedelta
from typing import Any

from modelyard_api.timestamps import to_timestamp

Object = dict[str, Any]
NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def job(**spec: Any) -> Object:
    template = {
        "metadata": {"labels": {"app": "train"}},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "command": ["x"]}]},
    }
    return _stored("batch/v1", "Job", "train", {"completionMode": "Indexed", "backoffLimit": 0, "template": template, **spec})


def deployment(replicas: int = 2, command: str = "x") -> Object:
    container = {"name": "server", "command": [command], "ports": [{"containerPort": 8080}]}
    template = {"metadata": {"labels": {"app": "serve"}}, "spec": {"containers": [container]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "serve"}}, "progressDeadlineSeconds": 60, "template": template}
    return _stored("apps/v1", "Deployment", "serve", spec)


def cron_job(schedule: str = "*/5 * * * *", **spec: Any) -> Object:
    fields = {"schedule": schedule, "timeZone": "Etc/UTC", "concurrencyPolicy": "Forbid", "startingDeadlineSeconds": 120}
    body = _stored("batch/v1", "CronJob", "monitor", {**fields, "jobTemplate": {"spec": job()["spec"]}, **spec})
    body["metadata"]["creationTimestamp"] = to_timestamp(later(-3600))
    return body


def stored(body: Object, number: int, **status: Any) -> Object:
    """What a controller made, as the store gives it back."""
    metadata = {**body["metadata"], "uid": f"{body['metadata']['name']}-uid", "creationTimestamp": to_timestamp(later(number))}
    return {**body, "metadata": metadata, "status": status}


def ended(pod: Object, exit_code: int, *conditions: str, at: datetime = NOW) -> Object:
    """Its container has ended for good."""
    terminated = {"exitCode": exit_code, "reason": "Error" if exit_code else "Completed", "finishedAt": to_timestamp(at)}
    found = [{"type": each, "status": "True"} for each in conditions]
    statuses = [{"name": "main", "state": {"terminated": terminated}}]
    status = {"phase": "Failed" if exit_code else "Succeeded", "conditions": found, "containerStatuses": statuses}
    return {**pod, "status": status}


def ready(pod: Object) -> Object:
    running = {"running": {"startedAt": to_timestamp(NOW)}}
    conditions = [{"type": "Ready", "status": "True"}]
    return {**pod, "status": {"phase": "Running", "conditions": conditions, "containerStatuses": [{"name": "main", "state": running}]}}


def deleting(body: Object) -> Object:
    return {**body, "metadata": {**body["metadata"], "deletionTimestamp": to_timestamp(NOW)}}


def condition(subject: Object, condition_type: str) -> Object | None:
    conditions = subject.get("conditions") or subject.get("status", {}).get("conditions") or ()
    return next((each for each in conditions if each["type"] == condition_type), None)


def _stored(api_version: str, kind: str, name: str, spec: Object) -> Object:
    metadata = {"name": name, "namespace": "ml", "uid": f"{name}-uid", "generation": 1, "creationTimestamp": to_timestamp(NOW)}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}
