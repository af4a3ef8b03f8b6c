"""Whose fields are whose after a POST, before server-side apply.

The API server keeps two owners apart that carry one name: who created or updated, and who applied. A field that our POST set stays with
the first, so leaving it out of a later apply would not remove it (kubernetes.io, "Server-Side Apply": migrating from client-side apply).
"""

from collections.abc import Sequence
from typing import Any

ManagedFields = Sequence[dict[str, Any]]


def taken_over(entries: ManagedFields, manager: str) -> list[dict[str, Any]] | None:
    """``managedFields`` in which what ``manager`` created counts as applied; None if nothing has to change."""
    created = [entry for entry in entries if _is(entry, manager, "Update")]
    if not created:
        return None
    others = [entry for entry in entries if entry not in created]
    if any(_is(entry, manager, "Apply") for entry in others):
        return others
    return [*others, {**created[0], "operation": "Apply"}]


def _is(entry: dict[str, Any], manager: str, operation: str) -> bool:
    return entry.get("manager") == manager and entry.get("operation") == operation and not entry.get("subresource")
