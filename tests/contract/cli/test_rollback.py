"""`modelyard rollback` on a real MLflow server, for a deployment here and on a cluster."""

from collections.abc import Iterator

import pytest
from mlflow import MlflowClient
from modelyard_local.home import Addresses
from modelyard_operator.kube.interface import MODEL_DEPLOYMENT

from tests.contract.cli.conftest import Cluster, Command, Machine, Place, apply, model_deployment, set_addresses
from tests.servers.mlflow_server import MlflowServer, running_mlflow

PROMOTED_FROM = "modelyard.io.promoted_from"
VERSIONS = 4


@pytest.fixture(scope="module")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    with running_mlflow(tmp_path_factory.mktemp("mlflow"), auth=False) as server:
        yield server


@pytest.fixture
def serving(place: Place, mlflow_server: MlflowServer) -> Place:
    """A ModelDeployment that follows an alias, and that alias at the newest of four versions."""
    client = mlflow_server.client()
    name = f"{place.namespace}.flights"
    for model in client.search_registered_models(f"name = '{name}'"):
        client.delete_registered_model(model.name)
    client.create_registered_model(name)
    run = client.create_run("0")
    client.log_text(run.info.run_id, "flavors: {python_function: {loader_module: strange}}", "model/MLmodel")
    for _ in range(VERSIONS):
        client.create_model_version(name, f"{run.info.artifact_uri}/model", run_id=run.info.run_id)
    client.set_registered_model_alias(name, "champion", str(VERSIONS))
    if isinstance(place, Machine):
        set_addresses(place.home, Addresses(mlflow_url=mlflow_server.url, s3_url="http://127.0.0.1:1", gateway_url="http://127.0.0.1:1"))
    apply(place, model_deployment())
    return place


def command(place: Place, server: MlflowServer) -> Command:
    """With MLflow's address where a person on a cluster has to give it."""
    return Command(place.modelyard.options, {**place.modelyard.environment, "MLFLOW_TRACKING_URI": server.url})


def champion(place: Place, client: MlflowClient) -> str:
    return str(client.get_registered_model(f"{place.namespace}.flights").aliases["champion"])


def test_back_to_what_was_promoted_before_again_and_again(serving: Place, mlflow_server: MlflowServer) -> None:
    client, name = mlflow_server.client(), f"{serving.namespace}.flights"
    client.set_model_version_tag(name, "4", PROMOTED_FROM, "3")
    client.set_model_version_tag(name, "3", PROMOTED_FROM, "1")
    said = command(serving, mlflow_server)("rollback", "flights", "--yes")
    assert f"moved alias champion of {name} from version 4 back to version 3" in said
    assert champion(serving, client) == "3"
    tags = client.get_model_version(name, "3").tags
    assert (tags["modelyard.io.rolled_back_from"], tags[PROMOTED_FROM]) == ("4", "1")
    command(serving, mlflow_server)("rollback", "flights", "--yes")
    assert champion(serving, client) == "1"


def test_from_the_deployments_own_history_where_nothing_was_tagged(serving: Place, mlflow_server: MlflowServer) -> None:
    found = serving.kube.get(MODEL_DEPLOYMENT, serving.namespace, "flights")
    serving.kube.replace_status(MODEL_DEPLOYMENT, {**found, "status": {"history": [{"from": "2", "to": "4"}]}})
    command(serving, mlflow_server)("rollback", "flights", "--yes")
    assert champion(serving, mlflow_server.client()) == "2"


def test_to_a_version_by_name_and_not_to_one_that_is_none(serving: Place, mlflow_server: MlflowServer) -> None:
    run = command(serving, mlflow_server).run
    for to, words in {"9": "has no version 9", "4": "is at version 4 already"}.items():
        ended = run("rollback", "flights", "--to", to, "--yes")
        assert (ended.returncode, words in ended.stderr) == (2, True), ended.stderr
    assert run("rollback", "flights", "--to", "2", "--yes").returncode == 0
    assert champion(serving, mlflow_server.client()) == "2"


def test_it_asks_and_takes_no_for_an_answer(serving: Place, mlflow_server: MlflowServer) -> None:
    ended = command(serving, mlflow_server).run("rollback", "flights", "--to", "3", stdin="n\n")
    assert ended.returncode == 1
    assert "from version 4 back to version 3" in ended.stderr
    assert champion(serving, mlflow_server.client()) == "4"
    command(serving, mlflow_server)("rollback", "flights", "--to", "3", stdin="y\n")
    assert champion(serving, mlflow_server.client()) == "3"


def test_nobody_knows_what_was_before(serving: Place, mlflow_server: MlflowServer) -> None:
    ended = command(serving, mlflow_server).run("rollback", "flights", "--yes")
    assert (ended.returncode, "name one with --to" in ended.stderr) == (1, True)


def test_mlflow_that_does_not_answer(cluster: Cluster) -> None:
    apply(cluster, model_deployment())
    gone = {**cluster.modelyard.environment, "MLFLOW_TRACKING_URI": "http://127.0.0.1:1"}
    ended = Command(cluster.modelyard.options, gone).run("rollback", "flights", "--yes")
    assert (ended.returncode, "http://127.0.0.1:1" in ended.stderr) == (3, True), ended.stderr
    assert "Traceback" not in ended.stderr
