"""Fetches what an explanation needs."""

from modelyard_operator.kube.interface import MODEL_DEPLOYMENT

from modelyard_cli.connection import Connection
from modelyard_cli.explanation.resource import explain_resource
from modelyard_cli.explanation.text import Explanation
from modelyard_cli.kind_names import Reference


def explained(connection: Connection, reference: Reference) -> Explanation:
    """Of a resource as it is now, with its events. Raises KubeError or CommandError."""
    resource = connection.kube.get(reference.kind, connection.namespace, reference.name)
    events = connection.kube.pod_events(connection.namespace, resource["metadata"]["uid"])
    has_address = connection.is_local and reference.kind == MODEL_DEPLOYMENT
    address = connection.page(connection.namespace, reference.name, "") if has_address else ""
    return explain_resource(resource, events, address)
