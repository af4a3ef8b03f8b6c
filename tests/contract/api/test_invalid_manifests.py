"""The API server itself rejects what is wrong, with a message that names the field and the fix."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client, config

from dev.cluster.apiserver import ApiServer

FOLDER = Path(__file__).parent
VALID: dict[str, dict[str, Any]] = {
    "TrainingJob": {
        "objective": {"target": "species"},
        "data": {"source": {"uri": "s3://datasets/penguins.csv"}},
    },
    "ModelDeployment": {
        "model": {"name": "flights", "alias": "champion"},
        "monitoring": {"window": {"rows": 5000}},
    },
}
PLURALS = {"TrainingJob": "trainingjobs", "ModelDeployment": "modeldeployments"}
CASES = [(kind, case) for kind, cases in yaml.safe_load((FOLDER / "invalid_manifests.yaml").read_text()).items() for case in cases]


@pytest.fixture(scope="module")
def api(api_server: ApiServer) -> client.CustomObjectsApi:
    return client.CustomObjectsApi(config.new_client_from_config(str(api_server.kubeconfig)))


def merged(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """JSON merge patch (RFC 7396)."""
    result = copy.deepcopy(base)
    for key, value in change.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = merged({}, value) if isinstance(value, dict) else value
    return result


def manifest(kind: str, spec: dict[str, Any], name: str = "sample") -> dict[str, Any]:
    return {"apiVersion": "modelyard.io/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def create(api: client.CustomObjectsApi, body: dict[str, Any], *, dry_run: bool = True) -> dict[str, Any]:
    options = {"dry_run": "All"} if dry_run else {}
    created: dict[str, Any] = api.create_namespaced_custom_object(
        "modelyard.io", "v1alpha1", "default", PLURALS[body["kind"]], body, field_validation="Strict", **options
    )
    return created


@pytest.mark.parametrize("kind", VALID)
def test_the_unchanged_manifest_is_accepted(api: client.CustomObjectsApi, kind: str) -> None:
    assert create(api, manifest(kind, VALID[kind]))["spec"]


@pytest.mark.parametrize(("kind", "case"), CASES, ids=[f"{kind}: {case['case']}" for kind, case in CASES])
def test_rejected_with_the_field_and_the_fix(api: client.CustomObjectsApi, kind: str, case: dict[str, Any]) -> None:
    body = manifest(kind, merged(VALID[kind], case["change"]), case.get("name", "sample"))
    with pytest.raises(client.ApiException) as refusal:
        create(api, body)
    assert refusal.value.status in (400, 422)
    for words in case["says"]:
        assert words in message_of(refusal.value)


def message_of(refusal: client.ApiException) -> str:
    return str(json.loads(refusal.body)["message"])


IMMUTABLE = [
    ({"objective": {"target": "sex"}}, "spec.objective can't be changed"),
    ({"data": {"source": {"uri": "s3://datasets/other.csv"}}}, "spec.data can't be changed"),
    ({"model": {"architecture": "MLP"}}, "spec.model can't be changed"),
    ({"training": {"seed": 7}}, "spec.training can't be changed"),
    ({"workers": {"gracePeriodSeconds": 5}}, "spec.workers can't be changed"),
    ({"policy": {"retries": 9}}, "only suspend and ttlSecondsAfterFinished can be changed"),
    ({"policy": {"deadlineSeconds": 9}}, "only suspend and ttlSecondsAfterFinished can be changed"),
]


@pytest.fixture(scope="module")
def existing(api: client.CustomObjectsApi) -> dict[str, Any]:
    return create(api, manifest("TrainingJob", VALID["TrainingJob"], "existing"), dry_run=False)


@pytest.mark.parametrize(("change", "says"), IMMUTABLE, ids=[says for _, says in IMMUTABLE])
def test_an_experiment_is_not_changed(api: client.CustomObjectsApi, existing: dict[str, Any], change: dict[str, Any], says: str) -> None:
    with pytest.raises(client.ApiException) as refusal:
        patch(api, existing, change)
    assert says in message_of(refusal.value)


@pytest.mark.parametrize(
    "change",
    [{"policy": {"suspend": True}}, {"policy": {"ttlSecondsAfterFinished": 60}}, {"promotion": {"approval": "Manual"}}],
    ids=["suspend", "ttl", "promotion"],
)
def test_what_may_be_changed(api: client.CustomObjectsApi, existing: dict[str, Any], change: dict[str, Any]) -> None:
    patch(api, existing, change)


def patch(api: client.CustomObjectsApi, existing: dict[str, Any], change: dict[str, Any]) -> None:
    api.patch_namespaced_custom_object(
        "modelyard.io", "v1alpha1", "default", "trainingjobs", existing["metadata"]["name"], {"spec": change}, dry_run="All"
    )
