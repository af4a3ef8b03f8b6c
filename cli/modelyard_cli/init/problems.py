"""What keeps `modelyard init` from writing anything."""

from modelyard_cli.errors import WrongUsage


class NoStart(WrongUsage):
    """The message says what is wrong with the file or an option, and what to do."""


LONGEST_COLUMN_NAME = 128  # as manifests take it


def require_nameable(name: str) -> None:
    """Raises NoStart where a manifest can't name a column."""
    if len(name) > LONGEST_COLUMN_NAME:
        raise NoStart(
            f"the name of the column {name[:30]!r}… has {len(name)} characters, and a manifest names columns by {LONGEST_COLUMN_NAME} at most: shorten it"
        )
