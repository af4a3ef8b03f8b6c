"""What the demo stands on: the cluster, the platform, a namespace of its own, its data in S3, and forwarded ports that stay."""

import json
import os
import signal
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import yaml

from dev.cluster.locations import CLONE_STATE, REPOSITORY
from dev.platform import chart
from dev.platform.forwarding import free_port, start_forward
from dev.platform.kubectl import items, kubectl
from dev.platform.storage import namespace_s3

DEMO_LABEL = "modelyard.io/demo"
FORWARDS = REPOSITORY / "build" / "demo" / "forwards.json"


@dataclass(frozen=True)
class Environment:
    """Addresses on this machine, for people and for the demo itself."""

    namespace: str
    mlflow_url: str
    s3_url: str


def prepare() -> Environment:
    """A new namespace, the platform installed for it, ports forwarded."""
    stop_forwards()
    namespace = _next_namespace()
    chart.make_namespace(namespace)
    kubectl("label", "namespace", namespace, f"{DEMO_LABEL}=true", "--overwrite")
    mlflow_port = free_port(5000)
    chart.install(f"http://127.0.0.1:{mlflow_port}")
    forward(chart.SYSTEM_NAMESPACE, "modelyard-mlflow", 5000, mlflow_port)
    s3_port = free_port(8333)
    forward(chart.SYSTEM_NAMESPACE, "modelyard-seaweedfs", 8333, s3_port)
    return Environment(namespace, f"http://127.0.0.1:{mlflow_port}", f"http://127.0.0.1:{s3_port}")


def forward(namespace: str, service: str, remote: int, local: int) -> None:
    """A port-forward that stays until `make demo-cluster-down`."""
    log = FORWARDS.parent / f"{service}.log"
    process = start_forward(namespace, service, remote, local, log)
    pids = json.loads(FORWARDS.read_text()) if FORWARDS.exists() else []
    FORWARDS.write_text(json.dumps([*pids, process.pid]))


def stop_forwards() -> None:
    """Stop the port-forwards of an earlier run, by id, if they still are ours."""
    if not FORWARDS.exists():
        return
    for pid in json.loads(FORWARDS.read_text()):
        command = Path(f"/proc/{pid}/cmdline")
        if command.exists() and b"port-forward" in command.read_bytes():
            os.kill(pid, signal.SIGTERM)
    FORWARDS.unlink()


def apply_receiver(namespace: str) -> None:
    """The receiver of alerts and the Secret that says where it is."""
    folder = Path(__file__).parent
    script = (folder / "receiver.py").read_text()
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "alert-receiver"}, "data": {"receiver.py": script}}
    image = yaml.safe_load((CLONE_STATE / "images.yaml").read_text())["images"]["base"]
    manifest = (folder / "receiver.yaml").read_text().replace("$(IMAGE)", f"{image['repository']}:{image['tag']}")
    kubectl("apply", "-n", namespace, "-f", "-", stdin=json.dumps(config))
    kubectl("apply", "-n", namespace, "-f", "-", stdin=manifest)
    kubectl("rollout", "status", "-n", namespace, "deployment/alert-receiver", "--timeout=120s")


def upload(environment: Environment, name: str, rows: pl.DataFrame) -> str:
    """Rows as Parquet in the shared bucket, with the namespace's own keys; returns the URI."""
    FORWARDS.parent.mkdir(parents=True, exist_ok=True)
    path = FORWARDS.parent / f"{name}.parquet"
    rows.write_parquet(path)
    s3 = namespace_s3(environment.namespace, environment.s3_url)
    s3.upload_file(str(path), "datasets", f"flights/{name}.parquet")
    return f"s3://datasets/flights/{name}.parquet"


def remove() -> list[str]:
    """Delete the demo's namespaces and stop its port-forwards; the cluster and the platform stay."""
    stop_forwards()
    names = [each["metadata"]["name"] for each in items("namespace", "default", f"{DEMO_LABEL}=true")]
    for name in names:
        kubectl("delete", "namespace", name, "--wait=false")
    return names


def _next_namespace() -> str:
    """flights-1, flights-2, …: each run has a namespace of its own."""
    taken = {each["metadata"]["name"] for each in items("namespace", "default")}
    return next(f"flights-{number}" for number in range(1, 10_000) if f"flights-{number}" not in taken)
