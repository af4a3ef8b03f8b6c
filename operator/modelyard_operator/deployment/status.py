"""The whole status of a ModelDeployment, computed in one place, and an Event for every change that it tells."""

from collections.abc import Iterator
from datetime import datetime

from modelyard_api.catalogue.checks import CHECKS
from modelyard_api.conditions import Condition, ConditionStatus, DeploymentCondition, Reason
from modelyard_api.resource_status import ModelDeploymentStatus, PromotionRecord, ServedVersion

from modelyard_operator.conditions import ConditionUpdate, find, to_conditions
from modelyard_operator.deployment.monitoring import monitoring_status, monitoring_updates, newest_result
from modelyard_operator.deployment.observed import Observed, Workload
from modelyard_operator.deployment.rollout import Rollout
from modelyard_operator.plan import Event

_VERSIONS = 8
_WAITING_FOR_A_MODEL = frozenset(
    {
        Reason.MODEL_NOT_FOUND,
        Reason.ALIAS_NOT_FOUND,
        Reason.VERSION_NOT_FOUND,
        Reason.VERSION_NOT_ACCEPTED,
        Reason.NAME_TAKEN,
        Reason.REGISTRY_UNAVAILABLE,
        Reason.OPERATOR_TOO_OLD,
    }
)
_AS_ASKED = frozenset({Reason.ROLLED_OUT, Reason.ROLLING_OUT, Reason.REGISTRY_UNAVAILABLE, Reason.SCALED_TO_ZERO})
_PROGRESS_TYPES = {
    Reason.ROLLING_OUT: "Normal",
    Reason.ROLLED_OUT: "Normal",
    Reason.REGISTRY_UNAVAILABLE: "Warning",
    Reason.ROLLOUT_STALLED: "Warning",
    Reason.NAME_CONFLICT: "Warning",
    Reason.INVALID_SPEC: "Warning",
    Reason.OPERATOR_TOO_OLD: "Warning",
    Reason.CHILD_FAILED: "Warning",
    Reason.MODEL_NOT_FOUND: "Warning",
    Reason.ALIAS_NOT_FOUND: "Warning",
    Reason.VERSION_NOT_FOUND: "Warning",
    Reason.VERSION_NOT_ACCEPTED: "Warning",
    Reason.NAME_TAKEN: "Warning",
}
_STALE = (DeploymentCondition.MONITOR_STALE, "MonitorStale", "MonitorRecovered")


def next_status(observed: Observed, rollout: Rollout, history: list[PromotionRecord], url: str, now: datetime) -> ModelDeploymentStatus:
    """What was observed and decided, with the history as it will be; ``url`` is that of the stable Service."""
    updates = [_available(observed, rollout), _progressing(observed, rollout)]
    monitoring = observed.spec.monitoring if observed.spec else None
    if monitoring:
        updates += monitoring_updates(observed, monitoring, rollout.serving)
    conditions = to_conditions(observed.status.conditions, updates, observed.generation, now)
    return ModelDeploymentStatus(
        observed_generation=observed.generation,
        conditions=conditions,
        state=_state(conditions, observed, rollout, has_answered=bool(history)),
        version=history[-1].to_version if history else "",
        url=url,
        versions=_versions(observed, rollout),
        history=history,
        monitoring=monitoring_status(observed, monitoring, rollout.serving) if monitoring else None,
    )


def _available(observed: Observed, rollout: Rollout) -> ConditionUpdate:
    serving = observed.workloads.get(rollout.serving)
    if not rollout.serving:
        problem = observed.resolution.problem or Reason.PENDING
        return ConditionUpdate(DeploymentCondition.AVAILABLE, "False", problem, observed.resolution.message)
    if observed.spec and observed.spec.replicas == 0:
        return ConditionUpdate(DeploymentCondition.AVAILABLE, "False", Reason.SCALED_TO_ZERO, "Nothing is served: spec.replicas is 0.")
    trouble = f" {serving.trouble}" if serving and serving.trouble and not serving.is_complete else ""
    if serving and serving.ready:
        words = f"Version {rollout.serving} is served: {_ready(serving, observed)}.{trouble}"
        return ConditionUpdate(DeploymentCondition.AVAILABLE, "True", Reason.MINIMUM_REPLICAS_AVAILABLE, words)
    words = f"No pod of version {rollout.serving} is ready.{trouble}"
    return ConditionUpdate(DeploymentCondition.AVAILABLE, "False", Reason.MINIMUM_REPLICAS_UNAVAILABLE, words)


def _progressing(observed: Observed, rollout: Rollout) -> ConditionUpdate:
    """The first that applies: can't be carried out, can't be resolved, stalled, under way, done."""
    blocked = _blocked(observed, rollout)
    return blocked or _of_rollout(observed, rollout)


def _blocked(observed: Observed, rollout: Rollout) -> ConditionUpdate | None:
    if observed.problem:
        return ConditionUpdate(DeploymentCondition.PROGRESSING, "False", observed.problem.reason, observed.problem.message)
    resolution = observed.resolution
    if resolution.problem is None:
        return None
    meanwhile = f" Meanwhile version {rollout.serving} stays." if rollout.serving else ""
    status: ConditionStatus = "Unknown" if resolution.problem is Reason.REGISTRY_UNAVAILABLE else "False"
    return ConditionUpdate(DeploymentCondition.PROGRESSING, status, resolution.problem, f"{resolution.message}{meanwhile}")


def _of_rollout(observed: Observed, rollout: Rollout) -> ConditionUpdate:
    target = observed.workloads.get(rollout.target) or Workload(rollout.target)
    other = rollout.serving if rollout.serving != rollout.target else ""
    meanwhile = f" Version {other} is served meanwhile." if other else ""
    trouble = f" {target.trouble}" if target.trouble else ""
    if target.is_stalled:
        words = f"Version {rollout.target} did not become ready in time: {_ready(target, observed)}.{trouble}{meanwhile}"
        return ConditionUpdate(DeploymentCondition.PROGRESSING, "False", Reason.ROLLOUT_STALLED, words)
    if other or target.is_rolling:
        verb = "gets new pods" if rollout.target == observed.status.version else "is starting"
        words = f"Version {rollout.target} {verb}: {_ready(target, observed)}.{trouble}{meanwhile}"
        return ConditionUpdate(DeploymentCondition.PROGRESSING, "True", Reason.ROLLING_OUT, words)
    return ConditionUpdate(DeploymentCondition.PROGRESSING, "False", Reason.ROLLED_OUT, f"Version {rollout.target} is rolled out.")


def _ready(workload: Workload, observed: Observed) -> str:
    """Of the pods that the spec asks for: the Deployment may not exist yet, or still be scaling down."""
    wanted = observed.spec.replicas if observed.spec else workload.wanted
    pods = "pod is" if wanted == 1 else "pods are"
    return f"{min(workload.ready, wanted)} of {wanted} {pods} ready"


def _versions(observed: Observed, rollout: Rollout) -> list[ServedVersion]:
    """Those that have a Deployment and keep it: first the served one."""
    kept = (*rollout.running, *rollout.draining)
    served = []
    for version in kept[:_VERSIONS]:
        workload = observed.workloads.get(version)
        if workload and workload.deployment:
            role = "Stable" if version == rollout.serving else "Next" if version == rollout.target else "Retiring"
            digest = observed.digest_of(version)
            served.append(ServedVersion(version=version, role=role, ready_replicas=workload.ready, replicas=workload.wanted, digest=digest))
    return served


def _state(conditions: list[Condition], observed: Observed, rollout: Rollout, *, has_answered: bool) -> str:
    """One word for ``kubectl get``."""
    available, progressing = find(conditions, DeploymentCondition.AVAILABLE), find(conditions, DeploymentCondition.PROGRESSING)
    assert available is not None
    assert progressing is not None
    if observed.spec is None or observed.problem:
        return "Degraded" if available.status == "True" else "Failed"
    if available.status == "True":
        return _state_while_available(progressing, observed.workloads[rollout.serving])
    if available.reason == Reason.SCALED_TO_ZERO:
        return "ScaledToZero"
    if available.reason in _WAITING_FOR_A_MODEL:
        return "Pending"
    if progressing.reason == Reason.ROLLOUT_STALLED:
        return "Failed"
    return "Degraded" if has_answered else "Progressing"


def _state_while_available(progressing: Condition, serving: Workload) -> str:
    if progressing.reason not in _AS_ASKED:
        return "Degraded"
    if progressing.status == "True":
        return "Progressing"
    return "Available" if serving.ready >= serving.wanted else "Degraded"


def events_between(observed: Observed, after: ModelDeploymentStatus) -> tuple[Event, ...]:
    """What to tell whoever reads ``kubectl describe``."""
    before = observed.status
    return (*_progress(before, after), *_switch(before, after), *_episodes(before, after), *_undelivered(observed, after))


def _progress(before: ModelDeploymentStatus, after: ModelDeploymentStatus) -> Iterator[Event]:
    old, new = (find(status.conditions, DeploymentCondition.PROGRESSING) for status in (before, after))
    if new is None or (old is not None and old.reason == new.reason):
        return
    kind = _PROGRESS_TYPES.get(Reason(new.reason), "Warning")
    yield Event("Normal" if kind == "Normal" else "Warning", new.reason, new.message)


def _switch(before: ModelDeploymentStatus, after: ModelDeploymentStatus) -> Iterator[Event]:
    if after.history[-1:] == before.history[-1:] or not after.history:
        return
    record = after.history[-1]
    previous = f" instead of version {record.from_version}" if record.from_version else ""
    why = f": {record.why}" if record.why else ""
    yield Event("Normal", "VersionServed", f"Version {record.to_version} is served{previous}{why}.")


def _episodes(before: ModelDeploymentStatus, after: ModelDeploymentStatus) -> Iterator[Event]:
    """When a check becomes active, and when it is no longer; the same for the monitor as a whole."""
    for condition_type, began, ended in (*((spec.condition, spec.began, spec.ended) for spec in CHECKS.values()), _STALE):
        old, new = find(before.conditions, condition_type), find(after.conditions, condition_type)
        if new is None:
            continue
        was = old is not None and old.status == "True"
        if new.status == "True" and not was:
            yield Event("Warning", began, new.message)
        if new.status == "False" and was:
            yield Event("Normal", ended, new.message)


def _undelivered(observed: Observed, after: ModelDeploymentStatus) -> Iterator[Event]:
    new = newest_result(observed, after.monitoring.version) if after.monitoring else None
    if new and new[1].alert_problem:
        yield Event("Warning", "AlertNotDelivered", new[1].alert_problem)
