"""The whole cluster: up, down, and how it is."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.cluster import addons, binaries, containerd, control_plane, host, images, kubectl, leftovers, locations, node, processes
from dev.cluster.commands import ClusterError, say, step

# Stopped in this order: first what would start pods anew, last what the others talk to.
_ORDER = (
    "volume-provisioner",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "containerd",
    "kube-apiserver",
    "etcd",
)


def up(with_images: bool) -> Path:
    """Bring the cluster up, or make sure that it is; the kubeconfig written for this clone.

    `with_images` says that `load_images` will follow, which needs more disk.
    """
    host.check(with_images)
    binaries.ensure_packages()
    programs = [name for name in binaries.BINARIES if name != "helm"]
    with _one_at_a_time():
        binaries.ensure(programs)
        with step("Control plane", "5 s"):
            host.prepare_network()
            control_plane.start()
            containerd.start(images.reference("pause"))
        images.ensure(images.NODE_IMAGES)
        with step("Node", "5 s"):
            node.start()
        with step("Cluster DNS, storage, GPUs", "5 s"):
            addons.start()
            addons.ensure()
        _check_that_all_run()
        file = control_plane.admin_kubeconfig(locations.CLONE_STATE / "kubeconfig")
    binaries.ensure(["helm"])
    return file


def load_images() -> None:
    """Build and transfer the project's images; Helm values that name them are written for this clone."""
    with _one_at_a_time():
        if not processes.runs("containerd"):
            raise ClusterError("the cluster doesn't run, so no image can be loaded: start it first (python -m dev.cluster up)")
        images.ensure_all()


def down(purge: bool = False) -> None:
    """Stop everything and forget the cluster's state; `purge` forgets images and binaries as well."""
    with _one_at_a_time():
        with step("Removing pods", "5 s"):
            leftovers.remove_pods()
        with step("Stopping processes", "3 s"):
            for name in [*_ORDER, *(set(processes.recorded()) - set(_ORDER))]:
                processes.stop(name)
        leftovers.remove_everything(keep=() if purge else ("containerd", "cluster.lock"))
        host.release_network()
    if purge:
        leftovers.remove_caches()
    (locations.CLONE_STATE / "kubeconfig").unlink(missing_ok=True)


def status() -> bool:
    """Print how each part is; true if all is well."""
    ready = control_plane.probe().is_ok(f"{locations.API_URL}/readyz")
    checks = {name: processes.runs(name) for name in reversed(_ORDER)}
    checks["API server ready"] = ready
    checks["node Ready"] = ready and node.is_ready()
    checks["cluster DNS works"] = ready and addons.dns_works()
    checks[f"{locations.GPUS} pretended GPUs"] = ready and addons.allocatable() == locations.GPUS
    for name, well in checks.items():
        say(f"{'ok     ' if well else 'MISSING'} {name}")
    if ready:
        say(f"pods: {len(kubectl.kubectl('get', 'pods', '-A', '-o', 'name').split())}; logs: {locations.cluster() / 'logs'}")
    return all(checks.values())


def _check_that_all_run() -> None:
    for name in _ORDER:
        if not processes.runs(name):
            raise ClusterError(f"{name} has ended:\n{processes.end_of_log(name)}")


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two clones don't start, fill or stop the one cluster of the machine at the same time."""
    locations.cluster().mkdir(parents=True, exist_ok=True)
    locations.cluster().chmod(0o700)  # etcd's socket and pods' secrets are below
    with (locations.cluster() / "cluster.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another command is at work on the cluster; waiting for it to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
