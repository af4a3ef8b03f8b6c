"""A real registry with real models in it, a real bucket, and serving processes that are told where both are."""

import json
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from modelyard_api.catalogue.tasks import Task
from modelyard_local.preparation import free_ports
from modelyard_model.model_folder import save_model

from tests.servers.mlflow_server import MlflowServer, running_mlflow
from tests.servers.process import Server, clean_environment, program, running
from tests.servers.s3_server import S3Server, running_s3
from tests.unit.model.fitted_models import ROWS, RULED_ROWS, model, ruled

NAMESPACE = "ml"
MODELS = {
    "mlp": ("MLP", Task.CLASSIFICATION),
    "forest": ("RandomForest", Task.CLASSIFICATION),
    "price": ("Linear", Task.REGRESSION),
    "changed": ("Linear", Task.CLASSIFICATION),
}


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with running_s3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    """MLflow with version 1 of each of ``MODELS`` and of ``ruled``; the stored answers of ``changed`` are not those it gives."""
    folder = tmp_path_factory.mktemp("models")
    for name, (kind, task) in MODELS.items():
        save_model(model(kind, task), folder / name, ROWS)
    save_model(ruled(), folder / "ruled", RULED_ROWS)
    expected = json.loads((folder / "changed" / "expected.json").read_text())
    expected["outputs"]["probability_no"][0] += 2e-6
    (folder / "changed" / "expected.json").write_text(json.dumps(expected))
    with running_mlflow(tmp_path_factory.mktemp("mlflow")) as server:
        _register(server, folder)
        yield server


def _register(server: MlflowServer, folder: Path) -> None:
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, value in (server.login() | {"MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet"}).items():
            patch.setenv(name, value)
        import mlflow  # noqa: PLC0415
        from modelyard_model.mlflow_model import log_arguments  # noqa: PLC0415

        mlflow.set_tracking_uri(server.url)
        mlflow.set_experiment("serving")
        with mlflow.start_run():
            for name in (*MODELS, "ruled"):
                mlflow.pyfunc.log_model(name=name, registered_model_name=f"{NAMESPACE}.{name}", **log_arguments(folder / name))


@dataclass
class ServingProcess:
    """A running ``modelyard-serve``."""

    url: str
    process: Server
    client: httpx.Client

    def metric(self, name: str) -> float:
        lines = self.client.get("/metrics").text.splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))

    def wait_until(self, condition: Callable[[], bool], seconds: float = 60.0) -> None:
        self.process.wait_until(condition, seconds)

    def why_unready(self) -> str:
        answer = self.client.get("/v2/health/ready")
        return "" if answer.status_code == 200 else answer.json()["error"]


@pytest.fixture
def platform(tmp_path: Path, registry: MlflowServer, s3: S3Server) -> Path:
    """The mounted ConfigMap and Secret."""
    root = tmp_path / "platform"
    return write_platform(root, registry, s3)


def write_platform(root: Path, registry: MlflowServer, s3: S3Server) -> Path:
    files = {
        "config/MLFLOW_TRACKING_URI": registry.url,
        "config/S3_ENDPOINT_URL": s3.endpoint,
        "config/S3_BUCKET": s3.bucket,
        "secret/MLFLOW_TRACKING_USERNAME": registry.admin_username,
        "secret/MLFLOW_TRACKING_PASSWORD": registry.admin_password,
        "secret/S3_ACCESS_KEY_ID": s3.access_key,
        "secret/S3_SECRET_ACCESS_KEY": s3.secret_key,
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


Serve = Callable[..., AbstractContextManager[ServingProcess]]


@pytest.fixture
def serve(platform: Path, tmp_path: Path) -> Serve:
    """``serve("mlp", deployment="flights", ready=False, DRAIN_SECONDS="2")``: the process until the block ends."""

    @contextmanager
    def start(
        name: str, *, deployment: str = "deployed", version: str = "1", sample_ratio: float = 1.0, ready: bool = True, **settings: str
    ) -> Iterator[ServingProcess]:
        (port,) = free_ports(1)
        request = {
            "namespace": NAMESPACE,
            "name": deployment,
            "model": name,
            "version": version,
            "requestLog": {"sampleRatio": sample_ratio},
        }
        given = {"HOST": "127.0.0.1", "PORT": str(port), "DRAIN_SECONDS": "0", "LOG_INTERVAL_SECONDS": "0.3", "ROOT": str(platform)}
        given |= {"REQUEST": json.dumps(request), "SCRATCH": str(tmp_path / "scratch")} | settings
        environment = clean_environment(OMP_NUM_THREADS="1", **{f"MODELYARD_{name}": value for name, value in given.items()})
        path = "/v2/health/ready" if ready else "/v2/health/live"
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            log, command = tmp_path / f"serve-{port}.log", [program("modelyard-serve")]
            with running(command, log, lambda: answers(client, path), seconds=90, environment=environment) as process:
                yield ServingProcess(f"http://127.0.0.1:{port}", process, client)

    return start


def answers(client: httpx.Client, path: str) -> bool:
    try:
        return client.get(path).status_code == 200
    except httpx.TransportError:
        return False


def json_rows() -> list[dict[str, object]]:
    """The rows of the models' example, as records."""
    return [dict(zip(ROWS, values, strict=True)) for values in zip(*ROWS.values(), strict=True)]


def login_environment(registry: MlflowServer) -> dict[str, str]:
    return clean_environment(
        MLFLOW_ALLOW_PICKLE_DESERIALIZATION="false", OMP_NUM_THREADS="1", PYTHONPATH=str(Path.cwd()), **registry.login()
    )
