"""The node's own two programs: kubelet and kube-proxy."""

import json
import time
from pathlib import Path
from typing import Any

from dev.cluster import binaries, containerd, control_plane, kubectl, locations, processes
from dev.cluster.commands import ClusterError

_READY_WITHIN_SECONDS = 90.0


def start() -> None:
    """Start kubelet and kube-proxy unless they run, and wait until the node is Ready."""
    programs = binaries.ensure(["kubelet", "kube-proxy"])
    configuration = json.dumps(_kubelet_configuration(), indent=2)
    file = locations.cluster() / "kubelet.json"
    file.write_text(configuration)
    last_report = _ready_condition().get("lastHeartbeatTime")
    started = processes.ensure_running("kubelet", [str(programs["kubelet"]), *_kubelet_flags(file)], configuration)
    processes.ensure_running("kube-proxy", [str(programs["kube-proxy"]), *_proxy_flags()])
    _wait_until_ready(report_other_than=last_report if started else None)


def state() -> Path:
    """The kubelet's folder: volumes of pods, plugin sockets, checkpoints."""
    return locations.cluster() / "kubelet"


def is_ready() -> bool:
    """Whether the API server holds the node for Ready."""
    return _ready_condition().get("status") == "True"


def _ready_condition() -> dict[str, str]:
    node = kubectl.find("node", locations.NODE_NAME)
    conditions: list[dict[str, str]] = node["status"].get("conditions", []) if node else []
    return next((condition for condition in conditions if condition["type"] == "Ready"), {})


def _kubelet_configuration() -> dict[str, Any]:
    ca = control_plane.authority()
    serving = ca.server("kubelet", [locations.NODE_NAME, locations.NODE_ADDRESS])
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": locations.NODE_ADDRESS,
        "authentication": {"anonymous": {"enabled": False}, "x509": {"clientCAFile": str(ca.files.certificate)}},
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(serving.certificate),
        "tlsPrivateKeyFile": str(serving.key),
        "clusterDNS": [locations.DNS_ADDRESS],
        "clusterDomain": "cluster.local",
        "containerRuntimeEndpoint": f"unix://{containerd.socket_file()}",
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,
        "enforceNodeAllocatable": [],  # no cgroup of its own for all pods: works inside containers as well
        "failSwapOn": False,
        # Absolute limits: the default ones are percentages, and a large disk that is nine tenths full has room enough.
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1Gi", "imagefs.available": "1Gi"},
        "syncFrequency": "5s",  # a Secret that changed is in its pods by then, instead of a minute
        "imageGCHighThresholdPercent": 100,  # images can't be pulled again, so none is collected
        "imageGCLowThresholdPercent": 99,
        "serializeImagePulls": False,
        "podLogsDir": str(locations.cluster() / "pod-logs"),
        "volumePluginDir": str(state() / "volume-plugins"),
    }


def _kubelet_flags(configuration: Path) -> list[str]:
    kubeconfig = control_plane.component_kubeconfig("kubelet", f"system:node:{locations.NODE_NAME}", "system:nodes")
    return [
        f"--config={configuration}",
        f"--kubeconfig={kubeconfig}",
        f"--root-dir={state()}",
        f"--cert-dir={state() / 'pki'}",
        f"--hostname-override={locations.NODE_NAME}",
        f"--node-ip={locations.NODE_ADDRESS}",
    ]


def _proxy_flags() -> list[str]:
    kubeconfig = control_plane.component_kubeconfig("kube-proxy", "system:kube-proxy")
    return [
        f"--kubeconfig={kubeconfig}",
        "--proxy-mode=nftables",
        f"--hostname-override={locations.NODE_NAME}",
        f"--cluster-cidr={locations.POD_RANGE}",
        "--conntrack-max-per-core=0",  # leaves the machine's connection table as it is
        "--conntrack-tcp-timeout-established=0s",
        "--conntrack-tcp-timeout-close-wait=0s",
    ]


def _wait_until_ready(report_other_than: str | None) -> None:
    """Wait for Ready in a report of this kubelet: after a crash the last report still says Ready."""
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while True:
        condition = _ready_condition()
        if condition.get("status") == "True" and condition.get("lastHeartbeatTime") != report_other_than:
            return
        for name in ("kubelet", "kube-proxy", "containerd"):
            if not processes.runs(name):
                raise ClusterError(f"{name} has ended:\n{processes.end_of_log(name)}")
        if time.monotonic() > deadline:
            raise ClusterError(f"the node is not Ready:\n{processes.end_of_log('kubelet')}")
        time.sleep(0.3)
