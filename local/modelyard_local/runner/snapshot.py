"""All that the runner looks at, read at once whenever a watch says that something has changed."""

import logging
import threading
from collections.abc import Sequence

from modelyard_operator.kube.interface import CRON_JOB, DEPLOYMENT, JOB, POD, SERVICE, Expired, Kind, Kube, KubeError, Object
from modelyard_operator.ownership import controller_uid

WATCHED = (JOB, DEPLOYMENT, CRON_JOB, SERVICE, POD)
_LOG = logging.getLogger(__name__)
_WATCH_SECONDS = 1  # so that a thread that has to stop does so soon: the store may be closed afterwards
_PAUSE_SECONDS = 1.0


class Snapshot:
    """The store's own state, never older than the last ``refresh``: nothing that was created is overlooked and created twice."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube
        self._objects: dict[Kind, list[Object]] = {kind: [] for kind in WATCHED}

    def refresh(self) -> None:
        """Read everything again. Raises KubeError, and is then as it was."""
        self._objects = {kind: self._list(kind) for kind in WATCHED}

    def all(self, kind: Kind) -> list[Object]:
        """All objects of a kind."""
        return self._objects[kind]

    def controlled_by(self, owner: Object, kind: Kind) -> list[Object]:
        """Those whose controller is ``owner``."""
        return [each for each in self._objects[kind] if controller_uid(each) == owner["metadata"]["uid"]]

    def controller_of(self, subject: Object, kind: Kind) -> Object | None:
        """The object of that kind that controls ``subject``."""
        uid = controller_uid(subject)
        return next((each for each in self._objects[kind] if each["metadata"]["uid"] == uid), None)

    def _list(self, kind: Kind) -> list[Object]:
        found, page = [], self._kube.list_page(kind)
        found += page.items
        while page.next_page:
            page = self._kube.list_page(kind, next_page=page.next_page)
            found += page.items
        return found


class Changes:
    """One watch per kind, each in a thread of its own."""

    def __init__(self, kube: Kube, kinds: Sequence[Kind]) -> None:
        self._kube = kube
        self._changed = threading.Event()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._watch, args=(kind,), name=f"watch-{kind.plural}", daemon=True) for kind in kinds]
        self._changed.set()  # nothing was looked at yet

    def start(self) -> None:
        """Begin to watch."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let the watches end, and wake whoever waits."""
        self._stop.set()
        self.note()

    def join(self) -> None:
        """Returns when no watch is open any more."""
        for thread in self._threads:
            thread.join()

    def note(self) -> None:
        """Something has changed, or there is a reason to look."""
        self._changed.set()

    def wait(self, seconds: float) -> bool:
        """Whether something has changed since the last call; waits at most that long for it."""
        if not self._changed.wait(seconds):
            return False
        self._changed.clear()
        return True

    def _watch(self, kind: Kind) -> None:
        version = ""
        while not self._stop.is_set():
            try:
                version = self._follow(kind, version or self._kube.list_page(kind, limit=1).resource_version)
            except KubeError as error:
                _LOG.log(logging.INFO if isinstance(error, Expired) else logging.WARNING, "watching %s again: %s", kind.plural, error)
                version = ""
                self.note()  # what happened meanwhile went unnoticed
                self._stop.wait(_PAUSE_SECONDS)

    def _follow(self, kind: Kind, version: str) -> str:
        """Returns the version that is known now."""
        for event in self._kube.watch(kind, resource_version=version, timeout_seconds=_WATCH_SECONDS):
            version = event.object["metadata"]["resourceVersion"]
            if event.type != "BOOKMARK":
                self.note()
            if self._stop.is_set():
                break
        return version
