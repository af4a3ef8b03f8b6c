"""`get` prints what kubectl prints: both look at the same objects on the same kube-apiserver."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from modelyard_operator.kube.interface import CRON_JOB, DEPLOYMENT, JOB, MODEL_DEPLOYMENT, POD, TRAINING_JOB, Kind

from tests.contract.cli.conftest import Cluster, Object, apply, condition, model_deployment, training_job
from tests.contract.kube.objects import job, service

KUBECTL = Path(sys.executable).with_name("kubectl")


def kubectl(cluster: Cluster, *arguments: str) -> str:
    command = [str(KUBECTL), "--kubeconfig", str(cluster.kubeconfig), "-n", cluster.namespace, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def assert_same(cluster: Cluster, *arguments: str) -> None:
    """Ages pass while one runs after the other: ours is between two of kubectl's."""
    seen = []
    for _ in range(5):
        before, ours, after = kubectl(cluster, *arguments), cluster.modelyard(*arguments), kubectl(cluster, *arguments)
        seen.append(f"kubectl:\n{before}modelyard:\n{ours}")
        if ours in (before, after):
            return
    raise AssertionError("\n".join(seen))


def set_status(cluster: Cluster, kind: Kind, name: str, **status: Any) -> None:
    found = cluster.kube.get(kind, cluster.namespace, name)
    cluster.kube.replace_status(kind, {**found, "status": status})


@pytest.fixture
def resources(cluster: Cluster) -> Cluster:
    """Some with a full status, some with none."""
    apply(cluster, training_job("full"), training_job("new"), model_deployment("full"), model_deployment("a-much-longer-name"))
    set_status(
        cluster,
        TRAINING_JOB,
        "full",
        state="CriteriaNotMet",
        progress={"epoch": 3, "epochs": 10},
        mlflow={"runId": "abc"},
        result={
            "modelVersion": "7",
            "verdict": [{"metric": "roc_auc", "bound": "AtLeast", "limit": 0.6, "value": 0.55, "state": "Missed"}],
        },
        conditions=[condition("Promoted", "False", "CriteriaNotMet"), condition("Complete", "True", "FinishedIt")],
    )
    set_status(
        cluster,
        MODEL_DEPLOYMENT,
        "full",
        state="Available",
        version="7",
        url="http://full.ns.svc",
        versions=[{"version": "7", "role": "Stable", "readyReplicas": 0, "replicas": 2}],
        conditions=[condition("Drifted", "Unknown", "NoWindowYet")],
        monitoring={"votes": "2 of 3", "reportUrl": "s3://b/k.html"},
    )
    return cluster


@pytest.mark.parametrize(
    "arguments",
    [
        ("get", "tj"),
        ("get", "tj", "-o", "wide"),
        ("get", "md"),
        ("get", "md", "-o", "wide"),
        ("get", "tj,md"),
        ("get", "tj", "full"),
        ("get", "tj/full", "md/full"),
        ("get", "tj,md", "-o", "name"),
    ],
    ids=" ".join,
)
def test_our_kinds(resources: Cluster, arguments: tuple[str, ...]) -> None:
    assert_same(resources, *arguments)


def pod(namespace: str, name: str) -> Object:
    spec = job(namespace, name)["spec"]["template"]["spec"]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": namespace, "name": name}, "spec": spec}


def container(state: Object, *, ready: bool = False, restarts: int = 0, **more: Any) -> Object:
    return {"name": "main", "image": "none", "imageID": "", "ready": ready, "restartCount": restarts, "state": state, **more}


ENDED = {"exitCode": 1, "finishedAt": "2026-01-01T00:00:00Z", "startedAt": "2026-01-01T00:00:00Z"}
POD_STATUSES: dict[str, Object] = {
    "new": {},
    "running": {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [container({"running": {}}, ready=True)],
    },
    "crashing": {
        "phase": "Running",
        "containerStatuses": [
            container({"waiting": {"reason": "CrashLoopBackOff"}}, restarts=3, lastState={"terminated": {**ENDED, "reason": "Error"}})
        ],
    },
    "failed": {"phase": "Failed", "containerStatuses": [container({"terminated": {**ENDED, "reason": "OOMKilled"}})]},
    "exit-code": {"phase": "Failed", "containerStatuses": [container({"terminated": ENDED})]},
    "signal": {"phase": "Failed", "containerStatuses": [container({"terminated": {**ENDED, "signal": 9}})]},
    "evicted": {"phase": "Failed", "reason": "Evicted"},
    "done": {"phase": "Succeeded", "containerStatuses": [container({"terminated": {**ENDED, "exitCode": 0, "reason": "Completed"}})]},
}


def test_pods(cluster: Cluster) -> None:
    for name, status in POD_STATUSES.items():
        cluster.kube.create(pod(cluster.namespace, name))
        set_status(cluster, POD, name, **status)
    assert_same(cluster, "get", "pods")


def test_jobs(cluster: Cluster) -> None:
    for name in ("new", "running", "complete", "suspended"):
        cluster.kube.create(job(cluster.namespace, name))
    begun = {"startTime": "2026-01-01T00:00:00Z"}
    set_status(cluster, JOB, "running", active=1, **begun)
    over = [{"type": "SuccessCriteriaMet", "status": "True"}, {"type": "Complete", "status": "True"}]
    set_status(cluster, JOB, "complete", succeeded=1, completionTime="2026-01-01T01:02:03Z", conditions=over, **begun)
    set_status(cluster, JOB, "suspended", conditions=[{"type": "Suspended", "status": "True"}])
    assert_same(cluster, "get", "jobs")


def test_deployments_services_and_cron_jobs(cluster: Cluster) -> None:
    template = {"metadata": {"labels": {"app": "x"}}, "spec": {**pod("", "x")["spec"], "restartPolicy": "Always"}}
    deployment: Object = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": cluster.namespace, "name": "x"}}
    cluster.kube.create(deployment | {"spec": {"replicas": 2, "selector": {"matchLabels": {"app": "x"}}, "template": template}})
    set_status(cluster, DEPLOYMENT, "x", replicas=2, updatedReplicas=2, readyReplicas=1, availableReplicas=1, unavailableReplicas=1)
    assert_same(cluster, "get", "deployments")
    cluster.kube.create(service(cluster.namespace, "x"))
    assert_same(cluster, "get", "services")
    for name, more in {"utc": {"timeZone": "Etc/UTC"}, "paused": {"suspend": True}}.items():
        spec = {"schedule": "*/5 * * * *", "jobTemplate": {"spec": {"template": job("", name)["spec"]["template"]}}, **more}
        cluster.kube.create(
            {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"namespace": cluster.namespace, "name": name}, "spec": spec}
        )
    set_status(cluster, CRON_JOB, "utc", lastScheduleTime="2026-01-01T00:00:00Z", active=[{"name": "a"}])
    assert_same(cluster, "get", "cronjobs")


def test_secrets_config_maps_budgets_and_policies(cluster: Cluster) -> None:
    apply(
        cluster,
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "b", "c": "d"}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "b"}},
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": "p"},
            "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "x"}}},
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": "n"},
            "spec": {"podSelector": {"matchLabels": {"app": "x", "b": "y"}}, "policyTypes": ["Ingress"]},
        },
    )
    for kind in ("secrets", "configmaps", "pdb", "netpol"):
        assert_same(cluster, "get", kind)
