"""A ModelDeployment on a real API server: versions change without a gap, children follow the spec, a restart writes nothing."""

import json
import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import pytest
from modelyard_api.labels import VERSION_LABEL
from modelyard_operator.kube.client import ApiServer
from modelyard_operator.kube.interface import CRON_JOB, DEPLOYMENT, EVENT, NETWORK_POLICY, POD_DISRUPTION_BUDGET, SERVICE
from modelyard_operator.prometheus import Metrics

from dev.cluster import apiserver
from tests.contract.deployment.scripted_cluster import Clock, ScriptedCluster, running_operator
from tests.contract.kube.eventually import eventually
from tests.unit.deployment_operator.builders import FakeRegistry

MONITORING = {"schedule": "* * * * *", "window": {"rows": 500}}
WRITES = {"create", "update", "patch", "delete", "deletecollection"}


@pytest.fixture
def cluster(kube: ApiServer, namespace: str) -> ScriptedCluster:
    return ScriptedCluster(kube, namespace)


@pytest.fixture
def registry(namespace: str) -> FakeRegistry:
    return FakeRegistry(namespace, champion="1")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def operator(kube: ApiServer, namespace: str, registry: FakeRegistry, clock: Clock) -> Iterator[Metrics]:
    with running_operator(kube, namespace, registry, clock) as metrics:
        yield metrics


def _answers(cluster: ScriptedCluster, version: str, replicas: int) -> None:
    """That version's pods become ready and it is recorded as the one that answers."""
    eventually(lambda: cluster.get(DEPLOYMENT, f"flights-v{version}"))
    cluster.report_ready(version, replicas)
    eventually(lambda: cluster.status.get("version") == version and cluster.status["state"] == "Available")


def _selected(cluster: ScriptedCluster) -> str:
    service = cluster.get(SERVICE, "flights")
    return str(service["spec"]["selector"][VERSION_LABEL]) if service else ""


def test_moved_alias_is_a_rolling_update_without_a_gap(
    cluster: ScriptedCluster, registry: FakeRegistry, clock: Clock, operator: Metrics
) -> None:
    cluster.create_model_deployment(replicas=2)
    _answers(cluster, "1", 2)
    since = cluster.newest_version(SERVICE)
    registry.move("champion", "2")
    eventually(lambda: cluster.get(DEPLOYMENT, "flights-v2") and cluster.condition("Progressing") == ("True", "RollingOut"))
    cluster.report_ready("2", 1)
    eventually(lambda: [v.get("readyReplicas") for v in cluster.status["versions"]] == [2, 1])
    assert _selected(cluster) == "1"
    cluster.report_ready("2", 2)
    eventually(lambda: cluster.status["version"] == "2")
    eventually(lambda: [(v["version"], v["role"]) for v in cluster.status["versions"]] == [("2", "Stable"), ("1", "Retiring")])
    clock.advance(60)
    cluster.touch()
    eventually(lambda: cluster.names(DEPLOYMENT) == ["flights-v2"])
    eventually(lambda: cluster.names(SERVICE) == ["flights"])
    assert [(r["from"], r["to"]) for r in cluster.status["history"]] == [("", "1"), ("1", "2")]
    switches = _check_that_ready_pods_were_always_selected(cluster, since)
    assert switches == ["2"]


def _check_that_ready_pods_were_always_selected(cluster: ScriptedCluster, since: str) -> list[str]:
    """Replays every state since then; returns the versions that the stable Service moved to."""
    found = list(cluster.selections(since, "1", {"1": 2}))
    assert {pods for _, pods in found} == {2}
    _, *switches = (version for version, _ in groupby(["1", *(version for version, _ in found)]))
    return switches


def test_restart_with_nothing_to_do_writes_nothing(
    api_server: apiserver.ApiServer, kube: ApiServer, cluster: ScriptedCluster, registry: FakeRegistry, clock: Clock
) -> None:
    with running_operator(kube, cluster.namespace, registry, clock):
        cluster.create_model_deployment(
            replicas=2, monitoring=MONITORING, resources={"requests": {"cpu": "1000m", "memory": "1024Mi"}, "limits": {"cpu": 1}}
        )
        _answers(cluster, "1", 2)
        eventually(lambda: (cluster.get(CRON_JOB, "flights-monitor") or {}).get("spec", {}).get("suspend") is False)
    before = _writes(api_server, cluster.namespace)
    clock.advance(3600)
    with running_operator(kube, cluster.namespace, registry, clock) as metrics:
        eventually(lambda: _reconciles(metrics) >= 1)
        seen = _reconciles(metrics)
        cluster.touch()
        eventually(lambda: _reconciles(metrics) > seen)
    after = _writes(api_server, cluster.namespace)
    assert [write for write in after[len(before) :] if write != ("update", "modeldeployments", "")] == []


def _writes(server: apiserver.ApiServer, namespace: str) -> list[tuple[str, str, str]]:
    assert server.audit_log is not None
    events = [json.loads(line) for line in server.audit_log.read_text().splitlines()]
    references = [(e["verb"], e.get("objectRef", {})) for e in events if e["verb"] in WRITES]
    return [(verb, ref["resource"], ref.get("subresource", "")) for verb, ref in references if ref.get("namespace") == namespace]


def _reconciles(metrics: Metrics) -> float:
    found = re.search(rb'modelyard_reconcile_total\{kind="ModelDeployment"\} ([0-9.]+)', metrics.exposition())
    return float(found.group(1)) if found else 0.0


def test_children_follow_the_spec(cluster: ScriptedCluster, operator: Metrics) -> None:
    cluster.create_model_deployment(replicas=2, monitoring=MONITORING)
    _answers(cluster, "1", 2)
    eventually(lambda: cluster.get(CRON_JOB, "flights-monitor"))
    assert cluster.names(POD_DISRUPTION_BUDGET) == ["flights"]
    assert cluster.names(NETWORK_POLICY) == ["flights"]
    cluster.edit(replicas=1, monitoring=None)
    eventually(lambda: cluster.names(POD_DISRUPTION_BUDGET) == [] and cluster.names(CRON_JOB) == [])
    eventually(lambda: cluster.kube.get(DEPLOYMENT, cluster.namespace, "flights-v1")["spec"]["replicas"] == 1)
    eventually(lambda: cluster.condition("Drifted") == ("", ""))


def test_all_children_are_controlled_by_the_model_deployment(cluster: ScriptedCluster, operator: Metrics) -> None:
    """So that deleting it deletes them: the garbage collector is the cluster's."""
    cluster.create_model_deployment(replicas=2, monitoring=MONITORING)
    _answers(cluster, "1", 2)
    uid = cluster.owner["metadata"]["uid"]
    for kind in (DEPLOYMENT, SERVICE, POD_DISRUPTION_BUDGET, NETWORK_POLICY, CRON_JOB):
        for child in cluster.kube.list_page(kind, namespace=cluster.namespace).items:
            references = child["metadata"]["ownerReferences"]
            assert [(r["uid"], r["controller"], r["blockOwnerDeletion"]) for r in references] == [(uid, True, True)]


def test_name_that_is_taken_is_a_condition_until_it_is_free(kube: ApiServer, cluster: ScriptedCluster, operator: Metrics) -> None:
    ports = [{"port": 80}]
    foreign = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "flights", "namespace": cluster.namespace},
        "spec": {"ports": ports},
    }
    foreign = kube.create(foreign)
    cluster.create_model_deployment()
    eventually(lambda: cluster.condition("Progressing") == ("False", "NameConflict"))
    assert cluster.status["state"] == "Failed"
    assert kube.get(SERVICE, cluster.namespace, "flights")["metadata"]["uid"] == foreign["metadata"]["uid"]
    kube.delete(SERVICE, cluster.namespace, "flights", foreign["metadata"]["uid"])
    _answers(cluster, "1", 1)
    assert _selected(cluster) == "1"


def test_drift_becomes_a_condition_and_one_event(cluster: ScriptedCluster, operator: Metrics, clock: Clock) -> None:
    cluster.create_model_deployment(monitoring=MONITORING)
    _answers(cluster, "1", 1)
    eventually(lambda: cluster.get(CRON_JOB, "flights-monitor"))
    cluster.finish_monitor_run(1, json.dumps(_result(drifted=True, votes=2, driftedShare=0.5)), clock.now())
    eventually(lambda: cluster.condition("Drifted") == ("True", "LimitsExceeded"))
    clock.advance(60)
    cluster.finish_monitor_run(2, json.dumps(_result(drifted=True, votes=3, driftedShare=0.5)), clock.now())
    eventually(lambda: cluster.status["monitoring"]["votes"] == "3 of 3")
    assert _events(cluster).count("DriftDetected") == 1
    assert f'modelyard_drifted_share{{deployment="flights",namespace="{cluster.namespace}"}} 0.5' in operator.exposition().decode()
    clock.advance(60)
    cluster.finish_monitor_run(3, json.dumps(_result(drifted=False, votes=1, driftedShare=0.0)), clock.now())
    eventually(lambda: cluster.condition("Drifted") == ("False", "WithinLimits"))
    eventually(lambda: _events(cluster).count("DriftCleared") == 1)


def _result(**changes: Any) -> dict[str, Any]:
    column = {"name": "temp", "method": "PSI", "distance": 1.5, "threshold": 0.2, "drifted": changes["drifted"]}
    active = changes["drifted"]
    drift = {"check": "drift", "active": active, "reason": "LimitsExceeded" if active else "WithinLimits", "message": "Votes."}
    window = {"version": "1", "window": "a/b", "rows": 500, "windowsJudged": 3, "columns": [column]}
    return {"kind": "Monitored", **window, "checks": [drift], **changes}


def _events(cluster: ScriptedCluster) -> list[str]:
    return [event["reason"] for event in cluster.kube.list_page(EVENT, namespace=cluster.namespace).items]
