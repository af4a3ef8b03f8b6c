"""What a failed pod means for its Job: the pod failure policy, the number of retries, the deadline.

https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy; the words are the Job controller's.
"""

from datetime import datetime, timedelta

from modelyard_operator.kube.interface import Object
from modelyard_operator.timestamps import from_timestamp

from modelyard_local.runner import pods

Verdict = tuple[str, str]  # reason and message of the condition
_DEFAULT_RETRIES = 6


def action(job: Object, pod: Object) -> tuple[str, str]:
    """``FailJob``, ``Ignore`` or ``Count`` by the first rule that matches, and why."""
    rules = (job["spec"].get("podFailurePolicy") or {}).get("rules", ())
    for number, rule in enumerate(rules):
        if words := _by_exit_code(rule, pod) or _by_condition(rule, pod):
            return rule["action"], f"{words} matching {rule['action']} rule at index {number}"
    return "Count", ""


def limits_exceeded(job: Object, failed: int, now: datetime) -> Verdict | None:
    """Of retries, and of time."""
    if failed > int(job["spec"].get("backoffLimit", _DEFAULT_RETRIES)):
        return "BackoffLimitExceeded", "Job has reached the specified backoff limit"
    deadline, since = job["spec"].get("activeDeadlineSeconds"), job.get("status", {}).get("startTime")
    if deadline and since and now >= from_timestamp(since) + timedelta(seconds=deadline):
        return "DeadlineExceeded", "Job was active longer than specified deadline"
    return None


def _by_exit_code(rule: Object, pod: Object) -> str:
    wanted, code = rule.get("onExitCodes"), pods.terminated(pod).get("exitCode", 0)
    name = pods.container_status(pod).get("name", "")
    if not wanted or code == 0 or wanted.get("containerName", name) != name:
        return ""
    if (code in wanted["values"]) != (wanted["operator"] == "In"):
        return ""
    return f"Container {name} for pod {_called(pod)} failed with exit code {code}"


def _by_condition(rule: Object, pod: Object) -> str:
    for wanted in rule.get("onPodConditions") or ():
        if pods.has_condition(pod, wanted["type"], wanted.get("status", "True")):
            return f"Pod {_called(pod)} has condition {wanted['type']}"
    return ""


def _called(pod: Object) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
