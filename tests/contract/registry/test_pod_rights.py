"""The one who trains does not promote: what a pod's credentials can and can't do in MLflow."""

from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow.exceptions import MlflowException
from modelyard_api import labels
from modelyard_operator.plan import MoveAlias
from modelyard_operator.registry.mlflow_registry import MlflowRegistry

from tests.contract.registry.conftest import NAMESPACE, Pod, registration

Train = Callable[..., tuple[str, str]]
REFUSED = "Permission denied"


@pytest.fixture
def version(registry: MlflowRegistry, model: str, trained: Train) -> str:
    run_id, model_id = trained()
    return registry.register_version(registration(model, model_id, run_id)).version


def test_a_pod_cannot_move_an_alias(registry: MlflowRegistry, pod: Pod, model: str, version: str) -> None:
    name = labels.registered_model(NAMESPACE, model)
    with pod.logged_in() as client, pytest.raises(MlflowException, match=REFUSED):
        client.set_registered_model_alias(name, "champion", version)
    assert registry.alias_version(name, "champion") == ""
    registry.move_alias(MoveAlias(name, "champion", "", version))
    with pod.logged_in() as client, pytest.raises(MlflowException, match=REFUSED):
        client.delete_registered_model_alias(name, "champion")
    assert registry.alias_version(name, "champion") == version


def test_a_pod_can_neither_register_nor_tag_nor_delete_a_version(
    registry: MlflowRegistry, pod: Pod, model: str, version: str, trained: Train
) -> None:
    name = labels.registered_model(NAMESPACE, model)
    run_id, model_id = trained("uid-2")
    with pod.logged_in() as client:
        for forbidden in (
            lambda: client.create_model_version(name, f"models:/{model_id}", run_id, model_id=model_id),
            lambda: client.set_model_version_tag(name, version, labels.TAG_UID, "another"),
            lambda: client.delete_model_version(name, version),
            lambda: client.delete_registered_model(name),
        ):
            with pytest.raises(MlflowException, match=REFUSED):
                forbidden()
    assert registry.version(name, "2") is None
    assert registry.version(name, version) is not None


def test_a_pod_reads_the_model_that_it_serves(pod: Pod, model: str, version: str, tmp_path: Path) -> None:
    with pod.logged_in() as client:
        found = client.get_model_version(labels.registered_model(NAMESPACE, model), version)
        assert found.status == "READY"
        logged = client.get_logged_model(found.source.removeprefix("models:/"))
        assert [item.path for item in client.list_logged_model_artifacts(logged.model_id)] == ["MLmodel"]
