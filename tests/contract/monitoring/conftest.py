"""A real S3, MLflow and Alertmanager, one registered version with a reference, and a deployment of its own for each test."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from modelyard_api.model_deployment import Monitoring
from modelyard_api.pod_contract import MonitorRequest, MonitorResult
from modelyard_clients.platform import Platform, read_platform
from modelyard_clients.s3 import client_of
from modelyard_jobs.commands.monitor import run
from modelyard_jobs.profile.profile import make_profile, to_parquet

from tests.contract.monitoring.flights import flights
from tests.contract.monitoring.traffic import Traffic
from tests.contract.monitoring.webhook_receiver import Received, receiving
from tests.servers.alertmanager_server import AlertmanagerServer, running_alertmanager
from tests.servers.mlflow_server import MlflowServer, running_mlflow
from tests.servers.s3_server import S3Server, running_s3

NAMESPACE = "ml"


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with running_s3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="session")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AlertmanagerServer]:
    with running_alertmanager(tmp_path_factory.mktemp("alertmanager")) as server:
        yield server


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    with running_mlflow(tmp_path_factory.mktemp("mlflow")) as server:
        yield server


@pytest.fixture(scope="session")
def platform_folder(tmp_path_factory: pytest.TempPathFactory, s3: S3Server, mlflow_server: MlflowServer) -> Path:
    """What pods see mounted."""
    root = tmp_path_factory.mktemp("etc")
    config = {"MLFLOW_TRACKING_URI": mlflow_server.url, "S3_ENDPOINT_URL": s3.endpoint, "S3_BUCKET": s3.bucket, "S3_REGION": s3.region}
    secret = {
        "MLFLOW_TRACKING_USERNAME": mlflow_server.admin_username,
        "MLFLOW_TRACKING_PASSWORD": mlflow_server.admin_password,
        "S3_ACCESS_KEY_ID": s3.access_key,
        "S3_SECRET_ACCESS_KEY": s3.secret_key,
    }
    for folder, files in (("config", config), ("secret", secret)):
        (root / folder).mkdir()
        for name, value in files.items():
            (root / folder / name).write_text(value)
    return root


@pytest.fixture(scope="session")
def registered(tmp_path_factory: pytest.TempPathFactory, platform_folder: Path) -> str:
    """Versions of ml.flights: 1 with a reference sample, 2 with the same, 3 of somebody else's making without one, 4 with a profile besides."""
    folder = tmp_path_factory.mktemp("model") / "flights"
    folder.mkdir()
    (folder / "network.json").write_text("{}")
    with pytest.MonkeyPatch.context() as environment, warnings.catch_warnings():
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
            environment.delenv(name, raising=False)
        warnings.simplefilter("ignore")  # MLflow's own, about what a model usually has
        read_platform(platform_folder).configure_mlflow()
        import mlflow  # noqa: PLC0415  seconds

        client = mlflow.MlflowClient()
        client.create_registered_model("ml.flights")
        with mlflow.start_run() as run:
            client.log_text(run.info.run_id, "flavors: {python_function: {loader_module: strange}}", "bare/MLmodel")
            flights().reference.write_parquet(folder / "reference.parquet")
            loader = "modelyard_model.pyfunc_loader"
            logged = mlflow.pyfunc.log_model(name="model", loader_module=loader, data_path=str(folder), pip_requirements=[])
            inputs = flights().in_order.select(pl.col("^input\\..*$"))
            made = make_profile(inputs.get_columns(), flights().in_order_at, inputs.width)
            (folder / "profile.parquet").write_bytes(to_parquet(made))
            with_profile = mlflow.pyfunc.log_model(name="profiled", loader_module=loader, data_path=str(folder), pip_requirements=[])
        for model in (logged, logged):
            client.create_model_version("ml.flights", model.model_uri, model_id=model.model_id)
        client.create_model_version("ml.flights", f"{run.info.artifact_uri}/bare", run_id=run.info.run_id)
        client.create_model_version("ml.flights", with_profile.model_uri, model_id=with_profile.model_id)
    return "flights"


@dataclass
class Deployment:
    """One ModelDeployment's monitor and all it talks to."""

    request: MonitorRequest
    platform: Platform
    traffic: Traffic
    alertmanager: AlertmanagerServer
    webhook: Received
    root: Path
    results: list[MonitorResult] = field(default_factory=list)

    def run(self, version: str | None = None) -> MonitorResult:
        """One run at the time that the traffic has reached."""
        request = self.request if version is None else self.request.model_copy(update={"version": version})
        self.platform.configure_mlflow()  # as the job's entry point does
        self.results.append(run(request, self.platform, self.traffic.now))
        return self.results[-1]

    def firing(self) -> list[dict[str, Any]]:
        return [alert for alert in self.alertmanager.firing() if alert["labels"]["deployment"] == self.request.name]


@pytest.fixture
def deploy(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    s3: S3Server,
    alertmanager: AlertmanagerServer,
    platform_folder: Path,
    registered: str,
) -> Iterator[Callable[..., Deployment]]:
    """``deploy(window=…)`` makes a deployment that is named after the test. Its time starts a little in the past, because Alertmanager's is real."""
    name = request.node.name.removeprefix("test_").replace("_", "-")[:40].strip("-")
    monkeypatch.setenv("MODELYARD_ROOT", str(tmp_path))
    for folder in ("config", "secret"):
        (tmp_path / folder).symlink_to(platform_folder / folder)
    alerts = tmp_path / "alerts" / "0"
    alerts.mkdir(parents=True)
    with receiving() as webhook:
        (alerts / "alertmanager").write_text(f"{alertmanager.url}\n")
        (alerts / "webhook").write_text(webhook.url)

        def make(**monitoring: Any) -> Deployment:
            wanted = {"alert": {"after": 2, "of": 3}} | monitoring
            wanted["alert"]["notify"] = [{"secretRef": {"name": "alert-urls"}}]
            request = MonitorRequest(
                namespace=NAMESPACE,
                name=name,
                uid=f"uid-{name}",
                model=registered,
                version="1",
                monitoring=Monitoring.model_validate(wanted),
            )
            platform = read_platform(tmp_path)
            traffic = Traffic(client_of(platform), platform.s3_bucket, NAMESPACE, name, datetime.now(UTC) - timedelta(minutes=10))
            return Deployment(request, platform, traffic, alertmanager, webhook, tmp_path)

        yield make
