"""Small objects to store."""

from typing import Any

Object = dict[str, Any]


def config_map(name: str, *owners: Object, data: Object | None = None, **metadata: Any) -> Object:
    references = [
        {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"]}
        for owner in owners
    ]
    details = {"namespace": "ml", "name": name, "ownerReferences": references, **metadata}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": details, "data": data or {}}


def training_job(name: str = "penguins", **spec: Any) -> Object:
    return {
        "apiVersion": "modelyard.io/v1alpha1",
        "kind": "TrainingJob",
        "metadata": {"namespace": "ml", "name": name},
        "spec": {"objective": {"target": "species"}, "data": {"source": {"uri": "s3://datasets/penguins.csv"}}, **spec},
    }


def pod(name: str, **metadata: Any) -> Object:
    spec = {"containers": [{"name": "main", "command": ["true"]}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "ml", "name": name, **metadata}, "spec": spec}


def event(name: str, uid: str) -> Object:
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"namespace": "ml", "name": name},
        "regarding": {"kind": "Pod", "namespace": "ml", "name": "main", "uid": uid},
        "note": name,
    }
