"""What is different about a cluster: field managers, other people's fields, kubeconfigs, files that pods can't read."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml
from kubernetes import client, config
from modelyard_operator.kube.interface import MODEL_DEPLOYMENT

from tests.contract.cli.conftest import Cluster, Command, OwnProcess, apply, model_deployment, training_job
from tests.contract.cli.test_kubectl_columns import KUBECTL


def managers(cluster: Cluster) -> set[tuple[str, str]]:
    api = client.CustomObjectsApi(config.new_client_from_config(str(cluster.kubeconfig)))
    found = api.get_namespaced_custom_object("modelyard.io", "v1alpha1", cluster.namespace, "modeldeployments", "flights")
    return {(each["manager"], each["operation"]) for each in found["metadata"]["managedFields"]}


def with_kubectl(cluster: Cluster, body: object) -> None:
    command = [str(KUBECTL), "--kubeconfig", str(cluster.kubeconfig), "-n", cluster.namespace, "apply", "--server-side", "-f", "-"]
    subprocess.run(command, input=json.dumps(body), capture_output=True, text=True, check=True)


def test_apply_is_server_side_under_a_name_of_its_own(cluster: Cluster) -> None:
    apply(cluster, model_deployment())
    assert managers(cluster) == {("modelyard-cli", "Apply")}


def test_fields_of_others_are_taken_over_only_when_told(cluster: Cluster) -> None:
    with_kubectl(cluster, model_deployment(replicas=2))
    ended = cluster.modelyard.run("apply", "-f", "-", stdin=json.dumps(model_deployment(replicas=3)))
    assert ended.returncode == 2
    assert 'conflict with "kubectl"' in ended.stderr
    assert ".spec.replicas" in ended.stderr
    assert "--force-conflicts" in ended.stderr
    assert cluster.kube.get(MODEL_DEPLOYMENT, cluster.namespace, "flights")["spec"]["replicas"] == 2
    apply(cluster, model_deployment(replicas=3), options=("--force-conflicts",))
    assert cluster.kube.get(MODEL_DEPLOYMENT, cluster.namespace, "flights")["spec"]["replicas"] == 3


def test_a_file_of_this_machine_is_refused_with_what_to_do(cluster: Cluster) -> None:
    body = training_job()
    body["spec"]["data"]["source"]["uri"] = "./flights.csv"
    ended = cluster.modelyard.run("apply", "-f", "-", stdin=json.dumps(body))
    assert ended.returncode == 2
    assert "pods on a cluster can't read" in ended.stderr
    assert "aws s3 cp ./flights.csv" in ended.stderr


def test_a_namespace_that_is_not_there(cluster: Cluster) -> None:
    lost = Command(("--kubeconfig", str(cluster.kubeconfig), "-n", "none"), cluster.modelyard.environment)
    ended = lost.run("apply", "-f", "-", stdin=json.dumps(model_deployment()))
    assert (ended.returncode, 'namespaces "none" not found' in ended.stderr) == (2, True)


@pytest.fixture
def kubeconfig(cluster: Cluster, tmp_path: Path) -> Path:
    """Two contexts: this namespace of the cluster, and a server that doesn't answer."""
    content = yaml.safe_load(cluster.kubeconfig.read_text())
    name = content["contexts"][0]["name"]
    content["contexts"][0]["context"]["namespace"] = cluster.namespace
    content["clusters"].append({"name": "gone", "cluster": {"server": "https://127.0.0.1:1"}})
    content["contexts"].append({"name": "gone", "context": {"cluster": "gone", "user": content["contexts"][0]["context"]["user"]}})
    content["current-context"] = name
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(content))
    return path


def test_contexts_bring_their_namespace(cluster: Cluster, kubeconfig: Path) -> None:
    apply(cluster, training_job())
    name = yaml.safe_load(kubeconfig.read_text())["current-context"]
    command = OwnProcess(("--context", name), {**cluster.modelyard.environment, "KUBECONFIG": str(kubeconfig)})
    assert command("get", "tj", "-o", "name") == "trainingjob.modelyard.io/flights\n"


def test_options_stand_before_the_verb_too(cluster: Cluster, kubeconfig: Path) -> None:
    apply(cluster, training_job())
    command = OwnProcess((), {**cluster.modelyard.environment, "KUBECONFIG": str(kubeconfig)})
    name = yaml.safe_load(kubeconfig.read_text())["current-context"]
    assert command("--context", name, "get", "tj", "-o", "name") == "trainingjob.modelyard.io/flights\n"


def test_without_a_platform_here_the_kubeconfig_is_used_and_named(cluster: Cluster, kubeconfig: Path) -> None:
    apply(cluster, training_job())
    command = OwnProcess((), {**cluster.modelyard.environment, "KUBECONFIG": str(kubeconfig)})
    ended = command.run("get", "tj", "-o", "name")
    assert ended.stdout == "trainingjob.modelyard.io/flights\n"
    assert "no platform on this machine: using context" in ended.stderr


def test_a_server_that_does_not_answer(cluster: Cluster, kubeconfig: Path) -> None:
    command = OwnProcess(("--context", "gone"), {**cluster.modelyard.environment, "KUBECONFIG": str(kubeconfig)})
    ended = command.run("get", "tj")
    assert ended.returncode == 3
    assert "127.0.0.1" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_unknown_context(cluster: Cluster, kubeconfig: Path) -> None:
    command = OwnProcess(("--context", "nowhere"), {**cluster.modelyard.environment, "KUBECONFIG": str(kubeconfig)})
    ended = command.run("get", "tj")
    assert (ended.returncode, "nowhere" in ended.stderr) == (2, True)


def test_where_mlflow_is_has_to_be_said(cluster: Cluster) -> None:
    apply(cluster, model_deployment())
    ended = cluster.modelyard.run("rollback", "flights", "--yes")
    assert ended.returncode == 3
    assert "set MLFLOW_TRACKING_URI" in ended.stderr


def test_version_of_an_operator(cluster: Cluster) -> None:
    assert json.loads(cluster.modelyard("version", "-o", "json"))["client"]
