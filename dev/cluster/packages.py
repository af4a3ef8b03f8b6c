"""Debian packages the node and the image builds need."""

import subprocess
from collections.abc import Sequence

from dev.cluster.commands import ClusterError, run
from dev.cluster.progress import step

PACKAGES = (
    "buildah",
    "conntrack",
    "containerd",
    "containernetworking-plugins",
    "debootstrap",
    "iproute2",
    "iptables",
    "nftables",
    "runc",
    "skopeo",
)


def ensure(packages: Sequence[str] = PACKAGES) -> None:
    """Install what is missing with apt; asks dpkg first, so that a second run costs nothing."""
    missing = _missing(packages)
    if not missing:
        return
    with step(f"Installing {', '.join(missing)}", "20 s"):
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        try:
            run(["apt-get", "update", "-q"], env=quiet)
            run(["apt-get", "install", "-q", "-y", "--no-install-recommends", *missing], env=quiet)
        except ClusterError as error:
            raise ClusterError(f"{error}\nInstall these packages yourself: {' '.join(missing)}") from error


def _missing(packages: Sequence[str]) -> list[str]:
    command = ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n", *packages]
    try:
        # dpkg-query ends with 1 when a package is unknown, and still lists the others
        answer = subprocess.run(command, check=False, capture_output=True, text=True).stdout
    except FileNotFoundError as error:
        raise ClusterError("this cluster runs on Debian or Ubuntu (no dpkg-query here); elsewhere use CLUSTER=current") from error
    installed = {line.split()[0] for line in answer.splitlines() if line.endswith(" installed")}
    return [package for package in packages if package not in installed]
