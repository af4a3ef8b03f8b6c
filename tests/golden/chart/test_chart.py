"""What the chart installs, and what its schema refuses."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev.cluster.binaries import ensure

CHART = Path(__file__).parents[3] / "helm/modelyard"
SEED = "seed=golden-golden-golden-golden-golden"
DEVELOPMENT = ["seaweedfs.enabled=true", SEED, "namespaces={team-a,team-b}", "mlflow.externalUrl=https://mlflow.example.com"]
OWN_SERVERS = [
    "mlflow.enabled=false",
    "mlflow.url=https://mlflow.example.com",
    "mlflow.operatorSecret=mlflow-login",
    "s3.endpoint=https://s3.example.com",
    "s3.bucket=models",
    "namespaces={team-a}",
    SEED,
]


def test_lint_passes_on_the_defaults() -> None:
    finished = subprocess.run([str(ensure(["helm"])["helm"]), "lint", str(CHART)], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout


def helm_template(*values: str, namespace: str = "modelyard-system") -> subprocess.CompletedProcess[str]:
    settings = [argument for value in values for argument in ("--set", value)]
    command = [str(ensure(["helm"])["helm"]), "template", "modelyard", str(CHART), "--namespace", namespace, *settings]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def rendered(*values: str, namespace: str = "modelyard-system") -> list[dict[str, Any]]:
    finished = helm_template(*values, namespace=namespace)
    assert finished.returncode == 0, finished.stderr
    return [each for each in yaml.safe_load_all(finished.stdout) if each]


def pod_specs(objects: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    return [(each["metadata"]["name"], each["spec"]["template"]["spec"]) for each in objects if each["kind"] in ("Deployment", "Job")]


@pytest.mark.parametrize(("name", "values"), [("development", DEVELOPMENT), ("own-servers", OWN_SERVERS)])
def test_what_is_installed(golden: Callable[..., None], name: str, values: list[str]) -> None:
    golden(f"{name}.yaml", *(each for each in rendered(*values) if each["kind"] != "CustomResourceDefinition"))


def test_the_definitions_are_kept_when_the_release_goes() -> None:
    definitions = [each for each in rendered(*DEVELOPMENT) if each["kind"] == "CustomResourceDefinition"]
    assert {each["metadata"]["name"] for each in definitions} == {"trainingjobs.modelyard.io", "modeldeployments.modelyard.io"}
    assert all(each["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep" for each in definitions)


def test_the_operator_has_no_right_on_secrets() -> None:
    roles = [each for each in rendered(*DEVELOPMENT) if each["kind"] in ("ClusterRole", "Role")]
    granted = {resource for role in roles for rule in role["rules"] for resource in rule["resources"]}
    assert roles
    assert not granted & {"secrets", "configmaps", "*"}


def test_every_pod_meets_pod_security_restricted() -> None:
    specs = pod_specs(rendered(*DEVELOPMENT))
    assert len(specs) == 4
    for name, spec in specs:
        assert spec["securityContext"]["runAsNonRoot"], name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in spec["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"], name
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}, name
            assert container["securityContext"]["allowPrivilegeEscalation"] is False, name


def test_a_namespace_s_keys_open_its_own_buckets_only() -> None:
    secret = next(each for each in rendered(*DEVELOPMENT) if each["kind"] == "Secret" and each["metadata"]["name"] == "modelyard-seaweedfs")
    identities = {each["name"]: each for each in yaml.safe_load(secret["stringData"]["s3.json"])["identities"]}
    buckets = {action.partition(":")[2] for action in identities["team-a"]["actions"]}
    assert buckets == {"datasets", "modelyard-team-a"}


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([], "s3.endpoint is missing: set it to your S3 server, or seaweedfs.enabled to true"),
        (["s3.endpoint=https://s3.example.com"], "s3.mlflowSecret is missing"),
        (["seaweedfs.enabled=true", "seed=short-and-guessable"], "/seed"),
        (["seaweedfs.enabled=true", "operator.replicas=0"], "operator/replicas"),
        (["seaweedfs.enabled=true", "mlflow.enabled=false"], "mlflow.url is missing"),
        (["seaweedfs.enabled=true", "namespaces={Team_A}"], "namespaces/0"),
        (["seaweedfs.enabled=true", "images.pullPolicy=Sometimes"], "images/pullPolicy"),
        (["seaweedfs.enabled=true", "operater.replicas=2"], "operater"),
    ],
)
def test_wrong_values_are_refused(values: list[str], says: str) -> None:
    finished = helm_template(*values)
    assert finished.returncode != 0
    assert says in finished.stderr
