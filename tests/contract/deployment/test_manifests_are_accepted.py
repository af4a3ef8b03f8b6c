"""The API server takes every golden manifest of a ModelDeployment, strictly and under Pod Security "restricted"."""

import copy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client, config

from dev.cluster.apiserver import ApiServer

GOLDEN = Path(__file__).parents[2] / "golden/deployment"
MANIFESTS = [(path.stem, manifest) for path in sorted(GOLDEN.glob("*.yaml")) for manifest in yaml.safe_load_all(path.read_text())]
TEMPLATES = {"Deployment": ("spec", "template"), "CronJob": ("spec", "jobTemplate", "spec", "template")}
PODS = [(name, manifest) for name, manifest in MANIFESTS if manifest["kind"] in TEMPLATES]
Kubectl = Callable[..., "subprocess.CompletedProcess[str]"]


def _name(case: Any) -> str:
    return f"{case['kind']}-{case['metadata']['name']}" if isinstance(case, dict) else str(case)


@pytest.fixture(scope="module")
def restricted(api_server: ApiServer) -> str:
    """A namespace that enforces and warns of the restricted level."""
    core = client.CoreV1Api(config.new_client_from_config(str(api_server.kubeconfig)))
    levels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
    core.create_namespace({"metadata": {"name": "restricted", "labels": levels}})
    return "restricted"


@pytest.fixture(scope="module")
def kubectl(api_server: ApiServer, restricted: str) -> Kubectl:
    def run(*arguments: str, manifest: dict[str, Any]) -> "subprocess.CompletedProcess[str]":
        moved = copy.deepcopy(manifest)
        moved["metadata"]["namespace"] = restricted
        command = [str(Path(sys.executable).with_name("kubectl")), "--kubeconfig", str(api_server.kubeconfig), "--warnings-as-errors"]
        return subprocess.run([*command, *arguments, "-f", "-"], input=yaml.safe_dump(moved), capture_output=True, text=True, check=False)

    return run


def _pod(manifest: dict[str, Any]) -> dict[str, Any]:
    template = manifest
    for key in TEMPLATES[manifest["kind"]]:
        template = template[key]
    pod = {"apiVersion": "v1", "kind": "Pod", **copy.deepcopy(template)}
    pod["metadata"]["name"] = "admitted"
    return pod


@pytest.mark.parametrize(("golden", "manifest"), MANIFESTS, ids=_name)
def test_manifest_is_applied_without_a_warning(kubectl: Kubectl, golden: str, manifest: dict[str, Any]) -> None:
    answer = kubectl("apply", "--server-side", "--dry-run=server", "--validate=strict", manifest=manifest)
    assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.parametrize(("golden", "manifest"), PODS, ids=_name)
def test_pod_is_admitted(kubectl: Kubectl, golden: str, manifest: dict[str, Any]) -> None:
    answer = kubectl("create", "--dry-run=server", manifest=_pod(manifest))
    assert (answer.returncode, answer.stderr) == (0, "")


def test_pod_that_asks_for_privileges_is_not(kubectl: Kubectl) -> None:
    pod = _pod(PODS[0][1])
    pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
    answer = kubectl("create", "--dry-run=server", manifest=pod)
    assert answer.returncode != 0
    assert "allowPrivilegeEscalation" in answer.stderr
