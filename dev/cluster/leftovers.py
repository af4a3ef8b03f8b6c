"""Takes away what pods leave on the machine: containers, network namespaces, masquerading rules, mounts, files."""

import json
import re
import shutil
import time
from collections.abc import Collection
from pathlib import Path

from dev.cluster import containerd, control_plane, images, kubectl, locations, processes
from dev.cluster.commands import ClusterError, run, say, succeeds

_PODS_GONE_WITHIN_SECONDS = 30.0


def remove_pods() -> None:
    """End all containers: through the kubelet, which tidies up after each, where it still runs; else one by one."""
    if processes.runs("kubelet") and control_plane.probe().is_ok(f"{locations.API_URL}/readyz"):
        for name in ("kube-controller-manager", "kube-scheduler"):
            processes.stop(name)
        kubectl.kubectl("delete", "pods", "--all", "--all-namespaces", "--force", "--grace-period=0", "--wait=false")
        _wait_until_nothing_runs()
    processes.stop("kubelet")
    if containerd.store().exists():
        _remove_containers()


def remove_everything(keep: Collection[str]) -> None:
    """Unmount and delete the cluster's files except those called `keep`."""
    _remove_masquerading()
    _unmount_below(locations.cluster())
    for entry in locations.cluster().iterdir():
        if entry.name in keep:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def remove_caches() -> None:
    """Delete images and binaries; the next start builds them again."""
    for folder in (locations.image_builds(), locations.binaries(), locations.cluster()):
        _unmount_below(folder)  # buildah's store mounts its own folder
        if folder.exists():
            shutil.rmtree(folder)


def _wait_until_nothing_runs() -> None:
    """Wait for the last task: the kubelet takes down a pod's network with it, and forgets the containers later."""
    deadline = time.monotonic() + _PODS_GONE_WITHIN_SECONDS
    while containerd.ctr("tasks", "list", "--quiet").split():
        if time.monotonic() > deadline:
            say("some containers don't end by themselves; they are ended by force")
            return
        time.sleep(0.3)


def _remove_containers() -> None:
    """End what is left by force; containerd is started for it, since it alone knows its containers' processes."""
    if not processes.runs("containerd"):
        containerd.start(images.reference("pause"))
    for container in containerd.ctr("containers", "list", "--quiet").split():
        namespace = _network_namespace(container)
        succeeds(["ctr", "--address", containerd.socket_file(), "-n", containerd.NAMESPACE, "tasks", "delete", "--force", container])
        containerd.ctr("containers", "delete", container)
        if namespace:
            succeeds(["ip", "netns", "delete", namespace])


def _network_namespace(container: str) -> str | None:
    """Name of the network namespace made for a pod, None for a container that shares another's."""
    try:
        spec = json.loads(containerd.ctr("containers", "info", container)).get("Spec") or {}
    except (ClusterError, ValueError):
        return None
    for namespace in spec.get("linux", {}).get("namespaces", []):
        path = Path(namespace.get("path", ""))
        if namespace.get("type") == "network" and path.name.startswith("cni-"):
            return path.name
    return None


def _remove_masquerading() -> None:
    """Rules the bridge plugin made for pods whose network nobody took down; each names our network in a comment."""
    rules = run(["iptables", "--wait", "-t", "nat", "-S"]).splitlines()
    ours = [rule for rule in rules if f'name: \\"{locations.CNI_NETWORK}\\"' in rule or f'name: "{locations.CNI_NETWORK}"' in rule]
    chains = set()
    for rule in ours:
        if found := re.match(r"-A POSTROUTING -s (\S+) .*-j (CNI-\w+)$", rule):
            chains.add(found.group(2))
            _delete_rule(rule)
    for chain in chains:
        succeeds(["iptables", "--wait", "-t", "nat", "-F", chain])
        succeeds(["iptables", "--wait", "-t", "nat", "-X", chain])


def _delete_rule(rule: str) -> None:
    run(["iptables-restore", "--wait", "--noflush"], input_text=f"*nat\n-D{rule.removeprefix('-A')}\nCOMMIT\n")


def _unmount_below(folder: Path) -> None:
    for mount in reversed(_mounts_below(folder)):
        if not succeeds(["umount", mount]):
            run(["umount", "--lazy", mount])


def _mounts_below(folder: Path) -> list[str]:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    points = [line.split()[4].replace("\\040", " ") for line in lines]
    return sorted(point for point in points if Path(point).is_relative_to(folder))
