"""Events about pods, as the kubelet writes them. One per thing that is said, however often it happens."""

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from modelyard_operator.kube.interface import EVENT, AlreadyExists, Kube, KubeError, Object

_LOG = logging.getLogger(__name__)
_CONTROLLER = "modelyard-runner"
_NOTE_CHARACTERS = 1024


class PodEvents:
    """Best effort: an Event that can't be written never stops the work."""

    def __init__(self, kube: Kube, now: Callable[[], datetime]) -> None:
        self._kube = kube
        self._now = now

    def warn(self, subject: Object, reason: str, note: str) -> None:
        """Something is wrong with ``subject``."""
        self._tell(subject, "Warning", reason, note)

    def mention(self, subject: Object, reason: str, note: str) -> None:
        """Something ordinary happened."""
        self._tell(subject, "Normal", reason, note)

    def _tell(self, subject: Object, kind: Literal["Normal", "Warning"], reason: str, note: str) -> None:
        try:
            self._kube.create(_event(subject, kind, reason, note[:_NOTE_CHARACTERS], self._now()))
        except AlreadyExists:
            return
        except KubeError as error:
            _LOG.warning("event %s was not recorded: %s", reason, error)


def _event(subject: Object, kind: str, reason: str, note: str, now: datetime) -> Object:
    metadata = subject["metadata"]
    said = hashlib.sha256(f"{metadata['uid']}\n{reason}\n{note}".encode()).hexdigest()[:16]
    regarding = {key: metadata[key] for key in ("namespace", "name", "uid")}
    return {
        "apiVersion": EVENT.api_version,
        "kind": EVENT.name,
        "metadata": {"namespace": metadata["namespace"], "name": f"{metadata['name']}.{said}"},
        "eventTime": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "reportingController": _CONTROLLER,
        "reportingInstance": _CONTROLLER,
        "action": "Run",
        "type": kind,
        "reason": reason,
        "note": note,
        "regarding": {"apiVersion": subject["apiVersion"], "kind": subject["kind"], **regarding},
    }
