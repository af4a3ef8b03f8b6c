"""``30s``, ``5m``, ``1h30m``: lengths of time on the command line."""

import re

from modelyard_cli.errors import WrongUsage

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}
_PART = re.compile(r"(\d+(?:\.\d+)?)([smh]?)")


def seconds_of(text: str) -> float:
    """Raises WrongUsage."""
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text or (len(parts) > 1 and any(not unit for _n, unit in parts)):
        raise WrongUsage(f"{text!r} is no length of time; write 30s, 5m or 1h30m")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
