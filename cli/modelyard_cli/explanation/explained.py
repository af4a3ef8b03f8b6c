"""Fetches what an explanation needs, and explains it by its kind."""

from collections.abc import Sequence

from modelyard_operator.kube.interface import MODEL_DEPLOYMENT, TRAINING_JOB, Object

from modelyard_cli.connection import Connection
from modelyard_cli.errors import WrongUsage
from modelyard_cli.explanation.model_deployment import explain_model_deployment
from modelyard_cli.explanation.text import Explanation
from modelyard_cli.explanation.training_job import explain_training_job
from modelyard_cli.kind_names import Reference


def explain_resource(resource: Object, events: Sequence[Object] = (), address: str = "") -> Explanation:
    """Pure; ``address``: where a ModelDeployment is reached from here. Raises WrongUsage for a kind that nothing is explained about."""
    kind = resource.get("kind")
    if kind == TRAINING_JOB.name:
        return explain_training_job(resource, events)
    if kind == MODEL_DEPLOYMENT.name:
        return explain_model_deployment(resource, events, address)
    raise WrongUsage(f"a {kind} can't be explained, a TrainingJob (tj) or a ModelDeployment (md) can")


def explained(connection: Connection, reference: Reference) -> Explanation:
    """Of a resource as it is now, with its events. Raises KubeError or CommandError."""
    resource = connection.kube.get(reference.kind, connection.namespace, reference.name)
    events = connection.kube.pod_events(connection.namespace, resource["metadata"]["uid"])
    has_address = connection.is_local and reference.kind == MODEL_DEPLOYMENT
    address = connection.page(connection.namespace, reference.name, "") if has_address else ""
    return explain_resource(resource, events, address)
