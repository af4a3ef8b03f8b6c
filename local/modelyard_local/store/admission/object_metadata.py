"""``metadata``, which is the same for all kinds. Names become folders and addresses here, so they are held to Kubernetes' rules."""

import re
from collections.abc import Iterator
from typing import Any

from modelyard_operator.kube.interface import Kind, Object

from modelyard_local.store.admission.problems import Problem, shown

_FIELDS = {
    "annotations",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "labels",
    "managedFields",
    "name",
    "namespace",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
}
_DEFAULT_NAMESPACE = "default"
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_SUBDOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_OWNER_FIELDS = ("apiVersion", "kind", "name", "uid")
_ANNOTATION_BYTES = 256 * 1024


def with_namespace(body: Object) -> Object:
    """The object with its namespace, ``default`` if it says none."""
    metadata = body.get("metadata")
    if not isinstance(metadata, dict):
        metadata = {}
    return {**body, "metadata": {**metadata, "namespace": metadata.get("namespace") or _DEFAULT_NAMESPACE}}


def unknown_fields(metadata: dict[str, Any]) -> list[str]:
    """Paths of fields that Kubernetes doesn't have."""
    return sorted(f"metadata.{key}" for key in metadata if key not in _FIELDS)


def problems(kind: Kind, metadata: dict[str, Any]) -> list[Problem]:
    """What Kubernetes would refuse."""
    return [
        Problem(f"metadata.{path}", text, hides_others=True)
        for path, text in (*_names(kind, metadata), *_labels(metadata), *_annotations(metadata), *_references(metadata))
    ]


def _names(kind: Kind, metadata: dict[str, Any]) -> Iterator[tuple[str, str]]:
    name, namespace = metadata.get("name"), metadata["namespace"]
    pattern, dots = (_LABEL, "") if kind.name == "Service" else (_SUBDOMAIN, " and '.'")
    if not name:
        yield "name", "Required value: name is required"
    elif not isinstance(name, str) or not pattern.fullmatch(name):
        yield "name", f"Invalid value: {shown(name)}: has lowercase letters, digits, '-'{dots}, and begins and ends with a letter or digit"
    if not isinstance(namespace, str) or not _LABEL.fullmatch(namespace):
        yield "namespace", f"Invalid value: {shown(namespace)}: at most 63 lowercase letters, digits and '-'"


def _labels(metadata: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in _texts(metadata, "labels"):
        if not isinstance(value, str):
            yield f"labels.{key}", f"Invalid value: {shown(value)}: has to be text; write it in quotes"
        elif not _QUALIFIED.fullmatch(key):
            yield (
                "labels",
                f"Invalid value: {shown(key)}: a label's name has letters, digits, '-', '_' and '.', after a domain and '/' if any",
            )
        elif not _LABEL_VALUE.fullmatch(value):
            yield f"labels.{key}", f"Invalid value: {shown(value)}: at most 63 letters, digits, '-', '_' and '.'"


def _annotations(metadata: dict[str, Any]) -> Iterator[tuple[str, str]]:
    size = 0
    for key, value in _texts(metadata, "annotations"):
        if not isinstance(value, str):
            yield f"annotations.{key}", f"Invalid value: {shown(value)}: has to be text; write it in quotes"
            continue
        if not _QUALIFIED.fullmatch(key.lower()):
            yield "annotations", f"Invalid value: {shown(key)}: an annotation's name has letters, digits, '-', '_' and '.'"
        size += len(key.encode()) + len(value.encode())
    if size > _ANNOTATION_BYTES:
        yield "annotations", f"Too long: may not be more than {_ANNOTATION_BYTES} bytes"


def _references(metadata: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for number, reference in enumerate(_list(metadata, "ownerReferences")):
        if not isinstance(reference, dict):
            yield f"ownerReferences[{number}]", "Invalid value: has to be an object"
            continue
        for field in _OWNER_FIELDS:
            if not isinstance(reference.get(field), str) or not reference[field]:
                yield f"ownerReferences[{number}].{field}", "Required value: must not be empty"
    for number, finalizer in enumerate(_list(metadata, "finalizers")):
        if not isinstance(finalizer, str) or not _QUALIFIED.fullmatch(finalizer):
            yield f"finalizers[{number}]", f"Invalid value: {shown(finalizer)}: has to be a name, such as example.com/cleanup"


def _texts(metadata: dict[str, Any], field: str) -> Iterator[tuple[str, Any]]:
    found = metadata.get(field) or {}
    yield from found.items() if isinstance(found, dict) else [(field, found)]


def _list(metadata: dict[str, Any], field: str) -> list[Any]:
    found = metadata.get(field) or []
    return found if isinstance(found, list) else [found]
