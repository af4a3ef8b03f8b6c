"""A certificate authority for one cluster, the certificates and keys it signs (EC P-256), and kubeconfig files with them."""

import base64
import datetime
import hashlib
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# Fixed dates instead of a clock: a cluster for development is thrown away long before, and a clock that was
# set wrongly when it started does no harm.
_VALID_FROM = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
_VALID_UNTIL = datetime.datetime(2049, 12, 31, tzinfo=datetime.UTC)


@dataclass(frozen=True)
class KeyPair:
    """Files of a certificate and of its private key (mode 0600), both PEM."""

    certificate: Path
    key: Path


class CertificateAuthority:
    """HealthChecks certificates into one folder; reads its own key back when the folder has one."""

    def __init__(self, directory: Path) -> None:
        """Use the authority in `directory`, or make one there."""
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self.files = KeyPair(directory / "ca.crt", directory / "ca.key")
        if not self.files.certificate.exists():
            self._create()
        self._certificate = x509.load_pem_x509_certificate(self.files.certificate.read_bytes())
        self._key = _load_key(self.files.key)

    def client(self, name: str, user: str, groups: Sequence[str] = ()) -> KeyPair:
        """A certificate Kubernetes reads as user `user` in `groups`."""
        subject = [(NameOID.COMMON_NAME, user)] + [(NameOID.ORGANIZATION_NAME, group) for group in groups]
        return self._ensure(name, subject, [], ExtendedKeyUsageOID.CLIENT_AUTH)

    def server(self, name: str, host_names: Sequence[str]) -> KeyPair:
        """A certificate for a server reached as any of `host_names` (DNS names or addresses)."""
        return self._ensure(name, [(NameOID.COMMON_NAME, name)], host_names, ExtendedKeyUsageOID.SERVER_AUTH)

    def signing_key(self, name: str) -> Path:
        """A private key without a certificate: the API server signs service account tokens with it."""
        path = self._directory / f"{name}.key"
        if not path.exists():
            _write_key(path, ec.generate_private_key(ec.SECP256R1()))
        return path

    def _create(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name([(NameOID.COMMON_NAME, "modelyard-development-cluster")])
        builder = _unsigned(name, name, key.public_key()).add_extension(x509.BasicConstraints(True, None), critical=True)
        _write_key(self.files.key, key)
        _write_certificate(self.files.certificate, builder.sign(key, hashes.SHA256()))

    def _ensure(
        self,
        name: str,
        subject: Sequence[tuple[x509.ObjectIdentifier, str]],
        host_names: Sequence[str],
        usage: x509.ObjectIdentifier,
    ) -> KeyPair:
        # The content is part of the file's name: another subject or host name means another certificate.
        digest = hashlib.sha256(repr((subject, host_names, usage)).encode()).hexdigest()[:8]
        files = KeyPair(self._directory / f"{name}-{digest}.crt", self._directory / f"{name}-{digest}.key")
        if not files.certificate.exists():
            key = ec.generate_private_key(ec.SECP256R1())
            builder = _unsigned(_name(subject), self._certificate.subject, key.public_key())
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            if host_names:
                names = x509.SubjectAlternativeName([_general_name(host) for host in host_names])
                builder = builder.add_extension(names, critical=False)
            _write_key(files.key, key)
            _write_certificate(files.certificate, builder.sign(self._key, hashes.SHA256()))
        return files


def _unsigned(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_VALID_FROM)
        .not_valid_after(_VALID_UNTIL)
    )


def _name(parts: Sequence[tuple[x509.ObjectIdentifier, str]]) -> x509.Name:
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)


def _write_certificate(path: Path, certificate: x509.Certificate) -> None:
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path} holds no EC key")
    return key


def write(path: Path, server: str, authority: CertificateAuthority, user: KeyPair, namespace: str = "default") -> Path:
    """Write a kubeconfig for `user` at `server` (an https URL), readable by its owner alone."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "modelyard",
                "cluster": {
                    "server": server,
                    "certificate-authority-data": _embedded(authority.files.certificate),
                },
            }
        ],
        "users": [
            {
                "name": "modelyard",
                "user": {
                    "client-certificate-data": _embedded(user.certificate),
                    "client-key-data": _embedded(user.key),
                },
            }
        ],
        "contexts": [{"name": "modelyard", "context": {"cluster": "modelyard", "user": "modelyard", "namespace": namespace}}],
        "current-context": "modelyard",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.unfinished")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        yaml.safe_dump(document, file, sort_keys=False)
    unfinished.replace(path)
    return path


def _embedded(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
