"""Team A tries to have its own model served by team B. Each way fails, and B is told why; what B serves goes on."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from mlflow import MlflowClient
from modelyard_api import labels

from dev.cluster.commands import ClusterError
from dev.platform import chart
from dev.platform.chart import client_of_s3
from dev.platform.forwarding import forwarded
from dev.platform.kubectl import Object, condition, items, kubectl, secret_value, wait_until
from tests.e2e.conftest import Platform, labelled_rows

ATTACKER = "team-a"  # a user of MLflow; of the cluster, eve may edit in B's namespace
PASSWORD = "only-for-this-test-1"
CHAMPION = {"name": "victim", "alias": "champion"}


def model_deployment(name: str, **spec: Any) -> Object:
    return {
        "apiVersion": "modelyard.io/v1alpha1",
        "kind": "ModelDeployment",
        "metadata": {"name": name},
        "spec": {"model": CHAMPION, **spec},
    }


class Mlflow:
    """As an administrator, whose rights to give are what goes wrong here, or as A."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.admin = ("admin", secret_value(chart.SYSTEM_NAMESPACE, "modelyard-mlflow", "admin-password"))

    def ask(self, path: str, body: Object, login: tuple[str, str] | None = None) -> Object:
        answer = httpx.post(f"{self.url}/api/{path}", json=body, auth=login or self.admin, timeout=60)
        if answer.status_code >= 400:
            raise PermissionError(answer.text)
        return dict(answer.json())

    def give(self, right: str, model: str) -> None:
        grant = {"username": ATTACKER, "resource_type": "registered_model", "resource_id": model, "permission": right}
        self.ask("3.0/mlflow/users/permissions/grant", grant)

    def as_attacker(self, path: str, body: Object) -> Object:
        return self.ask(f"2.0/mlflow/{path}", body, (ATTACKER, PASSWORD))


@pytest.fixture
def registry(mlflow_url: str, monkeypatch: pytest.MonkeyPatch) -> Mlflow:
    made = Mlflow(mlflow_url)
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", made.admin[0])
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", made.admin[1])
    users = httpx.get(f"{mlflow_url}/api/2.0/mlflow/users/list", auth=made.admin, timeout=60).raise_for_status().json()["users"]
    if ATTACKER not in [user["username"] for user in users]:
        made.ask("2.0/mlflow/users/create", {"username": ATTACKER, "password": PASSWORD})
    return made


@pytest.fixture(scope="module")
def served(platform: Platform) -> Iterator[Callable[[], int]]:
    """B's own model, served; asks it something."""
    uri = platform.upload("takeover/rows.csv", labelled_rows())
    spec = {"objective": {"target": "label"}, "data": {"source": {"uri": uri}}, "model": {"architecture": "Linear"}}
    job = {"apiVersion": "modelyard.io/v1alpha1", "kind": "TrainingJob", "metadata": {"name": "victim"}, "spec": spec}
    platform.apply(job, model_deployment("victim"))
    assert platform.decided("victim")["status"]["state"] == "Promoted"
    platform.until("md", "victim", "Available", "True")
    with platform.forwarded("victim", 80) as url:
        body = {"dataframe_records": [{"x": 0.9, "y": 0.9}]}
        yield lambda: httpx.post(f"{url}/invocations", json=body, timeout=30).status_code
    kubectl("delete", "md", "-n", platform.namespace, "victim", "--wait=false")


def test_a_makes_no_model_in_the_name_of_b(platform: Platform, registry: Mlflow) -> None:
    with pytest.raises(PermissionError, match="Permission denied"):
        registry.as_attacker("registered-models/create", {"name": f"{platform.namespace}.squatted"})


def test_a_name_that_a_owns_already_is_not_used(platform: Platform, registry: Mlflow) -> None:
    """As after an upgrade from a release in which everybody could make models."""
    name = f"{platform.namespace}.squatted"
    registry.ask("2.0/mlflow/registered-models/create", {"name": name})
    registry.give("MANAGE", name)
    registry.as_attacker("model-versions/create", {"name": name, "source": "s3://mlflow/artifacts/a-model-of-a"})
    registry.as_attacker("registered-models/alias", {"name": name, "alias": "champion", "version": "1"})
    platform.apply(model_deployment("squatted", model={"name": "squatted", "alias": "champion"}))
    waiting = platform.until("md", "squatted", "Available", "False", reason="VersionNotAccepted")
    assert "no TrainingJob of this namespace registered it" in condition(waiting, "Progressing")["message"]
    assert items("deployments", platform.namespace, "modelyard.io/model-deployment=squatted") == []
    kubectl("delete", "md", "-n", platform.namespace, "squatted", "--wait=false")
    spec = {"objective": {"target": "label"}, "data": {"source": {"uri": "s3://datasets/takeover/rows.csv"}}}
    platform.apply({"apiVersion": "modelyard.io/v1alpha1", "kind": "TrainingJob", "metadata": {"name": "squatted"}, "spec": spec})
    refused = platform.until("tj", "squatted", "Running", "False", reason="NameTaken")
    assert f"registered model {name} belongs to {ATTACKER}" in condition(refused, "Running")["message"]
    assert items("jobs", platform.namespace, "modelyard.io/training-job=squatted") == []
    kubectl("delete", "tj", "-n", platform.namespace, "squatted", "--wait=false")


def test_a_version_that_a_added_with_copied_evidence_is_not_served(platform: Platform, registry: Mlflow, served: Callable[[], int]) -> None:
    name = f"{platform.namespace}.victim"
    client = MlflowClient(registry.url, registry.url)
    own = client.get_model_version(name, "1")
    registry.give("EDIT", name)
    tags = [{"key": key, "value": value} for key, value in own.tags.items()]
    source = {"name": name, "source": "s3://mlflow/artifacts/a-model-of-a", "tags": tags}
    version = registry.as_attacker("model-versions/create", source)["model_version"]["version"]
    registry.as_attacker("registered-models/alias", {"name": name, "alias": "champion", "version": version})
    kubectl("annotate", "md", "-n", platform.namespace, "victim", "look=now")  # sooner than the next look at all aliases
    refused = platform.until("md", "victim", "Progressing", "False", reason="VersionNotAccepted")
    assert "Meanwhile version 1 stays." in condition(refused, "Progressing")["message"]
    assert served() == 200
    client.set_registered_model_alias(name, "champion", "1")


def test_nobody_accepts_a_version_without_the_right_or_in_another_name(platform: Platform, served: Callable[[], int]) -> None:
    binding = ("create", "rolebinding", "-n", platform.namespace, "eve-edits", "--clusterrole=edit", "--user=eve")
    kubectl(*binding)
    accept = (f"{labels.ACCEPT_ANNOTATION}=2@{'d' * 64}", f"{labels.ACCEPTED_BY_ANNOTATION}=eve")
    annotate = ("annotate", "md", "victim", "-n", platform.namespace, "--overwrite", *accept)
    with pytest.raises(ClusterError, match="user eve may not approve"):
        kubectl("--as=eve", *annotate)
    with pytest.raises(ClusterError, match="an approval is given in one's own name"):
        kubectl(*annotate)
    assert served() == 200


def test_files_that_were_changed_are_not_served(platform: Platform, registry: Mlflow, served: Callable[[], int]) -> None:
    """Whoever can write to the artifact store, or B's own pods."""
    client = MlflowClient(registry.url, registry.url)
    own = client.get_model_version(f"{platform.namespace}.victim", "1")
    folder = client.get_logged_model(own.source.removeprefix("models:/")).artifact_location.removeprefix("mlflow-artifacts:/")
    keys = [secret_value(chart.SYSTEM_NAMESPACE, "modelyard-mlflow-s3", key) for key in ("access-key", "secret-key")]
    with forwarded(chart.SYSTEM_NAMESPACE, "modelyard-seaweedfs", 8333, platform.logs / "artifacts.log") as url:
        s3 = client_of_s3(url, *keys)
        files = [one["Key"] for one in s3.list_objects_v2(Bucket="mlflow", Prefix=f"artifacts/{folder}/")["Contents"]]
        key = next(file for file in files if file.endswith("/model.json"))
        before = s3.get_object(Bucket="mlflow", Key=key)["Body"].read()
        s3.put_object(Bucket="mlflow", Key=key, Body=before + b"\n")
        try:
            platform.apply(model_deployment("victim", resources={"requests": {"cpu": "11m"}}))
            told = wait_until("the new pod says why it isn't ready", 240, lambda: _refusal(platform))
            assert "its files are not those that were accepted" in told
            assert served() == 200
        finally:
            s3.put_object(Bucket="mlflow", Key=key, Body=before)


def _refusal(platform: Platform) -> str:
    selector = "modelyard.io/model-deployment=victim,app.kubernetes.io/component=serving"
    try:
        logs = kubectl("logs", "-n", platform.namespace, "-l", selector, "--tail=-1", "--prefix=false")
    except ClusterError:  # its container is still being made
        return ""
    return next((line for line in logs.splitlines() if "not those that were accepted" in line), "")
