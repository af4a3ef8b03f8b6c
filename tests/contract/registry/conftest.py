"""A real MLflow server with authentication, our registry on it, and what a training pod would do with its own credentials."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import mlflow
import pytest
from mlflow import MlflowClient
from modelyard_api import labels
from modelyard_operator.plan import EnsureModel, RegisterVersion
from modelyard_operator.registry.evidence import Keyring
from modelyard_operator.registry.mlflow_registry import MlflowRegistry, set_up_client

from tests.servers.mlflow_server import MlflowServer, running_mlflow

NAMESPACE = "ml"
POD_PASSWORD = "only-for-this-test"
OTHER_TEAM = "team-a"
KEYRING = Keyring(lambda: {"k1": b"evidence-key-of-these-tests-only!"})


def registration(model: str, model_id: str, run_id: str, uid: str = "uid-1", **tags: str) -> RegisterVersion:
    """Of a model of the namespace."""
    name = labels.registered_model(NAMESPACE, model)
    return RegisterVersion(name, model_id, run_id, uid, NAMESPACE, "d" * 64, "the tests say so", tags)


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    with running_mlflow(tmp_path_factory.mktemp("mlflow"), auth=True) as server:
        for namespace in (NAMESPACE, OTHER_TEAM):
            user = {"username": f"modelyard-{namespace}", "password": POD_PASSWORD}
            login = (server.admin_username, server.admin_password)
            httpx.post(f"{server.url}/api/2.0/mlflow/users/create", json=user, auth=login, timeout=30).raise_for_status()
        yield server


@contextmanager
def logged_in(environment: dict[str, str]) -> Iterator[None]:
    """As whom MLflow's client speaks."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
            patch.delenv(name, raising=False)
        for name, value in environment.items():
            patch.setenv(name, value)
        yield


@dataclass(frozen=True)
class Pod:
    """A training pod's view of MLflow: the namespace's own user."""

    server: MlflowServer
    namespace: str = NAMESPACE

    @contextmanager
    def logged_in(self) -> Iterator[MlflowClient]:
        environment = {"MLFLOW_TRACKING_USERNAME": f"modelyard-{self.namespace}", "MLFLOW_TRACKING_PASSWORD": POD_PASSWORD}
        with logged_in(environment):
            yield MlflowClient(tracking_uri=self.server.url, registry_uri=self.server.url)

    def train(self, model: str, folder: Path, uid: str, attempt: int = 1, result: Any = None) -> tuple[str, str]:
        """Log a run with a model, as training does; run id and model id."""
        with self.logged_in() as client:
            experiment = client.get_experiment_by_name(labels.experiment(self.namespace, model))
            assert experiment is not None
            run_id = client.create_run(experiment.experiment_id, tags={labels.TAG_UID: uid, labels.TAG_ATTEMPT: str(attempt)}).info.run_id
            client.log_param(run_id, "epochs", 7)
            for epoch in (1, 2):
                client.log_metric(run_id, "epoch", epoch, step=epoch)
                client.log_metric(run_id, "val_loss", 1 / epoch, step=epoch)
            client.log_metric(run_id, "diverged", float("nan"))
            if result is not None:
                client.log_text(run_id, result if isinstance(result, str) else json.dumps(result), "result.json")
            logged = client.create_logged_model(experiment.experiment_id, name="model", source_run_id=run_id)
            folder.mkdir(exist_ok=True)
            (folder / "MLmodel").write_text(f"model_id: {logged.model_id}\nflavors: {{}}\n")
            client.log_model_artifacts(logged.model_id, str(folder))
            client.finalize_logged_model(logged.model_id, "READY")
            client.set_terminated(run_id)
        return run_id, logged.model_id


@pytest.fixture
def pod(mlflow_server: MlflowServer) -> Pod:
    return Pod(mlflow_server)


@pytest.fixture
def registry(mlflow_server: MlflowServer) -> Iterator[MlflowRegistry]:
    """As the operator has it; its user is the administrator."""
    set_up_client()
    tracking_uri = mlflow.get_tracking_uri()
    with logged_in(mlflow_server.login()):
        yield MlflowRegistry(mlflow_server.url, KEYRING)
    mlflow.set_tracking_uri(tracking_uri)


@pytest.fixture
def model(registry: MlflowRegistry) -> str:
    """Name of a model that is prepared, and the test's own."""
    name = f"m{uuid.uuid4().hex[:12]}"
    registry.ensure_model(EnsureModel(NAMESPACE, name))
    return name


@pytest.fixture
def trained(pod: Pod, model: str, tmp_path: Path) -> Callable[..., tuple[str, str]]:
    """Trains the test's model; run id and model id."""

    def train(uid: str = "uid-1", attempt: int = 1, result: Any = None) -> tuple[str, str]:
        return pod.train(model, tmp_path / "model", uid, attempt, result)

    return train
