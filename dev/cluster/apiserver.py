"""etcd and kube-apiserver alone, on free loopback ports: what a contract test of an operator needs.

etcd listens on a Unix socket in a folder only its owner may enter: no port to collide, no second set of certificates.

Authorisation (RBAC), validation, defaulting, CEL rules and watches are the real ones. Nothing else runs: no
controller acts on a Job, no owner reference is collected, a deleted namespace stays `Terminating`.
"""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from dev.cluster import binaries, certificates
from dev.cluster.certificates import CertificateAuthority
from dev.cluster.commands import ClusterError
from dev.cluster.processes import Probe

_AUDIT_POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
"""
_READY_WITHIN_SECONDS = 60.0


def etcd(data: Path, socket_file: Path) -> list[str]:
    """Flags of a single-member etcd serving on `socket_file`."""
    peer = f"unix://{socket_file}.peer"
    client = f"unix://{socket_file}"
    return [
        f"--data-dir={data}",
        "--name=default",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--log-level=warn",
    ]


def apiserver(
    authority: CertificateAuthority, etcd_socket: Path, address: str, port: int, service_range: str, other_names: Sequence[str] = ()
) -> list[str]:
    """Flags of a kube-apiserver with client certificates, RBAC and service account tokens."""
    names = ["localhost", "127.0.0.1", address, "kubernetes.default.svc", "kubernetes.default", *other_names]
    serving = authority.server("kube-apiserver", names)
    signing = authority.signing_key("service-accounts")
    return [
        f"--etcd-servers=unix://{etcd_socket}",
        f"--bind-address={address}",
        f"--secure-port={port}",
        f"--tls-cert-file={serving.certificate}",
        f"--tls-private-key-file={serving.key}",
        f"--client-ca-file={authority.files.certificate}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={signing}",
        f"--service-account-signing-key-file={signing}",
        f"--service-cluster-ip-range={service_range}",
        "--authorization-mode=Node,RBAC",
        "--profiling=false",
    ]


def audit_flags(log: Path, policy: Path) -> list[str]:
    """Flags that write one JSON event per request to `log` (who, what, when; no bodies)."""
    policy.parent.mkdir(parents=True, exist_ok=True)
    policy.write_text(_AUDIT_POLICY)
    return [f"--audit-log-path={log}", f"--audit-policy-file={policy}", "--audit-log-maxsize=200"]


@dataclass(frozen=True)
class ApiServer:
    """A running kube-apiserver; `kubeconfig` is a cluster admin's, `audit_log` holds one JSON event a line."""

    url: str
    kubeconfig: Path
    audit_log: Path | None


@contextmanager
def running_apiserver(directory: Path, audit_log: bool = False) -> Iterator[ApiServer]:
    """Run etcd and kube-apiserver with all their files in `directory`; both are stopped when the block ends.

    They also die when the process that started them does (so call it from its main thread). `ServiceAccount`
    admission is off, since nobody creates the `default` service accounts here.
    """
    programs = binaries.ensure(["etcd", "kube-apiserver"])
    directory.mkdir(parents=True, exist_ok=True)
    authority = CertificateAuthority(directory / "pki")
    audit = directory / "audit.log" if audit_log else None
    with ExitStack() as stack:
        socket_file = _short_socket_path(stack)
        stack.enter_context(_running("etcd", [str(programs["etcd"]), *_etcd_flags(directory, socket_file)], directory))
        port = _free_port()
        flags = _apiserver_flags(authority, directory, socket_file, port, audit)
        process = stack.enter_context(_running("kube-apiserver", [str(programs["kube-apiserver"]), *flags], directory))
        admin = authority.client("admin", "admin", ["system:masters"])
        url = f"https://127.0.0.1:{port}"
        _wait_until_ready(url, Probe(authority.files.certificate, admin), process, directory / "kube-apiserver.log")
        yield ApiServer(url, certificates.write(directory / "kubeconfig", url, authority, admin), audit)


def _etcd_flags(directory: Path, socket_file: Path) -> list[str]:
    durability = ["--unsafe-no-fsync"]  # the data are thrown away with the directory
    return [*etcd(directory / "etcd", socket_file), *durability]


def _apiserver_flags(authority: CertificateAuthority, directory: Path, etcd_socket: Path, port: int, audit: Path | None) -> list[str]:
    flags = apiserver(authority, etcd_socket, "127.0.0.1", port, "10.0.0.0/24")
    if audit:
        flags += audit_flags(audit, directory / "audit-policy.yaml")
    return [*flags, "--disable-admission-plugins=ServiceAccount"]


def _short_socket_path(stack: ExitStack) -> Path:
    """A Unix socket's path has at most 107 bytes, which a test's own folder may exceed."""
    folder = Path(tempfile.mkdtemp(prefix="modelyard-etcd-"))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder / "etcd.sock"


@contextmanager
def _running(name: str, command: Sequence[str], directory: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run `command`, its output in `directory`; the kernel kills it should this process die first."""
    with (directory / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *command], cwd=directory, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(url: str, probe: Probe, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while not probe.is_ok(f"{url}/readyz"):
        if process.poll() is not None:
            raise ClusterError(f"kube-apiserver ended with {process.returncode}; the end of {log}:\n{_end_of(log)}")
        if time.monotonic() > deadline:
            raise ClusterError(f"kube-apiserver not ready in {_READY_WITHIN_SECONDS:.0f} s; {log}:\n{_end_of(log)}")
        time.sleep(0.1)


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else "(no log)"
