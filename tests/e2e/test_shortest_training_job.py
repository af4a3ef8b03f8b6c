"""A target and a URI: penguins are trained, registered, promoted and served."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import mlflow
import polars as pl
import pytest
import yaml
from modelyard_api.catalogue.architectures import automatic
from palmerpenguins import load_penguins

from dev.platform.kubectl import Object, condition, kubectl
from tests.e2e.conftest import Platform

EXAMPLE = Path(__file__).parents[2] / "manifests/examples/penguins.yaml"


@pytest.fixture(scope="module")
def penguins() -> pl.DataFrame:
    return pl.from_pandas(load_penguins())


@pytest.fixture(scope="module")
def job(platform: Platform, penguins: pl.DataFrame) -> Object:
    platform.upload("penguins.csv", penguins)
    kubectl("apply", "-n", platform.namespace, "-f", str(EXAMPLE))
    return platform.decided("penguins")


@pytest.fixture(scope="module")
def served(platform: Platform, job: Object) -> Iterator[str]:
    platform.until("md", "penguins", "Available", "True")
    with platform.forwarded("penguins", 80) as url:
        yield url


def test_it_is_promoted(job: Object) -> None:
    assert condition(job, "Promoted")["status"] == "True", job["status"]
    assert job["status"]["result"]["modelVersion"] == "1"


def test_status_shows_what_was_chosen(job: Object) -> None:
    resolved = {each["name"]: each["value"] for each in job["status"]["resolved"]}
    assert resolved["task"] == "Classification"
    assert resolved["metric"] == "f1_macro"
    assert resolved["architecture"] in automatic()
    assert job["status"]["result"]["metrics"][0]["name"] == "f1_macro"  # what METRIC shows is what was optimised


def test_describe_tells_the_story(platform: Platform, job: Object) -> None:
    described = kubectl("describe", "tj", "penguins", "-n", platform.namespace)
    for words in ("BetterThan", "baseline", "Held", "AliasMoved", "Promoted", "Registered"):
        assert words in described, described


def test_served_answers_are_what_mlflow_gives(served: str, penguins: pl.DataFrame, mlflow_login: str, platform: Platform) -> None:
    rows = penguins.drop("species")
    body = {"dataframe_records": rows.to_dicts()}
    answers = pl.DataFrame(httpx.post(f"{served}/invocations", json=body, timeout=60).raise_for_status().json()["predictions"])
    model = mlflow.pyfunc.load_model(f"models:/{platform.namespace}.penguins@champion")
    numeric = [name for name, kind in rows.schema.items() if kind.is_numeric()]
    expected = pl.from_pandas(model.predict(rows.with_columns(pl.col(numeric).cast(pl.Float64)).to_pandas()))
    assert answers["prediction"].to_list() == expected["prediction"].to_list()
    for column in [name for name in expected.columns if name.startswith("probability_")]:
        assert (answers[column] - expected[column]).abs().max() <= 1e-6  # type: ignore[operator]


def test_open_inference_protocol_answers(served: str) -> None:
    assert httpx.get(f"{served}/v2/health/ready", timeout=10).status_code == 200
    assert httpx.get(f"{served}/v2/models/penguins", timeout=10).json()["platform"]


def test_a_malformed_request_names_the_column_and_echoes_nothing(served: str) -> None:
    row = {
        "island": "Biscoe",
        "bill_length_mm": "canary-value",
        "bill_depth_mm": 18.0,
        "flipper_length_mm": 190,
        "body_mass_g": 4000,
        "sex": "male",
        "year": 2007,
    }
    answer = httpx.post(f"{served}/invocations", json={"dataframe_records": [row]}, timeout=30)
    assert answer.status_code == 400
    assert "bill_length_mm" in answer.text
    assert "canary-value" not in answer.text
    assert httpx.get(f"{served}/v2/health/ready", timeout=10).status_code == 200


def test_pods_cannot_move_an_alias(platform: Platform, job: Object, mlflow_login: str) -> None:
    with pytest.raises(mlflow.exceptions.MlflowException) as refusal:
        mlflow.MlflowClient().set_registered_model_alias(f"{platform.namespace}.penguins", "champion", "1")
    assert refusal.value.get_http_status_code() == 403 or "PERMISSION" in str(refusal.value).upper()


def test_every_pod_runs_restricted_and_without_cluster_credentials(platform: Platform, served: str) -> None:
    listed = yaml.safe_load(kubectl("get", "pods", "-n", platform.namespace, "-o", "yaml"))["items"]
    namespace = yaml.safe_load(kubectl("get", "namespace", platform.namespace, "-o", "yaml"))
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert listed
    for pod in listed:
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert not any("serviceAccountToken" in str(volume) for volume in pod["spec"]["volumes"])
