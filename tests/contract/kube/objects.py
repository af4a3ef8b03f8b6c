"""Small valid objects of the kinds that the operator writes."""

from typing import Any

from modelyard_operator.kube.interface import Kube
from modelyard_operator.ownership import child_metadata

Object = dict[str, Any]


def job(namespace: str, name: str, **metadata: Any) -> Object:
    container = {
        "name": "main",
        "image": "none",
        "command": ["true"],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "resources": {"requests": {"cpu": "1000m", "memory": "1024Mi"}},
    }
    pod = {
        "restartPolicy": "Never",
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"namespace": namespace, "name": name, **metadata},
        "spec": {"suspend": True, "template": {"spec": pod}},
    }


def service(namespace: str, name: str, **metadata: Any) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"namespace": namespace, "name": name, **metadata},
        "spec": {"selector": {"app": name}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]},
    }


def training_job(kube: Kube, namespace: str, name: str = "penguins") -> Object:
    """Created in the place."""
    return kube.create(
        {
            "apiVersion": "modelyard.io/v1alpha1",
            "kind": "TrainingJob",
            "metadata": {"namespace": namespace, "name": name},
            "spec": {"objective": {"target": "species"}, "data": {"source": {"uri": "s3://datasets/penguins.csv"}}},
        }
    )


def owned(body: Object, owner: Object) -> Object:
    """The same, controlled by ``owner`` and labelled as ours."""
    return {**body, "metadata": child_metadata(owner, body["metadata"]["name"], {})}
