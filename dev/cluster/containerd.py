"""The container runtime of the node: an own containerd beside any other on the machine, with its own socket and store."""

import json
import time
from pathlib import Path

from dev.cluster import locations, processes
from dev.cluster.commands import ClusterError, run, succeeds

NAMESPACE = "k8s.io"  # containerd's namespace that the kubelet uses
_READY_WITHIN_SECONDS = 60.0


def socket_file() -> Path:
    """Where containerd listens."""
    return locations.cluster() / "containerd.sock"


def store() -> Path:
    """Images and their unpacked layers; `down` keeps it."""
    return locations.cluster() / "containerd"


def content_blob(digest: str) -> Path:
    """File of a blob in containerd's content store; `digest` is `sha256:<hex>`."""
    return store() / "io.containerd.content.v1.content" / "blobs" / digest.replace(":", "/")


def start(pause_image: str) -> None:
    """Start containerd, with `pause_image` as the container that holds a pod's namespaces, and wait until it is ready."""
    network = locations.cluster() / "cni"
    _write(network / "10-modelyard.conflist", json.dumps(_cni_configuration(), indent=2))
    configuration = _configuration(pause_image, network)
    file = _write(locations.cluster() / "containerd.toml", configuration)
    processes.ensure_running("containerd", ["containerd", "--config", str(file)], configuration)
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while not succeeds(["ctr", "--address", socket_file(), "version"]):
        if not processes.runs("containerd") or time.monotonic() > deadline:
            raise ClusterError(f"containerd does not answer:\n{processes.end_of_log('containerd')}")
        time.sleep(0.1)


def ctr(*arguments: str | Path, timeout: float | None = None) -> str:
    """Output of `ctr` for the kubelet's namespace."""
    return run(["ctr", "--address", socket_file(), "--namespace", NAMESPACE, *arguments], timeout=timeout)


def _write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def _configuration(pause_image: str, network: Path) -> str:
    # restrict_oom_score_adj: inside a container or a small virtual machine, lowering the score is not permitted
    return f"""\
version = 2
root = "{store()}"
state = "{locations.cluster() / "containerd-state"}"

[grpc]
address = "{socket_file()}"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{pause_image}"
restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "{network}"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = false
"""


def _cni_configuration() -> dict[str, object]:
    bridge = {
        "type": "bridge",
        "bridge": locations.BRIDGE,
        "isGateway": True,
        "ipMasq": True,
        "hairpinMode": True,  # a pod may reach itself through its Service
        "ipam": {
            "type": "host-local",
            "dataDir": str(locations.cluster() / "cni-addresses"),
            "ranges": [[{"subnet": locations.POD_RANGE}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "0.4.0", "name": locations.CNI_NETWORK, "plugins": [bridge, ports]}
