"""Who controls an object: names, labels and the owner reference of the children that the operator makes."""

from collections.abc import Mapping

from modelyard_api import labels

from modelyard_operator.kube.interface import KINDS, Object


def owner_reference(owner: Object) -> Object:
    """The reference that makes ``owner`` the controller; deleting the owner then deletes the child."""
    return {
        "apiVersion": KINDS[owner["kind"]].api_version,
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def child_metadata(owner: Object, name: str, child_labels: Mapping[str, str]) -> Object:
    """Metadata of a child in its owner's namespace, with the label that our mirrors select by."""
    return {
        "name": name,
        "namespace": owner["metadata"]["namespace"],
        "labels": {labels.MANAGED_BY_LABEL: labels.MANAGED_BY, **child_labels},
        "ownerReferences": [owner_reference(owner)],
    }


def controller_uid(child: Object) -> str:
    """UID of the object that controls ``child``; empty if none does."""
    references = child["metadata"].get("ownerReferences", ())
    return next((str(reference["uid"]) for reference in references if reference.get("controller")), "")
