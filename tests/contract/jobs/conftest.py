"""Real MLflow and S3 with a pod's own rights, and job pods as child processes."""

import base64
import io
import json
import secrets
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from modelyard_api import labels

from tests.servers.mlflow_server import MlflowServer, running_mlflow
from tests.servers.process import clean_environment, program
from tests.servers.s3_server import S3Server, running_s3

BUCKET = "datasets"
_JOB_SECONDS = 600


@dataclass(frozen=True)
class Ended:
    """How a job pod ended."""

    exit_code: int
    message: dict[str, Any]
    output: str
    seconds: float


@dataclass(frozen=True)
class Namespace:
    """What the pods of one namespace see: mounted files that name MLflow and S3, and a login without rights on the registry."""

    s3: S3Server
    mlflow: MlflowServer
    root: Path

    def upload(self, key: str, frame: pl.DataFrame) -> str:
        """Puts a table into S3 as CSV or Parquet; gives its URI."""
        buffer = io.BytesIO()
        frame.write_parquet(buffer) if key.endswith(".parquet") else frame.write_csv(buffer)
        self.s3.client().put_object(Bucket=BUCKET, Key=key, Body=buffer.getvalue())
        return f"s3://{BUCKET}/{key}"

    def mounted(self, folder: Path, **changed: str) -> Path:
        """A copy of the mounted files with other values, by key."""
        for path in (item for item in self.root.rglob("*") if item.is_file()):
            copy = folder / path.relative_to(self.root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(changed.get(path.name, path.read_text()))
        return folder

    def registry(self, method: str, path: str, body: Mapping[str, object]) -> Any:
        """Asks the registry as the administrator, as the operator would."""
        return rest(self.mlflow, method, path, body)

    def prepare(self, namespace: str, model: str) -> None:
        """Experiment, registered model and the pods' rights, as the operator makes them before it starts a pod."""
        name = labels.experiment(namespace, model)
        found = self.registry("POST", "experiments/search", {"filter": f"name = '{name}'", "max_results": 1}).get("experiments")
        if found:
            return
        experiment = self.registry("POST", "experiments/create", {"name": name})["experiment_id"]
        self.registry("POST", "registered-models/create", {"name": labels.registered_model(namespace, model)})
        rights = (("experiment", experiment, "EDIT"), ("registered_model", labels.registered_model(namespace, model), "READ"))
        for kind, resource, right in rights:
            grant = {"username": "pod", "resource_type": kind, "resource_id": resource, "permission": right}
            rest(self.mlflow, "POST", "users/permissions/grant", grant, "3.0")

    def promote(self, name: str, result: Mapping[str, Any], alias: str = "champion") -> str:
        """Registers a result's model as a new version and moves the alias there."""
        made = self.registry(
            "POST",
            "model-versions/create",
            {"name": name, "source": f"models:/{result['modelId']}", "run_id": result["runId"], "model_id": result["modelId"]},
        )
        version = str(made["model_version"]["version"])
        self.registry("POST", "registered-models/alias", {"name": name, "alias": alias, "version": version})
        return version


def rest(mlflow: MlflowServer, method: str, path: str, body: Mapping[str, object], version: str = "2.0") -> Any:
    """One request to MLflow's REST API as the administrator."""
    login = base64.b64encode(f"{mlflow.admin_username}:{mlflow.admin_password}".encode()).decode()
    request = urllib.request.Request(
        f"{mlflow.url}/api/{version}/mlflow/{path}",
        method=method,
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Basic {login}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read() or b"{}")


def _write(folder: Path, values: Mapping[str, str]) -> None:
    folder.mkdir(parents=True)
    for name, value in values.items():
        (folder / name).write_text(value)


@pytest.fixture(scope="session")
def namespace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Namespace]:
    folder = tmp_path_factory.mktemp("jobs")
    with running_s3(folder / "s3") as s3, running_mlflow(folder / "mlflow", artifacts=s3) as mlflow:
        password = secrets.token_urlsafe(16)
        rest(mlflow, "POST", "users/create", {"username": "pod", "password": password})
        s3.client().create_bucket(Bucket=BUCKET)
        root = folder / "etc"
        _write(
            root / "config",
            {"MLFLOW_TRACKING_URI": mlflow.url, "S3_ENDPOINT_URL": s3.endpoint, "S3_BUCKET": s3.bucket, "S3_REGION": s3.region},
        )
        _write(
            root / "secret",
            {
                "MLFLOW_TRACKING_USERNAME": "pod",
                "MLFLOW_TRACKING_PASSWORD": password,
                "S3_ACCESS_KEY_ID": s3.access_key,
                "S3_SECRET_ACCESS_KEY": s3.secret_key,
            },
        )
        yield Namespace(s3, mlflow, root)


@dataclass
class Pod:
    """A job that runs as it would in a pod: request and mounted files in, exit code and termination message out."""

    process: "subprocess.Popen[bytes]"
    log: Path
    message: Path
    started: float

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for(self, text: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.text():
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.1)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def ended(self, seconds: float = _JOB_SECONDS) -> Ended:
        code = self.process.wait(seconds)
        content = self.message.read_bytes() if self.message.exists() else b"{}"
        assert len(content) <= 3072
        return Ended(code, json.loads(content), self.text(), time.monotonic() - self.started)


Start = Callable[..., Pod]


@pytest.fixture
def start(namespace: Namespace, tmp_path: Path) -> Iterator[Start]:
    pods: list[Pod] = []

    def begin(command: str, request: Mapping[str, object], root: Path | None = None) -> Pod:
        if root is None:
            namespace.prepare(str(request["namespace"]), str(request["model"]))
        log, message = tmp_path / f"{len(pods)}.log", tmp_path / f"{len(pods)}.json"
        environment = clean_environment(
            MODELYARD_REQUEST=json.dumps(request),
            MODELYARD_ROOT=str(root or namespace.root),
            MODELYARD_TERMINATION_PATH=str(message),
            OMP_NUM_THREADS="1",
            TMPDIR=str(tmp_path),
        )
        with log.open("wb") as output:
            process = subprocess.Popen([program("modelyard-job"), command], env=environment, stdout=output, stderr=output)
        pods.append(Pod(process, log, message, time.monotonic()))
        return pods[-1]

    yield begin
    for pod in pods:
        if pod.process.poll() is None:
            pod.process.kill()
            pod.process.wait()


@pytest.fixture
def run(start: Start) -> Callable[..., Ended]:
    def to_the_end(command: str, request: Mapping[str, object], root: Path | None = None) -> Ended:
        return start(command, request, root).ended()

    return to_the_end


def make_train_request(name: str, uri: str, target: str, **spec: Any) -> dict[str, Any]:
    """A request with the least that a manifest needs; ``spec`` adds fields, ``data`` and ``objective`` are merged."""
    merged: dict[str, Any] = {"objective": {"target": target}, "data": {"source": {"uri": uri}}}
    for field, value in spec.items():
        merged[field] = {**merged.get(field, {}), **value}
    return {"namespace": "ml", "name": name, "uid": f"uid-{name}", "attempt": 1, "model": name, "spec": merged}


@pytest.fixture
def train_request() -> Callable[..., dict[str, Any]]:
    return make_train_request
