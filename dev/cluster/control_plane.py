"""etcd, kube-apiserver, kube-controller-manager and kube-scheduler of the node."""

import time
from pathlib import Path

from dev.cluster import apiserver, binaries, certificates, locations, processes
from dev.cluster.certificates import CertificateAuthority
from dev.cluster.commands import ClusterError
from dev.cluster.processes import Probe

_READY_WITHIN_SECONDS = 60.0


def authority() -> CertificateAuthority:
    """The cluster's certificate authority; made at its first use."""
    return CertificateAuthority(locations.cluster() / "pki")


def admin_kubeconfig(file: Path) -> Path:
    """Write a cluster administrator's kubeconfig to `file`."""
    admin = authority().client("admin", "modelyard-admin", ["system:masters"])
    return certificates.write(file, locations.API_URL, authority(), admin)


def component_kubeconfig(name: str, user: str, *groups: str) -> Path:
    """Write the kubeconfig with which a component signs in as `user`."""
    pair = authority().client(name, user, groups)
    return certificates.write(locations.cluster() / "kubeconfigs" / name, locations.API_URL, authority(), pair)


def probe() -> Probe:
    """Asks the API server as an administrator."""
    ca = authority()
    return Probe(ca.files.certificate, ca.client("admin", "modelyard-admin", ["system:masters"]))


def start() -> None:
    """Start what doesn't run yet and wait until the API server is ready."""
    programs = binaries.ensure(["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"])
    folder = locations.cluster()
    socket_file = folder / "etcd.sock"
    processes.ensure_running("etcd", [str(programs["etcd"]), *apiserver.etcd(folder / "etcd", socket_file)])
    processes.ensure_running("kube-apiserver", [str(programs["kube-apiserver"]), *_apiserver_flags(socket_file)])
    _wait_until_ready()
    for name, flags in (("kube-controller-manager", _controller_flags()), ("kube-scheduler", _scheduler_flags())):
        processes.ensure_running(name, [str(programs[name]), *flags])


def audit_log() -> Path:
    """One JSON event per API request, level Metadata."""
    return locations.cluster() / "audit" / "audit.log"


def _apiserver_flags(etcd_socket: Path) -> list[str]:
    ca = authority()
    kubelet_client = ca.client("kube-apiserver-kubelet-client", "kube-apiserver-kubelet-client", ["system:masters"])
    audit_log().parent.mkdir(parents=True, exist_ok=True)
    return [
        *apiserver.apiserver(
            ca, etcd_socket, locations.NODE_ADDRESS, locations.API_PORT, locations.SERVICE_RANGE, [locations.API_SERVICE_ADDRESS]
        ),
        *apiserver.audit_flags(audit_log(), locations.cluster() / "audit" / "policy.yaml"),
        f"--advertise-address={locations.NODE_ADDRESS}",
        "--enable-admission-plugins=NodeRestriction",
        f"--kubelet-certificate-authority={ca.files.certificate}",
        f"--kubelet-client-certificate={kubelet_client.certificate}",
        f"--kubelet-client-key={kubelet_client.key}",
        "--kubelet-preferred-address-types=InternalIP",
        "--allow-privileged=true",
    ]


def _controller_flags() -> list[str]:
    ca = authority()
    kubeconfig = component_kubeconfig("kube-controller-manager", "system:kube-controller-manager")
    return [
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        f"--root-ca-file={ca.files.certificate}",
        f"--service-account-private-key-file={ca.signing_key('service-accounts')}",
        f"--cluster-signing-cert-file={ca.files.certificate}",
        f"--cluster-signing-key-file={ca.files.key}",
        "--use-service-account-credentials=true",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",  # one of each: no lease to wait for after a restart
    ]


def _scheduler_flags() -> list[str]:
    kubeconfig = component_kubeconfig("kube-scheduler", "system:kube-scheduler")
    return [
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
    ]


def _wait_until_ready() -> None:
    prober = probe()
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while not prober.is_ok(f"{locations.API_URL}/readyz"):
        for name in ("etcd", "kube-apiserver"):
            if not processes.runs(name):
                raise ClusterError(f"{name} has ended:\n{processes.end_of_log(name)}")
        if time.monotonic() > deadline:
            raise ClusterError(f"the API server is not ready:\n{processes.end_of_log('kube-apiserver')}")
        time.sleep(0.1)
