"""What the machine itself must offer: root, free disk, forwarding, and the node's address."""

import os
import shutil
from pathlib import Path

from dev.cluster import locations
from dev.cluster.commands import ClusterError, run, succeeds

_TO_RUN_GIGABYTES = 3
_TO_BUILD_BINARIES_GIGABYTES = 9  # Go's module and build caches, measured
_TO_BUILD_IMAGES_GIGABYTES = 35  # PyTorch with CUDA, three times: built, stored, unpacked in the node


def check(with_images: bool) -> None:
    """Raise `ClusterError` unless this can work: root, enough free disk for what is still to be built."""
    if os.geteuid() != 0:
        raise ClusterError("a node mounts file systems and sets up networks: run this as root, or use CLUSTER=current")
    folder = locations.cache()
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free / 1e9
    needed = gigabytes_needed(with_images)
    if free < needed:
        raise ClusterError(
            f"{folder} has {free:.0f} GB free, {needed} GB are needed for what is still to be built and to run. "
            "Free some, or set MODELYARD_CACHE to a folder on a larger disk."
        )


def gigabytes_needed(with_images: bool) -> int:
    """Free disk to ask for: less, the more is there already."""
    needed = _TO_RUN_GIGABYTES
    if not locations.binaries().exists():
        needed += _TO_BUILD_BINARIES_GIGABYTES
    if with_images and not (locations.image_builds() / "used" / "jobs").exists():
        needed += _TO_BUILD_IMAGES_GIGABYTES
    return needed


def prepare_network() -> None:
    """Give the node its address and let the kernel forward between pods; repeatable."""
    run(["ip", "address", "replace", f"{locations.NODE_ADDRESS}/32", "dev", "lo"])
    # kube-proxy rewrites the destination of a packet that has a route; a machine without a network has none by default
    run(["ip", "route", "replace", locations.SERVICE_RANGE, "dev", "lo", "src", locations.NODE_ADDRESS])
    _set_kernel_setting("net/ipv4/ip_forward", "1")
    bridged = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
    if not bridged.exists():
        succeeds(["modprobe", "br_netfilter"])
    if bridged.exists():
        _set_kernel_setting("net/bridge/bridge-nf-call-iptables", "1")  # a Service must be found from the same bridge


def release_network() -> None:
    """Take back the node's address, kube-proxy's rules and the bridge."""
    succeeds(["ip", "route", "delete", locations.SERVICE_RANGE, "dev", "lo"])
    succeeds(["ip", "address", "delete", f"{locations.NODE_ADDRESS}/32", "dev", "lo"])
    succeeds(["ip", "link", "delete", locations.BRIDGE])
    for family in ("ip", "ip6"):
        succeeds(["nft", "delete", "table", family, "kube-proxy"])


def _set_kernel_setting(name: str, value: str) -> None:
    file = Path("/proc/sys") / name
    if file.read_text().strip() != value:
        file.write_text(value)
