"""What the operator makes of names that belong to somebody else, of rights as they were before, and of versions that nobody signed."""

from pathlib import Path

import httpx
import pytest
from modelyard_api import labels
from modelyard_operator.plan import EnsureModel, MoveAlias, SignVersion
from modelyard_operator.registry.evidence import Keyring
from modelyard_operator.registry.interface import NameTaken
from modelyard_operator.registry.mlflow_registry import MlflowRegistry

from tests.contract.registry.conftest import KEYRING, NAMESPACE, OTHER_TEAM, POD_PASSWORD, Pod, registration
from tests.servers.mlflow_server import MlflowServer


def give(server: MlflowServer, user: str, kind: str, resource: str, right: str) -> None:
    """As an administrator, or MLflow itself to whoever makes something."""
    grant = {"username": user, "resource_type": kind, "resource_id": resource, "permission": right}
    login = (server.admin_username, server.admin_password)
    httpx.post(f"{server.url}/api/3.0/mlflow/users/permissions/grant", json=grant, auth=login, timeout=30).raise_for_status()


def test_a_registered_model_of_somebody_else_is_left_alone(registry: MlflowRegistry, mlflow_server: MlflowServer) -> None:
    name = labels.registered_model(NAMESPACE, "victim")
    registry._client.create_registered_model(name)
    give(mlflow_server, f"modelyard-{OTHER_TEAM}", "registered_model", name, "MANAGE")
    for attempt in (lambda: registry.is_prepared(NAMESPACE, "victim"), lambda: registry.ensure_model(EnsureModel(NAMESPACE, "victim"))):
        with pytest.raises(NameTaken, match=f"registered model {name} belongs to modelyard-{OTHER_TEAM}, so nothing is done with it"):
            attempt()
    with Pod(mlflow_server, OTHER_TEAM).logged_in() as client:
        client.set_registered_model_tag(name, "mine", "still")  # nothing was taken away
    registry._client.delete_registered_model(name)


def test_an_experiment_of_somebody_else_is_left_alone(registry: MlflowRegistry, mlflow_server: MlflowServer) -> None:
    experiment = registry._client.create_experiment(labels.experiment(NAMESPACE, "renamed-into"))
    give(mlflow_server, f"modelyard-{OTHER_TEAM}", "experiment", experiment, "MANAGE")
    with pytest.raises(NameTaken, match=f"the experiment of {NAMESPACE}.renamed-into"):
        registry.ensure_model(EnsureModel(NAMESPACE, "renamed-into"))


def test_people_may_move_aliases_and_the_name_stays_ours(registry: MlflowRegistry, mlflow_server: MlflowServer, model: str) -> None:
    person, login = {"username": "alice", "password": POD_PASSWORD}, (mlflow_server.admin_username, mlflow_server.admin_password)
    httpx.post(f"{mlflow_server.url}/api/2.0/mlflow/users/create", json=person, auth=login, timeout=30).raise_for_status()
    give(mlflow_server, "alice", "registered_model", labels.registered_model(NAMESPACE, model), "EDIT")
    registry.ensure_model(EnsureModel(NAMESPACE, model))
    assert MlflowRegistry(registry._uri, KEYRING).is_prepared(NAMESPACE, model)


def test_rights_that_a_pod_has_too_many_or_too_few_are_put_right(registry: MlflowRegistry, mlflow_server: MlflowServer, pod: Pod) -> None:
    """Before, everybody could read without a right, and whoever made a model could do everything with it."""
    name = labels.registered_model(NAMESPACE, "from-before")
    registry._client.create_registered_model(name)
    registry._client.create_experiment(labels.experiment(NAMESPACE, "from-before"))
    assert not registry.is_prepared(NAMESPACE, "from-before")
    registry.ensure_model(EnsureModel(NAMESPACE, "from-before"))
    with pod.logged_in() as client:
        assert client.get_registered_model(name).name == name
    login = (mlflow_server.admin_username, mlflow_server.admin_password)
    right = {"username": f"modelyard-{NAMESPACE}", "resource_type": "registered_model", "resource_id": name}
    httpx.post(f"{mlflow_server.url}/api/3.0/mlflow/users/permissions/revoke", json=right, auth=login, timeout=30).raise_for_status()
    give(mlflow_server, f"modelyard-{NAMESPACE}", "registered_model", name, "MANAGE")
    fresh = MlflowRegistry(registry._uri, KEYRING)
    assert not fresh.is_prepared(NAMESPACE, "from-before")
    fresh.ensure_model(EnsureModel(NAMESPACE, "from-before"))
    with pod.logged_in() as client, pytest.raises(Exception, match="Permission denied"):
        client.set_registered_model_tag(name, "mine", "still")


def test_copied_evidence_is_worth_nothing(registry: MlflowRegistry, model: str, pod: Pod, tmp_path: Path) -> None:
    name = labels.registered_model(NAMESPACE, model)
    run_id, model_id = pod.train(model, tmp_path / "model", "uid-1")
    signed = registry.register_version(registration(model, model_id, run_id))
    copy = registry._client.create_model_version(name, f"models:/{model_id}", run_id, tags=dict(signed.tags), model_id=model_id)
    found = registry.version(name, copy.version)
    assert found is not None
    assert found.evidence is None
    registry.sign_version(SignVersion(name, copy.version, NAMESPACE, "", "e" * 64, "accepted by alice"))
    accepted = registry.version(name, copy.version)
    assert accepted is not None
    assert accepted.evidence is not None
    assert (accepted.evidence.digest, accepted.evidence.accepted) == ("e" * 64, "accepted by alice")


def test_a_version_is_signed_again_with_a_new_key(registry: MlflowRegistry, model: str, pod: Pod, tmp_path: Path) -> None:
    name = labels.registered_model(NAMESPACE, model)
    run_id, model_id = pod.train(model, tmp_path / "model", "uid-1")
    version = registry.register_version(registration(model, model_id, run_id)).version
    registry.move_alias(MoveAlias(name, "champion", "", version, {labels.TAG_PROMOTED_BY: "modelyard"}))
    new = b"another-key-that-signs-from-now-on"
    both = MlflowRegistry(registry._uri, Keyring(lambda: {"k1": b"evidence-key-of-these-tests-only!", "k2": new}))
    before = both.version(name, version)
    assert before is not None
    assert before.evidence is not None
    assert not before.signed_by_newest_key
    both.sign_version(SignVersion(name, version, NAMESPACE, before.evidence.uid, before.evidence.digest, before.evidence.accepted))
    after = MlflowRegistry(registry._uri, Keyring(lambda: {"k2": new})).version(name, version)
    assert after is not None
    assert after.evidence == before.evidence
    assert after.signed_by_newest_key
