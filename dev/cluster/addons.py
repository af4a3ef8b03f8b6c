"""What a cluster needs beside the node itself: cluster DNS, a default StorageClass, and pretended GPUs.

The kubelet sets unknown extended resources of a node back to zero when it registers anew, so GPUs are set at each `up`.
"""

import json
import socket
import struct
import time
from pathlib import Path
from string import Template

from dev.cluster import binaries, control_plane, images, kubectl, locations, processes
from dev.cluster.commands import ClusterError

_MANIFESTS = Path(__file__).with_name("manifests")
_READY_WITHIN_SECONDS = 90.0
_NAMESPACE = "kube-system"
_RESOURCE = "nvidia.com/gpu"
_ALLOCATABLE_WITHIN_SECONDS = 60.0


def start() -> None:
    """Apply the manifests, start the volume provisioner, and wait until cluster DNS works."""
    coredns = images.ensure(["coredns"])["coredns"]
    _apply("cluster-dns.yaml", dns_address=locations.DNS_ADDRESS, coredns_image=coredns)
    _apply("storage.yaml")
    _start_volume_provisioner()
    _wait_for_dns()


def dns_works() -> bool:
    """Whether the cluster's DNS address resolves the API server's Service (RFC 1035, one question by UDP)."""
    labels = ["kubernetes", "default", "svc", "cluster", "local"]
    name = b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"
    header = struct.pack(">6H", 1, 0x0100, 1, 0, 0, 0)  # id, recursion desired, one question
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(1)
        try:
            asking.sendto(header + name + struct.pack(">2H", 1, 1), (locations.DNS_ADDRESS, 53))  # type A, class IN
            answer = asking.recv(512)
        except OSError:
            return False
    if len(answer) < len(header):
        return False
    response_code = answer[3] & 0x0F
    answer_count = int.from_bytes(answer[6:8], "big")
    return response_code == 0 and answer_count > 0


def _deployment_is_current() -> bool:
    """Whether the pod of the manifest applied last is available, and not only one of an earlier manifest."""
    deployment = kubectl.find("deployment", "coredns", _NAMESPACE)
    if deployment is None:
        return False
    status = deployment["status"]
    current = status.get("observedGeneration") == deployment["metadata"]["generation"]
    return bool(current and status.get("updatedReplicas") == 1 and status.get("availableReplicas") == 1)


def _apply(manifest: str, **values: str) -> None:
    kubectl.apply(Template((_MANIFESTS / manifest).read_text()).substitute(values))


def _start_volume_provisioner() -> None:
    program = binaries.ensure(["volume-provisioner"])["volume-provisioner"]
    kubeconfig = control_plane.component_kubeconfig("volume-provisioner", "modelyard:volume-provisioner")
    volumes = locations.cluster() / "volumes"
    volumes.mkdir(parents=True, exist_ok=True)
    processes.ensure_running("volume-provisioner", [str(program), f"--kubeconfig={kubeconfig}", f"--root={volumes}"])


def _wait_for_dns() -> None:
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while not (_deployment_is_current() and dns_works()):
        if time.monotonic() > deadline:
            described = kubectl.kubectl("describe", "pods", "-n", _NAMESPACE, "-l", "k8s-app=kube-dns")
            last_words = "\n".join(described.splitlines()[-15:])
            raise ClusterError(f"cluster DNS does not answer; its pod:\n{last_words}")
        time.sleep(0.3)


def ensure() -> None:
    """Give the node its GPUs and wait until they may be allocated."""
    deadline = time.monotonic() + _ALLOCATABLE_WITHIN_SECONDS
    while allocatable() != locations.GPUS:
        if time.monotonic() > deadline:
            raise ClusterError(f"the node offers {allocatable()} {_RESOURCE}, not {locations.GPUS}")
        _patch()
        time.sleep(0.2)


def allocatable() -> int:
    """How many GPUs the scheduler may give to pods."""
    node = kubectl.find("node", locations.NODE_NAME)
    return int(node["status"].get("allocatable", {}).get(_RESOURCE, "0")) if node else 0


def _patch() -> None:
    """Set both figures: the kubelet would copy capacity to allocatable only at its next report."""
    figures = {_RESOURCE: str(locations.GPUS)}
    patch = json.dumps({"status": {"capacity": figures, "allocatable": figures}})
    kubectl.kubectl("patch", "node", locations.NODE_NAME, "--subresource=status", "--type=merge", "-p", patch)
