"""MLflow comes back from a backup that is older than what the cluster knows, and the operator is installed anew: nothing is trained or promoted again."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from modelyard_api import labels

from dev.cluster import apiserver
from tests.contract.kube.eventually import eventually
from tests.contract.training.conftest import PATIENCE, Room
from tests.contract.training.scripted_pods import train
from tests.contract.training.test_operator_restarted import writes
from tests.servers.mlflow_server import MlflowServer, running_mlflow


@pytest.fixture
def mlflow(tmp_path: Path) -> Iterator[MlflowServer]:
    """Of this test alone: it is stopped, and started on other data."""
    with running_mlflow(tmp_path / "mlflow", auth=True) as server:
        yield server


def test_a_registry_of_yesterday(room: Room, api_server: apiserver.ApiServer, tmp_path: Path) -> None:
    uid = room.apply()
    room.operator.start()
    eventually(room.pods.jobs, PATIENCE)
    room.pods.run("penguins-1")
    backup = shutil.copytree(tmp_path / "mlflow", tmp_path / "backup")  # before there was a version
    room.pods.succeed("penguins-1", train(room.namespace, uid, room.mlflow.url))
    eventually(lambda: room.state() == "Promoted", PATIENCE)
    room.operator.stop()
    before, status = room.pods.jobs(), room.status()

    room.mlflow.process.stop()
    shutil.rmtree(tmp_path / "mlflow")
    shutil.copytree(backup, tmp_path / "mlflow")
    assert api_server.audit_log is not None
    written = len(writes(api_server.audit_log, room.namespace))
    with running_mlflow(tmp_path / "mlflow", auth=True, port=int(room.mlflow.url.rpartition(":")[2])) as restored:
        room.operator.start()
        eventually(lambda: room.operator.has_reconciled("TrainingJob"), PATIENCE)
        name = labels.registered_model(room.namespace, "penguins")
        assert list(restored.client().search_model_versions(f"name = '{name}'")) == []
        assert restored.client().get_registered_model(name).aliases == {}
    after = writes(api_server.audit_log, room.namespace)[written:]
    assert {resource for _, resource in after} == {"leases"}
    assert (room.pods.jobs(), room.status()) == (before, status)
