"""Kubernetes' components and a few tools, built from their Go modules into a machine-wide cache, and the Debian packages that they need.

The folder's name is the hash of the module's files and the linker's flags, so a new clone of the same revision
finds the binaries of the last one, and a changed version never meets an old binary.
"""

import fcntl
import hashlib
import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from dev.cluster import locations
from dev.cluster.commands import ClusterError, run, step

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


@dataclass(frozen=True)
class GoBinary:
    """One `main` package; `minutes` is a cold build on two cores, shown to the person who waits."""

    module: str
    package: str
    minutes: float


BINARIES = {
    "etcd": GoBinary("kubernetes", "go.etcd.io/etcd/server/v3", 1),
    "kube-apiserver": GoBinary("kubernetes", "k8s.io/kubernetes/cmd/kube-apiserver", 5),
    "kube-controller-manager": GoBinary("kubernetes", "k8s.io/kubernetes/cmd/kube-controller-manager", 2),
    "kube-scheduler": GoBinary("kubernetes", "k8s.io/kubernetes/cmd/kube-scheduler", 1),
    "kubelet": GoBinary("kubernetes", "k8s.io/kubernetes/cmd/kubelet", 2),
    "kube-proxy": GoBinary("kubernetes", "k8s.io/kubernetes/cmd/kube-proxy", 1),
    "pause": GoBinary("pause", ".", 0.1),
    "coredns": GoBinary("coredns", ".", 1.5),
    "volume-provisioner": GoBinary("volume-provisioner", ".", 0.5),
    "helm": GoBinary("helm", "helm.sh/helm/v4/cmd/helm", 2),
}


def ensure(names: Iterable[str]) -> dict[str, Path]:
    """Paths of the binaries called `names`; builds those that the cache lacks (see `BINARIES`)."""
    return {name: _ensure_one(name) for name in names}


def cached_path(name: str) -> Path:
    """Where the binary `name` of this revision is, or will be once built."""
    if name not in BINARIES:
        raise ClusterError(f"no binary is called {name!r}; there are {', '.join(sorted(BINARIES))}")
    return locations.binaries() / _content_hash(BINARIES[name].module) / name


def _ensure_one(name: str) -> Path:
    path = cached_path(name)
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with _one_builder_at_a_time():
        if not path.exists():
            minutes = BINARIES[name].minutes
            with step(f"Building {name}", f"{minutes:g} min on a cold machine, seconds when Go's build cache is warm"):
                _build(BINARIES[name], path)
    return path


def _build(binary: GoBinary, path: Path) -> None:
    if which("go") is None:
        raise ClusterError(f"{path.name} is built from source and `go` is not on the PATH: install Go 1.26 or newer (https://go.dev/dl)")
    module = locations.GO_MODULES / binary.module
    unfinished = path.with_suffix(f".{os.getpid()}.unfinished")
    run(
        ["go", "build", "-mod=readonly", "-trimpath", "-ldflags", linker_flags(binary.module), "-o", unfinished, binary.package],
        cwd=module,
        env={"CGO_ENABLED": "0"},
    )
    unfinished.replace(path)  # a build that was interrupted never looks finished


def linker_flags(module: str) -> str:
    """Strip symbols, and set the version: an API server built without announces v0.0.0, and clients refuse it."""
    required = _required_versions(module)
    values = {}
    if kubernetes := required.get("k8s.io/kubernetes"):
        major, minor = kubernetes.removeprefix("v").split(".")[:2]
        package = "k8s.io/component-base/version"
        values = {f"{package}.gitVersion": kubernetes, f"{package}.gitMajor": major, f"{package}.gitMinor": minor}
    if helm := required.get("helm.sh/helm/v4"):
        values = {"helm.sh/helm/v4/internal/version.version": helm}
    return " ".join(["-s -w", *(f"-X {name}={value}" for name, value in values.items())])


def _required_versions(module: str) -> dict[str, str]:
    """Version of each Go module that go.mod of `module` requires."""
    text = (locations.GO_MODULES / module / "go.mod").read_text()
    return dict(re.findall(r"^\s+(\S+) (v\S+)", text, re.MULTILINE))


def _content_hash(module: str) -> str:
    digest = hashlib.sha256(linker_flags(module).encode())
    folder = locations.GO_MODULES / module
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(str(file.relative_to(folder)).encode() + b"\0" + file.read_bytes() + b"\0")
    return f"{module}-{digest.hexdigest()[:16]}"


@contextmanager
def _one_builder_at_a_time() -> Iterator[None]:
    """Two clones that start together build once: the second waits and then finds the binary."""
    with (locations.binaries() / "building.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def ensure_packages(packages: Sequence[str] = PACKAGES) -> None:
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
