"""What goes wrong ends in, or waits with, a condition that says what is wrong; mending it goes on."""

import contextlib
import json
import os
import signal
from pathlib import Path

import mlflow
import pytest

from dev.platform import chart
from dev.platform.kubectl import Object, condition, get, items, kubectl, secret_value, wait_until
from tests.e2e.conftest import Platform, labelled_rows

LABEL = "modelyard.io/training-job"


def training_job(name: str, uri: str, **spec: object) -> Object:
    body = {"objective": {"target": "label"}, "data": {"source": {"uri": uri}}, "model": {"architecture": "Linear"}} | spec
    return {"apiVersion": "modelyard.io/v1alpha1", "kind": "TrainingJob", "metadata": {"name": name}, "spec": body}


@pytest.fixture(scope="module")
def rows(platform: Platform) -> str:
    return platform.upload("faults/rows.csv", labelled_rows())


def test_bad_input_ends_in_words(platform: Platform, rows: str) -> None:
    cases = {
        "no-bucket": (training_job("no-bucket", "s3://no-such-bucket/rows.csv"), "DataUnavailable", "no-such-bucket"),
        "no-target": (training_job("no-target", rows, objective={"target": "lable"}), "DataInvalid", "lable"),
    }
    platform.apply(*(manifest for manifest, _, _ in cases.values()))
    for name, (_, reason, words) in cases.items():
        failed = condition(platform.decided(name), "Failed")
        assert (failed["status"], failed["reason"]) == ("True", reason), failed
        assert words in failed["message"]
        assert len(items("jobs", platform.namespace, f"{LABEL}={name}")) == 1  # bad input is not tried again


def test_a_missing_secret_is_waited_for(platform: Platform, rows: str) -> None:
    source = {"uri": rows, "credentials": {"secretRef": {"name": "my-keys"}}}
    platform.apply(training_job("waits-for-keys", rows, data={"source": source}))
    waiting = platform.until("tj", "waits-for-keys", "Running", "False", reason="SecretNotFound")
    assert "my-keys" in condition(waiting, "Running")["message"]
    keys = {
        "AWS_ACCESS_KEY_ID": secret_value(platform.namespace, "modelyard", "S3_ACCESS_KEY_ID"),
        "AWS_SECRET_ACCESS_KEY": secret_value(platform.namespace, "modelyard", "S3_SECRET_ACCESS_KEY"),
        "AWS_ENDPOINT_URL": f"http://modelyard-seaweedfs.{chart.SYSTEM_NAMESPACE}.svc:8333",
    }
    platform.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "my-keys"}, "stringData": keys})
    assert platform.decided("waits-for-keys")["status"]["state"] == "Promoted"


def test_mlflow_down_is_waited_for(platform: Platform, rows: str) -> None:
    scale_mlflow(0)
    try:
        platform.apply(training_job("waits-for-mlflow", rows))
        waiting = platform.until("tj", "waits-for-mlflow", "Running", "False", reason="RegistryUnavailable")
        assert "modelyard-mlflow" in condition(waiting, "Running")["message"]
        assert not items("jobs", platform.namespace, f"{LABEL}=waits-for-mlflow")
    finally:
        scale_mlflow(1)
    assert platform.decided("waits-for-mlflow")["status"]["state"] == "Promoted"


def scale_mlflow(replicas: int) -> None:
    kubectl("scale", "-n", chart.SYSTEM_NAMESPACE, "deployment/modelyard-mlflow", f"--replicas={replicas}")
    if replicas:
        kubectl("rollout", "status", "-n", chart.SYSTEM_NAMESPACE, "deployment/modelyard-mlflow", "--timeout=240s")
    else:
        wait_until("MLflow gone", 120, lambda: not items("pods", chart.SYSTEM_NAMESPACE, "app.kubernetes.io/component=mlflow"))


@pytest.mark.skipif(os.environ.get("CLUSTER") == "current", reason="kills processes of the node, which must be this machine")
def test_the_operator_is_killed_while_a_model_trains(platform: Platform, rows: str, mlflow_login: str) -> None:
    platform.apply(training_job("survives", rows))
    platform.until("tj", "survives", "Running", "True", seconds=180)
    assert kill_operators() >= 1
    job = platform.decided("survives")
    assert job["status"]["state"] == "Promoted"
    assert len(items("jobs", platform.namespace, f"{LABEL}=survives")) == 1
    versions = mlflow.MlflowClient().search_model_versions(f"name='{platform.namespace}.survives'")
    assert [each.version for each in versions] == ["1"]
    promoted = [each for each in events(platform, "survives") if each["reason"] == "Promoted"]
    assert len(promoted) == 1


def kill_operators() -> int:
    """kill -9 of every operator process on the node."""
    killed = 0
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):  # processes come and go
            if folder.name.isdigit() and b"modelyard-operator" in (folder / "cmdline").read_bytes():
                os.kill(int(folder.name), signal.SIGKILL)
                killed += 1
    return killed


def events(platform: Platform, name: str) -> list[Object]:
    found = json.loads(kubectl("get", "events.events.k8s.io", "-n", platform.namespace, "-o", "json"))["items"]
    return [each for each in found if each["regarding"]["name"] == name]


def test_an_unknown_model_is_said(platform: Platform) -> None:
    platform.apply(
        {
            "apiVersion": "modelyard.io/v1alpha1",
            "kind": "ModelDeployment",
            "metadata": {"name": "nobody"},
            "spec": {"model": {"name": "nobody", "alias": "champion"}},
        }
    )
    platform.until("md", "nobody", "Available", "False", reason="ModelNotFound")
    assert "nobody" in condition(get("md", "nobody", platform.namespace), "Available")["message"]
