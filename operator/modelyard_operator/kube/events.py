"""Events about a resource, as `kubectl describe` shows them."""

import hashlib
from datetime import datetime

from modelyard_api.labels import FIELD_MANAGER

from modelyard_operator.kube.interface import EVENT, Object
from modelyard_operator.plan import Event

_NOTE_BYTES = 1024  # the API server's limit


def event_object(
    event: Event, resource: Object, instance: str, now: datetime, *, controller: str = FIELD_MANAGER, action: str = "Reconcile"
) -> Object:
    """The Event; its name is made of what it says, so that saying it again is refused as a duplicate."""
    metadata = resource["metadata"]
    said = hashlib.sha256(f"{metadata['uid']}\n{event.reason}\n{event.message}".encode()).hexdigest()[:16]
    return {
        "apiVersion": EVENT.api_version,
        "kind": EVENT.name,
        "metadata": {"namespace": metadata["namespace"], "name": f"{metadata['name']}.{said}"},
        "eventTime": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "reportingController": controller,
        "reportingInstance": instance[:128],
        "action": action,
        "type": event.type,
        "reason": event.reason,
        "note": _cut(event.message),
        "regarding": {
            "apiVersion": resource["apiVersion"],
            "kind": resource["kind"],
            "namespace": metadata["namespace"],
            "name": metadata["name"],
            "uid": metadata["uid"],
        },
    }


def _cut(message: str) -> str:
    encoded = message.encode()
    if len(encoded) <= _NOTE_BYTES:
        return message
    return encoded[: _NOTE_BYTES - 3].decode(errors="ignore") + "…"
