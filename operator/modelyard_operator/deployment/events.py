"""Events of a ModelDeployment: one per change, by comparing the status as stored with the status as it will be."""

from collections.abc import Iterator

from modelyard_api.conditions import DeploymentCondition, Reason
from modelyard_api.status import ModelDeploymentStatus

from modelyard_operator.conditions import find
from modelyard_operator.deployment.monitoring import newest_result
from modelyard_operator.deployment.observed import Observed
from modelyard_operator.plan import Notice

_PROGRESS_TYPES = {
    Reason.ROLLING_OUT: "Normal",
    Reason.ROLLED_OUT: "Normal",
    Reason.REGISTRY_UNAVAILABLE: "Warning",
    Reason.ROLLOUT_STALLED: "Warning",
    Reason.NAME_CONFLICT: "Warning",
    Reason.INVALID_SPEC: "Warning",
    Reason.MODEL_NOT_FOUND: "Warning",
    Reason.ALIAS_NOT_FOUND: "Warning",
    Reason.VERSION_NOT_FOUND: "Warning",
}
# condition -> Event when it becomes true, Event when it becomes false again
_EPISODES = {
    DeploymentCondition.DRIFTED: ("DriftDetected", "DriftCleared"),
    DeploymentCondition.DATA_QUALITY_DEGRADED: ("DataQualityDegraded", "DataQualityRecovered"),
    DeploymentCondition.QUALITY_DEGRADED: ("QualityDegraded", "QualityRecovered"),
    DeploymentCondition.MONITOR_STALE: ("MonitorStale", "MonitorRecovered"),
}


def notices(observed: Observed, after: ModelDeploymentStatus) -> tuple[Notice, ...]:
    """What to tell whoever reads ``kubectl describe``."""
    before = observed.status
    return (*_progress(before, after), *_switch(before, after), *_episodes(before, after), *_undelivered(observed, after))


def _progress(before: ModelDeploymentStatus, after: ModelDeploymentStatus) -> Iterator[Notice]:
    old, new = (find(status.conditions, DeploymentCondition.PROGRESSING) for status in (before, after))
    if new is None or (old is not None and old.reason == new.reason):
        return
    kind = _PROGRESS_TYPES.get(Reason(new.reason), "Warning")
    yield Notice("Normal" if kind == "Normal" else "Warning", new.reason, new.message)


def _switch(before: ModelDeploymentStatus, after: ModelDeploymentStatus) -> Iterator[Notice]:
    if after.history[-1:] == before.history[-1:] or not after.history:
        return
    record = after.history[-1]
    previous = f" instead of version {record.from_version}" if record.from_version else ""
    why = f": {record.why}" if record.why else ""
    yield Notice("Normal", "VersionAnswers", f"Version {record.to_version} answers{previous}{why}.")


def _episodes(before: ModelDeploymentStatus, after: ModelDeploymentStatus) -> Iterator[Notice]:
    for condition_type, (begins, ends) in _EPISODES.items():
        old, new = find(before.conditions, condition_type), find(after.conditions, condition_type)
        if new is None:
            continue
        was = old is not None and old.status == "True"
        if new.status == "True" and not was:
            yield Notice("Warning", begins, new.message)
        if new.status == "False" and was:
            yield Notice("Normal", ends, new.message)


def _undelivered(observed: Observed, after: ModelDeploymentStatus) -> Iterator[Notice]:
    new = newest_result(observed, after.monitoring.version) if after.monitoring else None
    if new and new[1].alert_problem:
        yield Notice("Warning", "AlertNotDelivered", new[1].alert_problem)
