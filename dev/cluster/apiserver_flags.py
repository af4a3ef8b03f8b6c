"""Command lines of etcd and kube-apiserver, the same for the contract tests and for the node.

etcd listens on a Unix socket in a folder only its owner may enter: no port to collide, no second set of certificates.
"""

from collections.abc import Sequence
from pathlib import Path

from dev.cluster.certificates import CertificateAuthority

_AUDIT_POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
"""


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


def audit(log: Path, policy: Path) -> list[str]:
    """Flags that write one JSON event per request to `log` (who, what, when; no bodies)."""
    policy.parent.mkdir(parents=True, exist_ok=True)
    policy.write_text(_AUDIT_POLICY)
    return [f"--audit-log-path={log}", f"--audit-policy-file={policy}", "--audit-log-maxsize=200"]
