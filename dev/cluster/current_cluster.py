"""CLUSTER=current: an existing cluster, as kubectl would choose it. It is looked at, never started, changed or stopped."""

import json
import os
from pathlib import Path

from dev.cluster import kubectl
from dev.cluster.commands import ClusterError, run, say

_IMAGES = """\
Images get there by your own registry. For each image, from the repository:
  docker build -f operator/Dockerfile -t REGISTRY/modelyard/operator:TAG . && docker push REGISTRY/modelyard/operator:TAG
  (likewise jobs/Dockerfile, jobs/monitoring.Dockerfile, serving/Dockerfile; for the development servers dev/images/*.Dockerfile)
and name them in Helm values: images.operator.repository, images.operator.tag, and so on."""


def run_command(command: str) -> int:
    """Do for an existing cluster what `command` means there."""
    match command:
        case "kubeconfig":
            print(_kubeconfig())
        case "up" | "status":
            _check()
            say(_IMAGES)
        case "images":
            say(_IMAGES)
        case _:
            raise ClusterError(f"`{command}` is not done to a cluster that was not started here (CLUSTER=current)")
    return 0


def _kubeconfig() -> Path:
    """The file kubectl reads: the first existing one of KUBECONFIG, else ~/.kube/config."""
    named = os.environ.get("KUBECONFIG", "")
    candidates = [Path(part) for part in named.split(os.pathsep) if part] or [Path.home() / ".kube" / "config"]
    for candidate in candidates:
        if candidate.exists():
            return candidate
    raise ClusterError(f"CLUSTER=current needs a kubeconfig; looked at {', '.join(map(str, candidates))}. Set KUBECONFIG.")


def _check() -> None:
    """Raise `ClusterError` unless the cluster can be reached and its user may install the chart."""
    call: list[str | Path] = [kubectl.program(), "--kubeconfig", _kubeconfig(), "--request-timeout=10s"]
    context = run([*call, "config", "current-context"]).strip()
    version = json.loads(run([*call, "get", "--raw", "/version"]))["gitVersion"]
    nodes = run([*call, "get", "nodes", "-o", "name"]).split()
    for verb, resource in (("create", "customresourcedefinitions"), ("create", "namespaces"), ("create", "clusterroles")):
        if not _may(call, verb, resource):
            raise ClusterError(f"context {context}: you may not {verb} {resource}, which installing the chart needs")
    say(f"context {context}: {len(nodes)} node(s), Kubernetes {version}")


def _may(call: list[str | Path], verb: str, resource: str) -> bool:
    try:
        return run([*call, "auth", "can-i", verb, resource, "--all-namespaces"]).strip() == "yes"
    except ClusterError:
        return False
