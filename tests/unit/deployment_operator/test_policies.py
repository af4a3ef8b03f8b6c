"""The policies of a ModelDeployment by themselves: which version is the target, which is served, what drains, and when the monitor is stale."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from modelyard_api.conditions import Reason
from modelyard_api.model_deployment import ModelDeploymentSpec
from modelyard_api.resource_status import ModelDeploymentStatus, ServedVersion
from modelyard_api.timestamps import to_timestamp
from modelyard_operator.deployment.monitor_jobs import MonitorRun
from modelyard_operator.deployment.monitoring import monitoring_updates
from modelyard_operator.deployment.observed import Observed, Resolution, StableService, Workload
from modelyard_operator.deployment.rollout import DRAIN, rolling

from tests.unit.deployment_operator.builders import NOON, model_deployment, monitoring

LONG_AGO = to_timestamp(NOON - timedelta(hours=1))
JUST_NOW = to_timestamp(NOON - DRAIN / 2)
READY, STARTING = "ready", "starting"


def workload(version: str, how: str) -> Workload:
    metadata: dict[str, Any] = {"name": f"flights-v{version}"}
    deployment = {
        "metadata": metadata,
        "spec": {"replicas": 1},
        "status": {"readyReplicas": 1, "updatedReplicas": 1, "replicas": 1, "availableReplicas": 1},
    }
    unready = {"metadata": metadata, "spec": {"replicas": 1}, "status": {"replicas": 1}}
    return Workload(version, deployment if how == READY else unready)


def observed(
    target: str, serving: str = "", since: str = LONG_AGO, *, problem: Reason | None = None, next_version: str = "", **workloads: str
) -> Observed:
    resource = model_deployment()
    served = [ServedVersion(version=next_version, role="Next")] if next_version else []
    return Observed(
        resource,
        ModelDeploymentSpec.model_validate(resource["spec"]),
        "",
        "",
        ModelDeploymentStatus(version=serving, versions=served),
        resolution=Resolution(target, problem=problem),
        stable=StableService(serving, since) if serving else None,
        workloads={version[1:]: workload(version[1:], how) for version, how in workloads.items()},
    )


ROLLING: dict[str, tuple[Observed, tuple[str, str, tuple[str, ...], tuple[str, ...]]]] = {
    "the first version is served at once": (observed("1"), ("1", "1", (), ())),
    "nothing is registered yet": (observed(""), ("", "", (), ())),
    "a new version starts beside the old one": (observed("2", "1", v1=READY, v2=STARTING), ("2", "1", (), ())),
    "the new version is ready": (observed("2", "1", v1=READY, v2=READY), ("2", "2", ("1",), ())),
    "the old version drains": (observed("2", "2", JUST_NOW, v1=READY, v2=READY), ("2", "2", ("1",), ())),
    "the old version has drained": (observed("2", "2", v1=READY, v2=READY), ("2", "2", (), ("1",))),
    "the alias went back before the new version was ready": (observed("1", "1", v1=READY, v2=STARTING), ("1", "1", (), ("2",))),
    "the registry is silent while a version starts": (
        observed("", "1", problem=Reason.REGISTRY_UNAVAILABLE, next_version="2", v1=READY, v2=STARTING),
        ("2", "1", (), ()),
    ),
    "the registry is silent and nothing starts": (
        observed("", "1", problem=Reason.REGISTRY_UNAVAILABLE, v1=READY),
        ("1", "1", (), ()),
    ),
    "the alias is gone": (observed("", "1", problem=Reason.ALIAS_NOT_FOUND, v1=READY), ("1", "1", (), ())),
    "somebody wrote nonsense where it says since when": (observed("2", "2", "yesterday", v1=READY, v2=READY), ("2", "2", ("1",), ())),
}


@pytest.mark.parametrize(("situation", "expected"), ROLLING.values(), ids=ROLLING)
def test_rolling(situation: Observed, expected: tuple[str, str, tuple[str, ...], tuple[str, ...]]) -> None:
    rollout = rolling(situation, NOON)
    assert (rollout.target, rollout.serving, rollout.draining, rollout.finished) == expected


def ran(outcome: Any, minute: int, problem: str = "") -> MonitorRun:
    finished: datetime | None = None if outcome == "Running" else NOON + timedelta(minutes=minute)
    return MonitorRun(f"flights-monitor-{minute}", outcome, finished, problem=problem)


STALE: dict[str, tuple[tuple[MonitorRun, ...], str, Reason, str]] = {
    "it never ran": ((), "False", Reason.MONITOR_RUNNING, "No run has finished yet."),
    "the last run succeeded": ((ran("Succeeded", 1),), "False", Reason.MONITOR_RUNNING, "The last run succeeded."),
    "one run failed": ((ran("Succeeded", 1), ran("Failed", 2, "S3")), "False", Reason.MONITOR_FAILED, "(1 in a row; stale at 3): S3"),
    "three runs failed": (tuple(ran("Failed", n, "S3") for n in (1, 2, 3)), "True", Reason.MONITOR_FAILED, "The last 3 runs failed."),
    "a run after three failures succeeded": (
        (*(ran("Failed", n, "S3") for n in (1, 2, 3)), ran("Succeeded", 4)),
        "False",
        Reason.MONITOR_RUNNING,
        "The last run succeeded.",
    ),
    "a run waits for its image": ((ran("Running", 1, "no image"),), "False", Reason.MONITOR_RUNNING, "flights-monitor-1 waits. no image"),
}


@pytest.mark.parametrize(("runs", "status", "reason", "says"), STALE.values(), ids=STALE)
def test_a_monitor_is_stale(runs: tuple[MonitorRun, ...], status: str, reason: Reason, says: str) -> None:
    resource = model_deployment(monitoring=monitoring())
    spec = ModelDeploymentSpec.model_validate(resource["spec"])
    assert spec.monitoring is not None
    situation = Observed(resource, spec, "", "", ModelDeploymentStatus(), Resolution("1"), None, {}, monitor_runs=runs)
    stale = monitoring_updates(situation, spec.monitoring, "1")[-1]
    assert (stale.status, stale.reason) == (status, reason)
    assert says in stale.message
