"""A resource's name from a file's."""

import re
import unicodedata
from pathlib import Path

from modelyard_api.base import NAME_PATTERN

from modelyard_cli.starting_point.problems import NoStart

_LONGEST = 40
_NAMELESS = "my-model"  # of a file whose name has no letter


def name_from_file(path: Path) -> str:
    """``Überblick 2026.csv.gz`` becomes ``uberblick-2026``; digits in front go, names start with a letter."""
    plain = unicodedata.normalize("NFKD", path.name.split(".")[0] or path.name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).lstrip("-0123456789")[:_LONGEST].strip("-") or _NAMELESS


def valid_name(name: str) -> str:
    """``name`` itself. Raises NoStart where it can't be a resource's name."""
    if not re.match(NAME_PATTERN, name):
        raise NoStart(
            f"--name {name!r} can't be a resource's name: at most {_LONGEST} lowercase letters, digits and '-', starting with a letter"
        )
    return name
