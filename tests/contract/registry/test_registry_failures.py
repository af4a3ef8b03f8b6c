"""A registry that is away, refuses us, or knows no authentication."""

import time
from pathlib import Path

import pytest
from modelyard_operator.plan import EnsureModel
from modelyard_operator.registry.interface import RegistryUnavailable
from modelyard_operator.registry.mlflow_registry import MlflowRegistry, set_up_client

from tests.contract.registry.conftest import NAMESPACE, POD_PASSWORD, logged_in, registration
from tests.servers.mlflow_server import MlflowServer, running_mlflow


def test_no_server_is_unavailable_soon_and_by_name() -> None:
    set_up_client()
    began = time.monotonic()
    with pytest.raises(RegistryUnavailable, match=r"MLflow at http://127\.0\.0\.1:1, reading registered model ml\.penguins"):
        MlflowRegistry("http://127.0.0.1:1").model_exists("ml.penguins")
    assert time.monotonic() - began < 15


def test_wrong_credentials_are_told_with_what_to_check(mlflow_server: MlflowServer) -> None:
    set_up_client()
    wrong = {"MLFLOW_TRACKING_USERNAME": "admin", "MLFLOW_TRACKING_PASSWORD": "wrong"}
    with logged_in(wrong), pytest.raises(RegistryUnavailable, match="check the operator's MLflow user and password"):
        MlflowRegistry(mlflow_server.url).aliases()


def test_an_operator_that_is_no_administrator_is_told_so(mlflow_server: MlflowServer, registry: MlflowRegistry, model: str) -> None:
    pods = {"MLFLOW_TRACKING_USERNAME": f"modelyard-{NAMESPACE}", "MLFLOW_TRACKING_PASSWORD": POD_PASSWORD}
    with logged_in(pods), pytest.raises(RegistryUnavailable, match="has to be an administrator"):
        registry.register_version(registration(model, "m-1", "run-1"))


def test_a_server_without_authentication_has_no_rights_to_give(tmp_path: Path) -> None:
    set_up_client()
    with running_mlflow(tmp_path / "mlflow", auth=False) as server, logged_in({}):
        registry = MlflowRegistry(server.url)
        registry.ensure_model(EnsureModel("anyone", "penguins"))
        assert MlflowRegistry(server.url).is_prepared("anyone", "penguins")
