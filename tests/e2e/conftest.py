"""The platform on the node, a namespace for this run, forwarded ports. `make cluster` started the node."""

import io
import json
import secrets
import subprocess
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import polars as pl
import pytest

from dev.platform import chart
from dev.platform.chart import namespace_s3
from dev.platform.forwarding import forwarded
from dev.platform.kubectl import Object, command, condition, get, items, kubectl, secret_value, wait_until

FINISHED = ("Promoted", "CriteriaNotMet", "Inconclusive", "Failed")
LABEL = "modelyard.io/e2e"
NAMESPACE = f"e2e-{secrets.token_hex(3)}"  # MLflow remembers models of earlier runs by their namespace


@dataclass(frozen=True)
class Platform:
    """What the tests use of it."""

    namespace: str
    s3_url: str
    logs: Path

    def s3(self) -> Any:
        """A client with the namespace's own keys."""
        return namespace_s3(self.namespace, self.s3_url)

    def upload(self, key: str, rows: pl.DataFrame) -> str:
        """Rows into the shared bucket, CSV or Parquet by the key's ending."""
        body = rows.write_csv().encode() if key.endswith(".csv") else _parquet(rows)
        self.s3().put_object(Bucket="datasets", Key=key, Body=body)
        return f"s3://datasets/{key}"

    def apply(self, *manifests: Object) -> None:
        """kubectl apply in this run's namespace."""
        kubectl("apply", "-n", self.namespace, "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": list(manifests)}))

    def training_job(self, name: str) -> Object:
        """As it is now."""
        return get("tj", name, self.namespace)

    def decided(self, name: str, seconds: float = 420) -> Object:
        """The TrainingJob once it is decided."""

        def probe() -> Object | None:
            job = self.training_job(name)
            return job if job.get("status", {}).get("state") in FINISHED else None

        return wait_until(f"TrainingJob {name} decided", seconds, probe)

    def until(self, kind: str, name: str, condition_type: str, status: str, *, reason: str = "", seconds: float = 240) -> Object:
        """The resource once a condition has a status (and a reason)."""

        def probe() -> Object | None:
            resource = get(kind, name, self.namespace)
            found = condition(resource, condition_type)
            matches = found.get("status") == status and reason in ("", found.get("reason"))
            return resource if matches else None

        return wait_until(f"{kind} {name}: {condition_type}={status} {reason}", seconds, probe)

    def forwarded(self, service: str, port: int) -> Any:
        """Context manager: ``http://127.0.0.1:…`` of a service of this namespace."""
        return forwarded(self.namespace, service, port, self.logs / f"{service}.log")


def labelled_rows() -> pl.DataFrame:
    """600 rows whose label follows from two columns together, so that neither gives it away."""
    values = pl.DataFrame({"x": [(i * 37) % 101 / 101 for i in range(600)], "y": [(i * 61) % 89 / 89 for i in range(600)]})
    return values.with_columns(label=pl.when(pl.col("x") + pl.col("y") > 1).then(pl.lit("yes")).otherwise(pl.lit("no")))


def _parquet(rows: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    rows.write_parquet(buffer)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    logs = tmp_path_factory.mktemp("forwards")
    _delete_namespaces()
    chart.make_namespace(NAMESPACE)
    kubectl("label", "namespace", NAMESPACE, f"{LABEL}=true")
    chart.install("http://127.0.0.1:5000")
    try:
        with forwarded(chart.SYSTEM_NAMESPACE, "modelyard-seaweedfs", 8333, logs / "s3.log") as s3:
            yield Platform(NAMESPACE, s3, logs)
    finally:
        _delete_namespaces()


@pytest.fixture
def mlflow_url(platform: Platform) -> Iterator[str]:
    """For one test: a port-forward ends with its pod, and one of the tests takes MLflow away."""
    with forwarded(chart.SYSTEM_NAMESPACE, "modelyard-mlflow", 5000, platform.logs / "mlflow.log") as url:
        yield url


@pytest.fixture
def mlflow_login(platform: Platform, mlflow_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """MLflow's client with the pods' own credentials and no pickle."""
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", secret_value(platform.namespace, "modelyard", "MLFLOW_TRACKING_USERNAME"))
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", secret_value(platform.namespace, "modelyard", "MLFLOW_TRACKING_PASSWORD"))
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD", "false")  # links into S3 would have its name inside the cluster
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    mlflow.set_tracking_uri(mlflow_url)
    return mlflow_url


def _delete_namespaces() -> None:
    """This run's, and those of runs that were killed."""
    for namespace in items("namespace", "default", f"{LABEL}=true"):
        kubectl("delete", "namespace", namespace["metadata"]["name"], "--wait=false")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows what a person would look at first."""
    report = yield
    if report.failed and report.when == "call":
        for arguments in (("get", "tj,md,pods"), ("get", "events", "--sort-by=.lastTimestamp"), ("describe", "tj")):
            finished = subprocess.run(command(*arguments, "-n", NAMESPACE), capture_output=True, text=True, check=False, timeout=60)
            report.sections.append((f"kubectl {' '.join(arguments)}", finished.stdout[-6000:]))
    return report
