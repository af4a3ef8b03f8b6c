"""What is known of one kind of object, in memory, with the two ways we look things up: by controller and by label."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from modelyard_operator.kube.interface import Object

Name = tuple[str, str]  # namespace, name
OnChange = Callable[[Object], None]


class Mirror:
    """Objects of one kind. Reflectors write, everyone reads; objects are shared and never changed."""

    def __init__(self, labels: Iterable[str] = (), on_change: OnChange = lambda _: None) -> None:
        """``on_change`` gets every object that came, changed (as it was and as it is) or went, outside of the lock."""
        self._labels = tuple(labels)
        self._on_change = on_change
        self._lock = threading.Lock()
        self._objects: dict[Name, Object] = {}
        self._index: defaultdict[tuple[str, ...], set[Name]] = defaultdict(set)

    def __len__(self) -> int:
        """How many objects there are."""
        return len(self._objects)

    def get(self, namespace: str, name: str) -> Object | None:
        """One object."""
        with self._lock:
            return self._objects.get((namespace, name))

    def all(self) -> list[Object]:
        """All objects, sorted by namespace and name."""
        with self._lock:
            return [self._objects[name] for name in sorted(self._objects)]

    def controlled_by(self, uid: str) -> Sequence[Object]:
        """Objects whose controller has this UID, sorted by name."""
        return self._indexed(("controller", uid))

    def labelled(self, namespace: str, label: str, value: str) -> Sequence[Object]:
        """Objects of a namespace by one of the labels that this mirror was made with, sorted by name."""
        if label not in self._labels:
            raise KeyError(f"no index of label {label}; there are: {', '.join(self._labels)}")
        return self._indexed((label, namespace, value))

    def put(self, obj: Object) -> None:
        """It is there, or it changed."""
        with self._lock:
            before = self._set(_name(obj), obj)
        self._notify(before, obj)

    def drop(self, obj: Object) -> None:
        """It went."""
        with self._lock:
            before = self._set(_name(obj), None)
        self._notify(before)

    def replace(self, objects: Iterable[Object], namespace: str = "") -> None:
        """These, and no others (in ``namespace``, if given), are there: what changed or went meanwhile is found by comparing.

        Not by version: what is stored reads otherwise, at the same version, once its definition has lost or got a field.
        """
        fresh = {_name(obj): obj for obj in objects}
        changed: list[tuple[Object | None, Object | None]] = []
        with self._lock:
            gone = [name for name in self._objects if name not in fresh and namespace in ("", name[0])]
            for name in [*gone, *fresh]:
                after = fresh.get(name)
                before = self._set(name, after)
                if before != after:
                    changed.append((before, after))
        for pair in changed:
            self._notify(*pair)

    def _indexed(self, entry: tuple[str, ...]) -> Sequence[Object]:
        with self._lock:
            return [self._objects[name] for name in sorted(self._index.get(entry, ()))]

    def _set(self, name: Name, obj: Object | None) -> Object | None:
        before = self._objects.pop(name, None)
        if before is not None:
            for entry in self._entries(before):
                self._index[entry].discard(name)
                if not self._index[entry]:
                    del self._index[entry]
        if obj is not None:
            self._objects[name] = obj
            for entry in self._entries(obj):
                self._index[entry].add(name)
        return before

    def _entries(self, obj: Object) -> Iterator[tuple[str, ...]]:
        metadata = obj["metadata"]
        for reference in metadata.get("ownerReferences") or ():
            if reference.get("controller"):
                yield ("controller", reference["uid"])
        labels = metadata.get("labels") or {}
        for label in self._labels:
            if label in labels:
                yield (label, metadata.get("namespace", ""), labels[label])

    def _notify(self, *objects: Object | None) -> None:
        for obj in objects:
            if obj is not None:
                self._on_change(obj)


def _name(obj: Object) -> Name:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]
