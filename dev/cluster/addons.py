"""What a cluster needs beside the node itself: cluster DNS and a default StorageClass."""

import time
from pathlib import Path
from string import Template

from dev.cluster import binaries, control_plane, images, kubectl, locations, processes, settings
from dev.cluster.commands import ClusterError

_MANIFESTS = Path(__file__).with_name("manifests")
_READY_WITHIN_SECONDS = 90.0
_NAMESPACE = "kube-system"


def start() -> None:
    """Apply the manifests, start the volume provisioner, and wait until cluster DNS answers."""
    coredns = images.ensure(["coredns"])["coredns"]
    _apply("cluster-dns.yaml", dns_address=settings.DNS_ADDRESS, coredns_image=coredns)
    _apply("storage.yaml")
    _start_volume_provisioner()
    _wait_for_dns()


def dns_is_ready() -> bool:
    """Whether CoreDNS of the manifest applied last is available."""
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
    while not dns_is_ready():
        if time.monotonic() > deadline:
            described = kubectl.kubectl("describe", "pods", "-n", _NAMESPACE, "-l", "k8s-app=kube-dns")
            last_words = "\n".join(described.splitlines()[-15:])
            raise ClusterError(f"cluster DNS is not available; its pod:\n{last_words}")
        time.sleep(0.3)
