"""Events about pods, as the kubelet writes them. One per thing that is said, however often it happens."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from modelyard_operator.kube.interface import AlreadyExists, Kube, KubeError, Object
from modelyard_operator.kube.notices import event
from modelyard_operator.plan import Notice

_LOG = logging.getLogger(__name__)
_CONTROLLER = "modelyard-runner"


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
            said = Notice(kind, reason, note)
            self._kube.create(event(said, subject, _CONTROLLER, self._now(), controller=_CONTROLLER, action="Run"))
        except AlreadyExists:
            return
        except KubeError as error:
            _LOG.warning("event %s was not recorded: %s", reason, error)
