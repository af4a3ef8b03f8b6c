"""Where resources are kept: a real kube-apiserver, and a store on this machine. What runs in one runs in the other."""

import itertools
import json
from pathlib import Path
from typing import Any, Protocol

from kubernetes import client, config
from modelyard_local.kinds import CONFIG_MAP
from modelyard_local.store import LocalStore, objects
from modelyard_operator.kube.client import Timeouts, connect
from modelyard_operator.kube.interface import Kind, Kube, Object

from dev.cluster import apiserver

Write = tuple[str, str, str]  # verb, plural, name
_numbers = itertools.count(1)


class Place(Protocol):
    """Where resources are kept."""

    kube: Kube

    def connect(self, timeouts: Timeouts | None = None) -> Kube:
        """Another client of the same place."""
        ...

    def new_namespace(self) -> str: ...

    def writes(self, namespace: str) -> list[Write]:
        """Requests to write in the namespace so far, Leases excepted."""
        ...


class Cluster:
    def __init__(self, server: apiserver.ApiServer) -> None:
        self._server = server
        self.kube: Kube = connect(server.kubeconfig)

    def connect(self, timeouts: Timeouts | None = None) -> Kube:
        return connect(self._server.kubeconfig, timeouts=timeouts)

    def new_namespace(self) -> str:
        name = f"kube-{next(_numbers)}"
        client.CoreV1Api(config.new_client_from_config(str(self._server.kubeconfig))).create_namespace({"metadata": {"name": name}})
        return name

    def writes(self, namespace: str) -> list[Write]:
        assert self._server.audit_log is not None
        found = []
        for line in self._server.audit_log.read_text().splitlines():
            event = json.loads(line)
            reference = event.get("objectRef", {})
            is_write = event["verb"] in ("create", "update", "patch", "delete") and reference.get("resource") != "leases"
            if is_write and reference.get("namespace") == namespace:
                found.append((event["verb"], reference["resource"], reference.get("name", "")))
        return found


class AuditedStore(LocalStore):
    """The store, writing down who asked it to write what: also what then changed nothing."""

    def __init__(self, path: Path, audit: list[tuple[str, Write]]) -> None:
        super().__init__(path)
        self._audit = audit

    def create(self, body: Object) -> Object:
        self._note("create", body)
        return super().create(body)

    def apply(self, body: Object) -> Object:
        self._note("patch", body)
        return super().apply(body)

    def update(self, kind: Kind, body: Object) -> Object:
        self._note("update", {"kind": kind.name, **body})
        return super().update(kind, body)

    def replace_status(self, kind: Kind, body: Object) -> Object:
        self._note("update", {"kind": kind.name, **body})
        return super().replace_status(kind, body)

    def patch_suspend(self, kind: Kind, namespace: str, name: str, suspend: bool) -> Object:
        self._note("patch", {"kind": kind.name, "metadata": {"namespace": namespace, "name": name}})
        return super().patch_suspend(kind, namespace, name, suspend)

    def delete(self, kind: Kind, namespace: str, name: str, uid: str) -> None:
        self._note("delete", {"kind": kind.name, "metadata": {"namespace": namespace, "name": name}})
        super().delete(kind, namespace, name, uid)

    def _note(self, verb: str, body: dict[str, Any]) -> None:
        if body["kind"] != "Lease":
            self._audit.append((body["metadata"]["namespace"], (verb, body["kind"], body["metadata"]["name"])))


class Machine:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._audit: list[tuple[str, Write]] = []
        self._stores: list[AuditedStore] = []
        self.kube: Kube = self.connect()
        self._forget_the_beginning()

    def connect(self, timeouts: Timeouts | None = None) -> Kube:
        self._stores.append(AuditedStore(self._path, self._audit))
        return self._stores[-1]

    def new_namespace(self) -> str:
        return f"kube-{next(_numbers)}"

    def writes(self, namespace: str) -> list[Write]:
        return [write for where, write in self._audit if where == namespace]

    def close(self) -> None:
        for store in self._stores:
            store.close()

    def _forget_the_beginning(self) -> None:
        """As in a cluster, where version 1 is long gone."""
        self.kube.create({"apiVersion": "v1", "kind": CONFIG_MAP.name, "metadata": {"namespace": "default", "name": "first"}})
        with self._stores[0]._database.writing() as connection:
            objects.forget(connection, objects.versions(connection).newest)
