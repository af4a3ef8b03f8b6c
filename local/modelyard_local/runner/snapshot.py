"""All that the runner looks at, read at once."""

from modelyard_operator.kube.interface import CRON_JOB, DEPLOYMENT, JOB, POD, SERVICE, Kind, Kube, Object
from modelyard_operator.ownership import controller_uid

WATCHED = (JOB, DEPLOYMENT, CRON_JOB, SERVICE, POD)


class Snapshot:
    """The store's own answers, never older than the last ``refresh``: nothing that was created is overlooked and created twice."""

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
