"""What one team's credentials can do in MLflow with its own things and with another team's: the table of docs/security.md."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import mlflow
import pytest
from mlflow import MlflowClient
from modelyard_api import labels
from modelyard_operator.plan import EnsureModel, MoveAlias
from modelyard_operator.registry.interface import NameTaken
from modelyard_operator.registry.mlflow_registry import MlflowRegistry

from tests.contract.registry.conftest import KEYRING, NAMESPACE, OTHER_TEAM, POD_PASSWORD, Pod, logged_in, registration
from tests.servers.mlflow_server import MlflowServer

MODEL = "tenants"


@dataclass(frozen=True)
class Things:
    """Of one team: a run with a model, registered and promoted."""

    experiment: str
    run: str
    model: str  # logged
    name: str  # registered
    files: str  # path of the model's files behind MLflow's artifact proxy


@dataclass(frozen=True)
class Attempt:
    """As team A: ``own`` are its things, ``other`` those of team B. ``http`` is for what the client has no method for."""

    client: MlflowClient
    http: httpx.Client
    own: Things
    other: Things

    def file(self, things: Things) -> str:
        return f"/api/2.0/mlflow-artifacts/artifacts/{things.files}/MLmodel"

    def ask(self, method: str, path: str, **arguments: Any) -> str:
        return self.http.request(method, path, **arguments).raise_for_status().text


def made(server: MlflowServer, registry: MlflowRegistry, namespace: str, folder: Path) -> Things:
    registry.ensure_model(EnsureModel(namespace, MODEL))
    run, model = Pod(server, namespace).train(MODEL, folder, "uid-1", result={"rows": "10,000 of them"})
    name = labels.registered_model(namespace, MODEL)
    action = registration(MODEL, model, run)
    version = registry.register_version(action.__class__(**{**vars(action), "name": name, "namespace": namespace})).version
    registry.move_alias(MoveAlias(name, "champion", "", version, {}))
    experiment = registry._client.get_run(run).info.experiment_id
    files = registry._client.get_logged_model(model).artifact_location.removeprefix("mlflow-artifacts:/").strip("/")
    return Things(experiment, run, model, name, files)


@pytest.fixture(scope="module")
def teams(mlflow_server: MlflowServer, tmp_path_factory: pytest.TempPathFactory) -> tuple[Things, Things]:
    with logged_in(mlflow_server.login()):
        registry = MlflowRegistry(mlflow_server.url, KEYRING)
        own, other = (made(mlflow_server, registry, team, tmp_path_factory.mktemp(team)) for team in (OTHER_TEAM, NAMESPACE))
    return own, other


@pytest.fixture
def attempt(mlflow_server: MlflowServer, teams: tuple[Things, Things]) -> Any:
    login = (f"modelyard-{OTHER_TEAM}", POD_PASSWORD)
    before = mlflow.get_tracking_uri()
    with Pod(mlflow_server, OTHER_TEAM).logged_in() as client, httpx.Client(base_url=mlflow_server.url, auth=login, timeout=30) as http:
        mlflow.set_tracking_uri(mlflow_server.url)
        yield Attempt(client, http, *teams)
    mlflow.set_tracking_uri(before)


def _grant(user: str, resource: str) -> dict[str, str]:
    return {"username": user, "resource_type": "registered_model", "resource_id": resource, "permission": "MANAGE"}


ALLOWED: dict[str, Callable[[Attempt], Any]] = {
    "write a run": lambda a: a.client.create_run(a.own.experiment),
    "read a run": lambda a: a.client.get_run(a.own.run),
    "read a run's artifacts": lambda a: a.client.list_artifacts(a.own.run),
    "read a version": lambda a: a.client.get_model_version(a.own.name, "1"),
    "read an alias": lambda a: a.client.get_model_version_by_alias(a.own.name, "champion"),
    "fetch a file": lambda a: a.ask("GET", a.file(a.own)),
    "write a file": lambda a: a.ask("PUT", a.file(a.own), content=b"changed"),  # the server refuses what nobody accepted
    "fetch a version's files": lambda a: mlflow.artifacts.download_artifacts(f"models:/{a.own.name}/1"),
}
REFUSED: dict[str, Callable[[Attempt], Any]] = {
    # what only the operator and people with the right do
    "own: set an alias": lambda a: a.client.set_registered_model_alias(a.own.name, "champion", "1"),
    "own: delete an alias": lambda a: a.client.delete_registered_model_alias(a.own.name, "champion"),
    "own: register a version": lambda a: a.client.create_model_version(a.own.name, f"models:/{a.own.model}", model_id=a.own.model),
    "own: tag a version": lambda a: a.client.set_model_version_tag(a.own.name, "1", labels.TAG_EVIDENCE, "1.k1.0"),
    "own: delete a version": lambda a: a.client.delete_model_version(a.own.name, "1"),
    "own: delete a model": lambda a: a.client.delete_registered_model(a.own.name),
    "own: delete an experiment": lambda a: a.client.delete_experiment(a.own.experiment),
    "own: delete a run": lambda a: a.client.delete_run(a.own.run),
    # another team's
    "other: read a run": lambda a: a.client.get_run(a.other.run),
    "other: list a run's artifacts": lambda a: a.client.list_artifacts(a.other.run),
    "other: fetch a run's artifact by its page's address": lambda a: a.ask("GET", f"/get-artifact?run_uuid={a.other.run}&path=result.json"),
    "other: write a run": lambda a: a.client.create_run(a.other.experiment),
    "other: write a metric": lambda a: a.client.log_metric(a.other.run, "roc_auc", 1.0),
    "other: read a logged model": lambda a: a.client.get_logged_model(a.other.model),
    "other: read a version": lambda a: a.client.get_model_version(a.other.name, "1"),
    "other: read an alias": lambda a: a.client.get_model_version_by_alias(a.other.name, "champion"),
    "other: fetch a version's files": lambda a: mlflow.artifacts.download_artifacts(f"models:/{a.other.name}/1"),
    "other: fetch a file": lambda a: a.ask("GET", a.file(a.other)),
    "other: write a file": lambda a: a.ask("PUT", a.file(a.other), content=b"mine"),
    "other: delete a file": lambda a: a.ask("DELETE", a.file(a.other)),
    "other: list files": lambda a: a.ask("GET", f"/api/2.0/mlflow-artifacts/artifacts?path={a.other.files}"),
    "other: list all files": lambda a: a.ask("GET", "/api/2.0/mlflow-artifacts/artifacts?path="),
    "other: fetch a file through one's own folder": lambda a: a.ask(
        "GET", a.file(a.other).replace("/artifacts/", f"/artifacts/{a.own.files}/..%2f..%2f..%2f..%2f..%2f..%2f", 1)
    ),
    "other: register its model as one's own": lambda a: a.client.create_model_version(
        a.own.name, f"models:/{a.other.model}", model_id=a.other.model
    ),
    "other: set an alias": lambda a: a.client.set_registered_model_alias(a.other.name, "champion", "1"),
    "other: register a version": lambda a: a.client.create_model_version(a.other.name, f"models:/{a.own.model}", model_id=a.own.model),
    "other: delete a version": lambda a: a.client.delete_model_version(a.other.name, "1"),
    "other: rename a model": lambda a: a.client.rename_registered_model(a.other.name, "mine.now"),
    "other: rename an experiment": lambda a: a.client.rename_experiment(a.other.experiment, "mine/now"),
    # names that nobody has yet
    "make a registered model": lambda a: a.client.create_registered_model(f"{NAMESPACE}.victim"),
    "make an experiment": lambda a: a.client.create_experiment(f"{NAMESPACE}/victim"),
    "make an experiment over another's files": lambda a: a.client.create_experiment(
        "mine", artifact_location=f"mlflow-artifacts:/{a.other.experiment}"
    ),
    "make a workspace": lambda a: a.ask("POST", "/api/3.0/mlflow/workspaces", json={"name": "mine"}),
    # users, rights, webhooks
    "list users": lambda a: a.ask("GET", "/api/2.0/mlflow/users/list"),
    "make a user": lambda a: a.ask("POST", "/api/2.0/mlflow/users/create", json={"username": "mine", "password": POD_PASSWORD}),
    "become an administrator": lambda a: a.ask(
        "PATCH", "/api/2.0/mlflow/users/update-admin", json={"username": f"modelyard-{OTHER_TEAM}", "is_admin": True}
    ),
    "change another's password": lambda a: a.ask(
        "PATCH", "/api/2.0/mlflow/users/update-password", json={"username": f"modelyard-{NAMESPACE}", "password": POD_PASSWORD}
    ),
    "give oneself a right": lambda a: a.ask(
        "POST", "/api/3.0/mlflow/users/permissions/grant", json=_grant(f"modelyard-{OTHER_TEAM}", a.other.name)
    ),
    "list webhooks": lambda a: a.ask("GET", "/api/2.0/mlflow/webhooks"),
    "make a webhook": lambda a: a.ask(
        "POST",
        "/api/2.0/mlflow/webhooks",
        json={"name": "w", "url": "https://example.com", "events": [{"entity": "MODEL_VERSION", "action": "CREATED"}]},
    ),
}


@pytest.mark.parametrize("do", ALLOWED.values(), ids=ALLOWED)
def test_a_team_works_with_its_own_things(attempt: Attempt, do: Callable[[Attempt], Any]) -> None:
    do(attempt)


@pytest.mark.parametrize("do", REFUSED.values(), ids=REFUSED)
def test_a_team_may_not(attempt: Attempt, do: Callable[[Attempt], Any]) -> None:
    with pytest.raises(Exception, match=r"Permission denied|403 F"):
        do(attempt)


def test_nothing_of_another_team_is_found_by_searching(attempt: Attempt) -> None:
    client, other = attempt.client, attempt.other
    assert other.experiment not in [experiment.experiment_id for experiment in client.search_experiments()]
    assert client.search_runs([other.experiment]) == []
    assert client.search_logged_models([other.experiment]) == []
    assert other.name not in [model.name for model in client.search_registered_models()]
    assert other.name not in [version.name for version in client.search_model_versions("")]
    assert client.search_model_versions(f"name = '{other.name}'") == []


def test_a_team_renames_its_own_experiment_and_takes_no_name_with_it(attempt: Attempt, registry: MlflowRegistry) -> None:
    """The right to write runs has the right to rename in it: whoever wants the name is told, and nothing is written there."""
    name = attempt.client.get_experiment(attempt.own.experiment).name
    attempt.client.rename_experiment(attempt.own.experiment, labels.experiment(NAMESPACE, "wanted"))
    try:
        with pytest.raises(NameTaken, match=f"belongs to modelyard-{OTHER_TEAM}"):
            registry.ensure_model(EnsureModel(NAMESPACE, "wanted"))
    finally:
        attempt.client.rename_experiment(attempt.own.experiment, name)
