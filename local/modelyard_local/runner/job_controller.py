"""What a Job needs: pods for its indexes, and a status that says how far it is.

Follows the Job controller of Kubernetes (https://kubernetes.io/docs/concepts/workloads/controllers/job/) for the fields that
``executable_fields`` lets through. Differs in two things: pods that were stopped because the Job was suspended count as
nobody's failure, and ``status.countedPods`` says which pods are in ``failed`` (there, finalizers of each pod do).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from modelyard_api.timestamps import from_timestamp, to_timestamp
from modelyard_operator.kube.interface import Object
from modelyard_operator.pods.facts import INDEX_ANNOTATION

from modelyard_local.runner import pods
from modelyard_local.runner.decision import Decision, find, with_condition

Verdict = tuple[str, str]  # reason and message of the condition
_DEFAULT_RETRIES = 6
_FIRST_RETRY_SECONDS, _LAST_RETRY_SECONDS = 10, 600


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


def to_ranges(indexes: Iterable[int]) -> str:
    """Two in a row are written ``1,2``, more ``1-3``."""
    runs: list[list[int]] = []
    for index in sorted(indexes):
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs)


def from_ranges(text: str) -> frozenset[int]:
    """What ``to_ranges`` wrote."""
    bounds = [[int(bound) for bound in part.split("-")] for part in text.split(",") if part]
    return frozenset(index for each in bounds for index in range(each[0], each[-1] + 1))


@dataclass(frozen=True)
class Tally:
    """What the pods so far have come to."""

    completed: frozenset[int]
    failed: int
    counted: frozenset[str]  # UIDs of pods whose end is accounted for
    verdict: Verdict | None  # the pod failure policy's


def decide_job(job: Object, own_pods: Sequence[Object], now: datetime) -> Decision:
    """``own_pods`` are those that the Job controls."""
    if pods.is_deleting(job):
        return Decision()
    active = [pod for pod in own_pods if not pods.is_terminal(pod)]
    to_stop = tuple(pod for pod in active if not pods.is_deleting(pod))
    if is_finished(job):
        return Decision(delete=to_stop)
    tally = _tally(job, own_pods)
    verdict = _standing_verdict(job) or tally.verdict or limits_exceeded(job, tally.failed, now)
    if verdict is not None:
        failing = [("FailureTarget", *verdict), *([] if active else [("Failed", *verdict)])]
        return Decision(status=_status(job, own_pods, tally, failing, now), delete=to_stop)
    if len(tally.completed) >= _completions(job):
        return Decision(status=_completed(job, own_pods, tally, now), delete=to_stop)
    if job["spec"].get("suspend"):
        return Decision(status=_suspended(job, own_pods, tally, now), delete=to_stop)
    create = tuple(_missing_pods(job, own_pods, tally, now))
    resumed = [("Suspended", "JobResumed", "Job resumed")] if _condition(job, "Suspended") else []
    return Decision(create=create, status=_status(job, own_pods, tally, resumed, now, is_running=True))


def is_finished(job: Object) -> bool:
    """Complete or failed, and no pod of it runs."""
    return pods.has_condition(job, "Complete") or pods.has_condition(job, "Failed")


def is_accounted_for(job: Object, pod: Object) -> bool:
    """Whether the Job's status remembers how the pod ended, so that the pod may go."""
    status = job.get("status", {})
    if is_finished(job) or pods.is_deleting(job) or pods.uid(pod) in status.get("countedPods", ()):
        return True
    return pods.phase(pod) == "Succeeded" and index_of(pod) in from_ranges(status.get("completedIndexes", ""))


def index_of(pod: Object) -> int:
    """Which of the Job's completions the pod works on."""
    return int((pod["metadata"].get("annotations") or {}).get(INDEX_ANNOTATION, 0))


def _completions(job: Object) -> int:
    return int(job["spec"].get("completions", job["spec"].get("parallelism", 1)))


def _tally(job: Object, own_pods: Sequence[Object]) -> Tally:
    status = job.get("status", {})
    completed = set(from_ranges(status.get("completedIndexes", "")))
    counted = set(status.get("countedPods", ())) & {pods.uid(pod) for pod in own_pods}
    failed, verdict = int(status.get("failed", 0)), None
    for pod in filter(pods.is_terminal, own_pods):
        if pods.phase(pod) == "Succeeded":
            completed.add(index_of(pod))
        elif pods.uid(pod) not in counted:
            what, words = action(job, pod)
            verdict = verdict or (("PodFailurePolicy", words) if what == "FailJob" else None)
            failed += what != "Ignore"
            counted.add(pods.uid(pod))
    return Tally(frozenset(completed), failed, frozenset(counted), verdict)


def _standing_verdict(job: Object) -> Verdict | None:
    found = _condition(job, "FailureTarget")
    return (found["reason"], found["message"]) if found and found["status"] == "True" else None


def _completed(job: Object, own_pods: Sequence[Object], tally: Tally, now: datetime) -> Object:
    words = ("CompletionsReached", "Reached expected number of succeeded pods")
    is_over = all(map(pods.is_terminal, own_pods))
    status = _status(job, own_pods, tally, [("SuccessCriteriaMet", *words), *([("Complete", *words)] if is_over else [])], now)
    return {**status, "completionTime": to_timestamp(now)} if is_over else status


def _suspended(job: Object, own_pods: Sequence[Object], tally: Tally, now: datetime) -> Object:
    stopped = {pods.uid(pod) for pod in own_pods if not pods.is_terminal(pod)}
    spared = Tally(tally.completed, tally.failed, tally.counted | stopped, None)
    status = _status(job, own_pods, spared, [("Suspended", "JobSuspended", "Job suspended")], now)
    return {key: value for key, value in status.items() if key != "startTime"}


def _status(
    job: Object, own_pods: Sequence[Object], tally: Tally, found: Sequence[tuple[str, str, str]], now: datetime, *, is_running: bool = False
) -> Object:
    before = job.get("status", {})
    running = [pod for pod in own_pods if not pods.is_terminal(pod)]
    conditions: list[Object] = list(before.get("conditions") or ())
    for kind, reason, message in found:
        value = "False" if reason == "JobResumed" else "True"
        conditions = with_condition(conditions, {"type": kind, "status": value, "reason": reason, "message": message}, now)
    started = before.get("startTime") or (to_timestamp(now) if is_running else None)
    return {
        **({"startTime": started} if started else {}),
        **({"conditions": conditions} if conditions else {}),
        "active": sum(not pods.is_deleting(pod) for pod in running),
        "ready": sum(map(pods.is_ready, running)),
        "terminating": sum(map(pods.is_deleting, running)),
        "succeeded": len(tally.completed),
        "failed": tally.failed,
        "completedIndexes": to_ranges(tally.completed),
        "countedPods": sorted(tally.counted),
    }


def _missing_pods(job: Object, own_pods: Sequence[Object], tally: Tally, now: datetime) -> Iterator[Object]:
    """As many as may run at once. An index whose pod still ends is not free (podReplacementPolicy: Failed)."""
    active = {index_of(pod) for pod in own_pods if not pods.is_terminal(pod)}
    free = [index for index in range(_completions(job)) if index not in tally.completed | active]
    if now < _retry_at(job, own_pods, tally.failed):
        return
    name, template = job["metadata"]["name"], job["spec"]["template"]
    for index in free[: max(0, int(job["spec"].get("parallelism", 1)) - len(active))]:
        labels = {"batch.kubernetes.io/job-name": name, "batch.kubernetes.io/controller-uid": pods.uid(job)}
        pod_name = f"{name}-{index}-{pods.suffix(pods.uid(job), index, now.isoformat())}"
        yield pods.new_pod(job, template, pod_name, labels, {INDEX_ANNOTATION: str(index)})


def _retry_at(job: Object, own_pods: Sequence[Object], failed: int) -> datetime:
    """Later from one failure to the next. Pods that are nobody's failure (ignored, or stopped from outside) delay nothing."""
    ends = [
        from_timestamp(pods.terminated(pod)["finishedAt"])
        for pod in own_pods
        if pods.phase(pod) == "Failed" and not pods.is_deleting(pod) and pods.terminated(pod) and action(job, pod)[0] != "Ignore"
    ]
    if not ends or not failed:
        return from_timestamp(job["metadata"]["creationTimestamp"])
    delay: int = min(_FIRST_RETRY_SECONDS * 2 ** (failed - 1), _LAST_RETRY_SECONDS)
    return max(ends) + timedelta(seconds=delay)


def _condition(job: Object, condition_type: str) -> Object | None:
    return find(job.get("status", {}).get("conditions") or (), condition_type)
