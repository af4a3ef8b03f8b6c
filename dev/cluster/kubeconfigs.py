"""Kubeconfig files with everything embedded, so that one can be copied alone."""

import base64
import os
from pathlib import Path

import yaml

from dev.cluster.certificates import CertificateAuthority, KeyPair


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
