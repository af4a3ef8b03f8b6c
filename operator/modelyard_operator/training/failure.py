"""Why an attempt failed, and whose fault it was: that decides whether it is tried again."""

from dataclasses import dataclass
from enum import Enum

from modelyard_api.conditions import Reason
from modelyard_api.pod_contract import ExitCode, PodError

from modelyard_operator.pods import facts
from modelyard_operator.pods.facts import Child, Ended

_MESSAGE_LIMIT = 1024  # ten attempts are kept in status


class Fault(Enum):
    """Who has to change something."""

    DISRUPTION = "the cluster took the pod away: tried again, free of charge"
    INPUT = "the manifest or the data are wrong: no retry helps"
    OTHER = "anything else: tried again as often as policy.retries says"


@dataclass(frozen=True)
class Failure:
    """One failed attempt."""

    fault: Fault
    reason: Reason | None  # None: nothing better than "it failed" is known
    message: str
    exit_code: int | None = None


def classify(child: Child) -> Failure:
    """The failure of a Job that has failed."""
    last = facts.ended(child)
    exit_code = last.exit_code if last else None
    if facts.is_disrupted(child):
        return Failure(Fault.DISRUPTION, None, _disruption(child), exit_code)
    if last and last.reason == "OOMKilled":
        return Failure(Fault.OTHER, Reason.OOM_KILLED, _out_of_memory(child), exit_code)
    said = facts.said(child)
    if isinstance(said, PodError):
        fault = Fault.INPUT if exit_code == ExitCode.INVALID else Fault.OTHER
        return Failure(fault, said.reason, said.message[:_MESSAGE_LIMIT], exit_code)
    return Failure(Fault.OTHER, None, _unexplained(child, last), exit_code)


def lost(job_name: str) -> Failure:
    """A recorded Job that is gone: somebody deleted it."""
    return Failure(Fault.OTHER, None, f"Job {job_name} is gone: it was deleted before it ended")


def without_result(child: Child) -> Failure:
    """It ended well, but neither its pod nor its run has a result."""
    message = f"Job {child.name} ended with exit code 0, but left no result: neither a termination message nor result.json on its run"
    return Failure(Fault.OTHER, Reason.RESULT_MISSING, message, 0)


def _disruption(child: Child) -> str:
    for pod in child.pods:
        if found := facts.condition(pod, "DisruptionTarget"):
            return f"pod {pod['metadata']['name']} was taken away ({found.get('reason', '')}): {found.get('message', '')}"[:_MESSAGE_LIMIT]
    return f"the pod of Job {child.name} was taken away (evicted, preempted, or its node was lost)"


def _out_of_memory(child: Child) -> str:
    container = child.job["spec"]["template"]["spec"]["containers"][0]
    limit = container.get("resources", {}).get("limits", {}).get("memory")
    had = f"more than its limit of {limit}" if limit else "more than its node had"
    return f"the container was killed because it used {had}: raise spec.workers.resources (limits.memory, requests.memory)"


def _unexplained(child: Child, last: Ended | None) -> str:
    if last:
        said = last.message.strip().splitlines()[-1:] or ["it left no message"]
        return f"the container ended with exit code {last.exit_code} ({last.reason or 'no reason'}): {said[0]}"[:_MESSAGE_LIMIT]
    failed = facts.condition(child.job, "Failed") or {}
    return f"Job {child.name} failed ({failed.get('reason', '')}): {failed.get('message', 'its pod is gone')}"[:_MESSAGE_LIMIT]
