"""The scenario on a cluster: kubectl, the chart, a namespace of its own, forwarded ports that stay."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import yaml

from dev.cluster.locations import CLONE_STATE
from dev.demo.flights import FOLDER
from dev.demo.place import tell
from dev.platform import chart, kubectl
from dev.platform.chart import namespace_s3
from dev.platform.forwarding import forwarded, free_port, keep_forward, stop_forwards
from dev.platform.kubectl import Object

DEMO_LABEL = "modelyard.io/demo"


@dataclass(frozen=True)
class OnCluster:
    """One run, in a namespace that has the platform."""

    namespace: str
    mlflow_url: str
    s3_url: str
    tool: str = "kubectl"

    def run(self, *arguments: str) -> str:
        """What kubectl printed."""
        return kubectl.kubectl(*arguments)

    def get(self, kind: str, name: str) -> Object:
        """One resource of the namespace."""
        return kubectl.get(kind, name, self.namespace)

    def s3(self) -> Any:
        """With the namespace's own keys."""
        return namespace_s3(self.namespace, self.s3_url)

    def start_receiver(self) -> None:
        """A pod."""
        apply_receiver(self.namespace)

    def alerts(self) -> list[Object]:
        """What the pod holds."""
        with forwarded(self.namespace, "alert-receiver", 8080, FOLDER / "receiver.log") as url:
            found: list[Object] = httpx.get(url, timeout=10).json()
        return found

    @cached_property
    def _served(self) -> str:
        return keep_forward(self.namespace, "flights", 80, 8080)

    def served(self) -> str:
        """A forwarded port."""
        return self._served

    def predict(self, row: Mapping[str, object]) -> tuple[str, str]:
        """MLflow's protocol with curl."""
        body, headers = json.dumps({"dataframe_records": [row]}), {"content-type": "application/json"}
        answer = httpx.post(f"{self._served}/invocations", content=body, headers=headers, timeout=30).raise_for_status()
        return f"curl {self._served}/invocations -H 'content-type: application/json' -d '{body}'", answer.text

    def explain(self, name: str) -> Sequence[str]:  # noqa: ARG002
        """kubectl has no sentences; its verdict table is shown anyway."""
        return ()

    def addresses(self) -> Sequence[tuple[str, str]]:
        """What is forwarded, and the commands."""
        secret = f"-n {chart.SYSTEM_NAMESPACE} get secret modelyard-mlflow -o jsonpath='{{.data.admin-password}}'"
        return (
            ("MLflow", f"{self.mlflow_url}   user admin, password: kubectl {secret} | base64 -d"),
            ("Service", f"{self._served}/openapi.json"),
            ("S3", self.s3_url),
            ("kubectl", f"export KUBECONFIG=$(make -s kubeconfig); kubectl get tj,md -n {self.namespace}"),
            ("Stop", "make demo-cluster-down (this demo), make cluster-down (the cluster)"),
        )


def prepare() -> OnCluster:
    """A new namespace, the platform installed for it, ports forwarded."""
    if os.environ.get("CLUSTER") != "current":
        subprocess.run([sys.executable, "-m", "dev.cluster", "up"], check=True)
    stop_forwards()
    tell("helm upgrade --install modelyard helm/modelyard   (1 to 2 minutes the first time)")
    namespace = _next_namespace()
    chart.make_namespace(namespace)
    kubectl.kubectl("label", "namespace", namespace, f"{DEMO_LABEL}=true", "--overwrite")
    mlflow_port = free_port(5000)
    chart.install(f"http://127.0.0.1:{mlflow_port}")
    mlflow_url = keep_forward(chart.SYSTEM_NAMESPACE, "modelyard-mlflow", 5000, mlflow_port)
    s3_url = keep_forward(chart.SYSTEM_NAMESPACE, "modelyard-seaweedfs", 8333, 8333)
    tell(f"namespace {namespace}; MLflow at {mlflow_url}")
    return OnCluster(namespace, mlflow_url, s3_url)


def apply_receiver(namespace: str) -> None:
    """The receiver of alerts and the Secret that says where it is."""
    folder = Path(__file__).parent
    script = (folder / "receiver.py").read_text()
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "alert-receiver"}, "data": {"receiver.py": script}}
    image = yaml.safe_load((CLONE_STATE / "images.yaml").read_text())["images"]["base"]
    manifest = (folder / "receiver.yaml").read_text().replace("$(IMAGE)", f"{image['repository']}:{image['tag']}")
    kubectl.kubectl("apply", "-n", namespace, "-f", "-", stdin=json.dumps(config))
    kubectl.kubectl("apply", "-n", namespace, "-f", "-", stdin=manifest)
    kubectl.kubectl("rollout", "status", "-n", namespace, "deployment/alert-receiver", "--timeout=120s")


def remove() -> None:
    """Delete the demo's namespaces and stop its port-forwards; the cluster and the platform stay."""
    stop_forwards()
    names = [each["metadata"]["name"] for each in kubectl.items("namespace", "default", f"{DEMO_LABEL}=true")]
    for name in names:
        kubectl.kubectl("delete", "namespace", name, "--wait=false")
    tell(f"deleting {', '.join(names)}" if names else "no demo is running")


def _next_namespace() -> str:
    """flights-1, flights-2, …: each run has a namespace of its own."""
    taken = {each["metadata"]["name"] for each in kubectl.items("namespace", "default")}
    return next(f"flights-{number}" for number in range(1, 10_000) if f"flights-{number}" not in taken)
