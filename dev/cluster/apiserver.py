"""etcd and kube-apiserver alone, on free loopback ports: what a contract test of an operator needs.

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

from dev.cluster import apiserver_flags, binaries, kubeconfigs
from dev.cluster.certificates import CertificateAuthority
from dev.cluster.commands import ClusterError
from dev.cluster.probes import Probe

_READY_WITHIN_SECONDS = 60.0


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
        yield ApiServer(url, kubeconfigs.write(directory / "kubeconfig", url, authority, admin), audit)


def _etcd_flags(directory: Path, socket_file: Path) -> list[str]:
    durability = ["--unsafe-no-fsync"]  # the data are thrown away with the directory
    return [*apiserver_flags.etcd(directory / "etcd", socket_file), *durability]


def _apiserver_flags(authority: CertificateAuthority, directory: Path, etcd_socket: Path, port: int, audit: Path | None) -> list[str]:
    flags = apiserver_flags.apiserver(authority, etcd_socket, "127.0.0.1", port, "10.0.0.0/24")
    if audit:
        flags += apiserver_flags.audit(audit, directory / "audit-policy.yaml")
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
    while not probe.answers(f"{url}/readyz"):
        if process.poll() is not None:
            raise ClusterError(f"kube-apiserver ended with {process.returncode}; the end of {log}:\n{_end_of(log)}")
        if time.monotonic() > deadline:
            raise ClusterError(f"kube-apiserver not ready in {_READY_WITHIN_SECONDS:.0f} s; {log}:\n{_end_of(log)}")
        time.sleep(0.1)


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else "(no log)"
