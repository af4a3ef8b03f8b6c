"""ConfigMap and Secret ``modelyard`` of every namespace with resources of ours: where MLflow and S3 are, and the keys.

On a cluster the Helm chart makes them. What a person changes in them stays; what nobody changed follows the platform.
"""

import base64
import hashlib
import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from modelyard_api import labels
from modelyard_operator.kube.interface import (
    MODEL_DEPLOYMENT,
    TRAINING_JOB,
    AlreadyExists,
    Conflict,
    Kind,
    Kube,
    KubeError,
    NotFound,
    Object,
)
from modelyard_operator.kube.mirror import Mirror
from modelyard_operator.kube.reflector import Reflector

from modelyard_local import keys as key_file
from modelyard_local.home import Addresses, Home
from modelyard_local.keys import Keys
from modelyard_local.kinds import CONFIG_MAP, SECRET
from modelyard_local.servers.seaweedfs import PLATFORM_BUCKET, REGION

DEFAULT_NAMESPACE = "default"
_LOG = logging.getLogger(__name__)
_WRITTEN_ANNOTATION = "modelyard.io/written"  # key -> hash of the value that the platform wrote last
_COMPONENT = "connections"
_RETRY_SECONDS = 1.0


@dataclass(frozen=True)
class Settings:
    """What is written: plain text for both."""

    config: Mapping[str, str]
    secret: Mapping[str, str] = field(repr=False)


def settings_of(addresses: Addresses, keys: Keys) -> Settings:
    """No log-in for MLflow: the local one asks for none."""
    return Settings(
        {
            labels.CONFIG_MLFLOW_URI: addresses.mlflow_url,
            labels.CONFIG_S3_ENDPOINT: addresses.s3_url,
            labels.CONFIG_S3_BUCKET: PLATFORM_BUCKET,
            labels.CONFIG_S3_REGION: REGION,
        },
        {labels.SECRET_S3_ACCESS_KEY: keys.s3_access_key, labels.SECRET_S3_SECRET_KEY: keys.s3_secret_key},
    )


def settings(home: Home) -> Settings | None:
    """Those of the platform's last start; None before its first."""
    addresses, keys = home.read_addresses(), key_file.read(home)
    return settings_of(addresses, keys) if addresses and keys else None


def ensure(kube: Kube, namespace: str, wanted: Settings) -> None:
    """Make both objects, or bring ours up to date. Raises KubeError."""
    secret = {key: base64.b64encode(value.encode()).decode() for key, value in wanted.secret.items()}
    _ensure(kube, CONFIG_MAP, namespace, wanted.config)
    _ensure(kube, SECRET, namespace, secret)


def _ensure(kube: Kube, kind: Kind, namespace: str, data: Mapping[str, str]) -> None:
    try:
        found = kube.get(kind, namespace, labels.PLATFORM_NAME)
    except NotFound:
        kube.create(_new(kind, namespace, data))
        return
    changed = brought_up_to_date(found, data)
    if changed is not None:
        kube.update(kind, changed)


def brought_up_to_date(found: Object, wanted: Mapping[str, str]) -> Object | None:
    """The object with new values where the platform's own old ones are; None if there is nothing to do, or it is somebody else's."""
    metadata, data = found["metadata"], dict(found.get("data") or {})
    if (metadata.get("labels") or {}).get(labels.MANAGED_BY_LABEL) != labels.MANAGED_BY:
        return None
    annotations = metadata.get("annotations") or {}
    written = _read_hashes(annotations.get(_WRITTEN_ANNOTATION, ""))
    ours = {key: value for key, value in wanted.items() if key not in data or _hash(data[key]) == written.get(key)}
    hashes = {**written, **{key: _hash(value) for key, value in ours.items()}}
    changed = {**data, **ours}
    if changed == data and hashes == written:
        return None
    return {**found, "data": changed, "metadata": {**metadata, "annotations": {**annotations, _WRITTEN_ANNOTATION: json.dumps(hashes)}}}


def _new(kind: Kind, namespace: str, data: Mapping[str, str]) -> Object:
    metadata = {
        "name": labels.PLATFORM_NAME,
        "namespace": namespace,
        "labels": {labels.MANAGED_BY_LABEL: labels.MANAGED_BY, labels.COMPONENT_LABEL: _COMPONENT},
        "annotations": {_WRITTEN_ANNOTATION: json.dumps({key: _hash(value) for key, value in data.items()})},
    }
    typed = {"type": "Opaque"} if kind == SECRET else {}
    return {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata, **typed, "data": dict(data)}


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:16]


def _read_hashes(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


class NamespaceSettings:
    """Looks for namespaces as long as the platform runs."""

    def __init__(self, kube: Kube, wanted: Settings) -> None:
        self._kube = kube
        self._wanted = wanted
        self._waiting = {DEFAULT_NAMESPACE}
        self._changed = threading.Condition()
        self._stopped = False
        self._reflectors = [Reflector(kube, kind, Mirror(on_change=self._saw)) for kind in (TRAINING_JOB, MODEL_DEPLOYMENT)]
        self._thread = threading.Thread(target=self._run, name="namespace-settings", daemon=True)

    def start(self) -> None:
        """Objects that are there already are brought up to date before this returns."""
        for item in self._kube.list_page(CONFIG_MAP).items:
            if item["metadata"]["name"] == labels.PLATFORM_NAME:
                self._waiting.add(item["metadata"]["namespace"])
        for namespace in self._taken():
            ensure(self._kube, namespace, self._wanted)
        for reflector in self._reflectors:
            reflector.start()
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        for reflector in self._reflectors:
            reflector.stop()
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(2 * _RETRY_SECONDS)

    def _saw(self, resource: Object) -> None:
        with self._changed:
            self._waiting.add(resource["metadata"]["namespace"])
            self._changed.notify()

    def _taken(self) -> set[str]:
        with self._changed:
            taken, self._waiting = self._waiting, set()
            return taken

    def _run(self) -> None:
        while not self._stopped:
            for namespace in self._taken():
                self._try(namespace)
            with self._changed:
                self._changed.wait_for(lambda: self._stopped or self._waiting, timeout=_RETRY_SECONDS)

    def _try(self, namespace: str) -> None:
        try:
            ensure(self._kube, namespace, self._wanted)
        except (AlreadyExists, Conflict):
            self._saw({"metadata": {"namespace": namespace}})  # somebody wrote it at this moment: look again
        except KubeError as error:
            _LOG.warning("ConfigMap and Secret %s of namespace %s: %s", labels.PLATFORM_NAME, namespace, error)
            threading.Timer(_RETRY_SECONDS, self._saw, [{"metadata": {"namespace": namespace}}]).start()
