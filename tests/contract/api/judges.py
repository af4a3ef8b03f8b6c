"""Who decides whether a manifest is let in: the API server, and the store of one machine."""

import copy
import itertools
import json
from pathlib import Path
from typing import Any, Protocol

from kubernetes import client, config
from modelyard_local.kinds import ALL_KINDS
from modelyard_local.store import LocalStore
from modelyard_operator.kube.interface import Refused

from dev.cluster.apiserver import ApiServer

Object = dict[str, Any]
_PLURALS = {"TrainingJob": "trainingjobs", "ModelDeployment": "modeldeployments"}
_names = itertools.count(1)


class Judge(Protocol):
    def admit(self, body: Object) -> Object:
        """The object as it would be kept. Raises Refused."""
        ...

    def change(self, before: Object, spec: Object) -> Object:
        """What becomes of an object that is there when its spec is changed (as by a merge patch). Raises Refused."""
        ...


class ByApiServer:
    def __init__(self, server: ApiServer) -> None:
        self._api = client.CustomObjectsApi(config.new_client_from_config(str(server.kubeconfig)))

    def admit(self, body: Object) -> Object:
        return self._ask(self._api.create_namespaced_custom_object, body, body, field_validation="Strict", dry_run="All")

    def change(self, before: Object, spec: Object) -> Object:
        there = {**before, "metadata": {"name": f"changed-{next(_names)}"}}
        self._ask(self._api.create_namespaced_custom_object, there, there)
        patch = self._api.patch_namespaced_custom_object
        return self._ask(patch, there, there["metadata"]["name"], {"spec": spec}, field_validation="Strict")

    def _ask(self, request: Any, body: Object, *arguments: Any, **options: Any) -> Object:
        try:
            answer: Object = request("modelyard.io", "v1alpha1", "default", _PLURALS[body["kind"]], *arguments, **options)
        except client.ApiException as refusal:
            if refusal.status not in (400, 422):
                raise
            raise Refused(json.loads(refusal.body)["message"]) from refusal
        return answer


class ByLocalStore:
    def __init__(self, path: Path) -> None:
        self._store = LocalStore(path)

    def admit(self, body: Object) -> Object:
        created = self._store.create(body)
        metadata = created["metadata"]
        self._store.delete(ALL_KINDS[body["kind"]], metadata["namespace"], metadata["name"], metadata["uid"])
        return created

    def change(self, before: Object, spec: Object) -> Object:
        there = {**before, "metadata": {"name": f"changed-{next(_names)}"}}
        created = self._store.create(there)
        return self._store.apply({**there, "spec": merged(created["spec"], spec)})

    def close(self) -> None:
        self._store.close()


def merged(base: Object, change: Object) -> Object:
    """JSON merge patch (RFC 7396)."""
    result = copy.deepcopy(base)
    for key, value in change.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = merged({}, value) if isinstance(value, dict) else value
    return result
