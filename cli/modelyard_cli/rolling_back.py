"""Which version was promoted before the one that answers."""

from collections.abc import Mapping, Sequence

from modelyard_api import labels
from modelyard_api.base import GROUP

from modelyard_cli.errors import CommandError, WrongUsage


def alias_of(deployment: Mapping[str, object], spec: Mapping[str, str]) -> str:
    """The alias that a ModelDeployment follows; WrongUsage if it is pinned to a version."""
    if alias := spec.get("alias"):
        return alias
    raise WrongUsage(
        f"ModelDeployment {deployment['name']} is pinned to version {spec.get('version')}, so no alias can be moved: "
        "write another version into spec.model.version and apply it"
    )


def previous(current: str, tags: Mapping[str, str], history: Sequence[Mapping[str, str]]) -> str:
    """The version that ``current`` was promoted over.

    What its promotion wrote down counts first; else the first time that it came to answer. (Not the last time: after a rollback
    that was from the version that nobody wants back.)
    """
    if before := tags.get(labels.TAG_PROMOTED_FROM):
        return before
    before = next((record.get("from", "") for record in history if record.get("to") == current), "")
    if not before:
        raise CommandError(f"it isn't known which version was promoted before version {current}; name one with --to")
    return before


def record(now: str, by: str, came_from: str) -> dict[str, str]:
    """Tags for the version that is served again; those of its own promotion stay."""
    return {f"{GROUP}.rolled_back_at": now, f"{GROUP}.rolled_back_by": by, f"{GROUP}.rolled_back_from": came_from}
