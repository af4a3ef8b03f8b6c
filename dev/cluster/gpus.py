"""Pretended GPUs: a number in the node's status that the real scheduler counts; the pods that get one run on the CPU.

The kubelet sets unknown extended resources of a node back to zero when it registers anew, so this is done at each `up`.
"""

import json
import time

from dev.cluster import kubectl, settings
from dev.cluster.commands import ClusterError

_RESOURCE = "nvidia.com/gpu"
_ALLOCATABLE_WITHIN_SECONDS = 60.0


def ensure() -> None:
    """Give the node its GPUs and wait until they may be allocated."""
    deadline = time.monotonic() + _ALLOCATABLE_WITHIN_SECONDS
    while allocatable() != settings.GPUS:
        if time.monotonic() > deadline:
            raise ClusterError(f"the node offers {allocatable()} {_RESOURCE}, not {settings.GPUS}")
        _patch()
        time.sleep(0.2)


def allocatable() -> int:
    """How many GPUs the scheduler may give to pods."""
    node = kubectl.find("node", settings.NODE_NAME)
    return int(node["status"].get("allocatable", {}).get(_RESOURCE, "0")) if node else 0


def _patch() -> None:
    """Set both figures: the kubelet would copy capacity to allocatable only at its next report."""
    figures = {_RESOURCE: str(settings.GPUS)}
    patch = json.dumps({"status": {"capacity": figures, "allocatable": figures}})
    kubectl.kubectl("patch", "node", settings.NODE_NAME, "--subresource=status", "--type=merge", "-p", patch)
