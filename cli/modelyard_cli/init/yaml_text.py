"""Values and comments as YAML text. Manifests are written by hand, line by line: no YAML library writes comments."""

import json
import re
import textwrap
from collections.abc import Iterable

_PLAIN = re.compile(r"^(\./|\.\./)*[A-Za-z_][A-Za-z0-9_./-]*$")
# YAML 1.1 reads these as truth values or nothing, whatever their case
_WORDS = frozenset({"y", "n", "yes", "no", "true", "false", "on", "off", "null"})
_WIDTH = 118
_PLAIN_BELOW = 1e15


def scalar(text: str) -> str:
    """Plain where every reader of YAML takes it for this text, else quoted."""
    if _PLAIN.match(text) and text.lower() not in _WORDS:
        return text
    quoted = json.dumps(text, ensure_ascii=False)  # JSON's escapes are YAML's, but for pairs of surrogates
    return "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in quoted)


def number(value: float) -> str:
    """Every digit, so that it is read as the same number; with a point where there is an exponent, or YAML 1.1 takes it for text."""
    if value.is_integer() and abs(value) < _PLAIN_BELOW:
        return str(int(value))
    text = repr(value)
    return text if "." in text else text.replace("e", ".0e")


def one_line(text: str) -> str:
    """``text`` for a comment: a line break in a column's name must not end it."""
    return "".join(sign if sign.isprintable() else "�" for sign in text)


def comment(text: str, indent: int = 0) -> list[str]:
    """``text`` as lines of comment, broken between words; what it is indented by, stays."""
    text = one_line(text)
    start = f"{' ' * indent}# {' ' * (len(text) - len(text.lstrip(' ')))}"
    return textwrap.wrap(
        text.strip(), _WIDTH, initial_indent=start, subsequent_indent=start, break_long_words=False, break_on_hyphens=False
    )


def commented(line: str, text: str) -> list[str]:
    """``line`` with ``text`` behind it, or above it where that would be too long."""
    beside = f"{line} # {one_line(text)}"
    if len(beside) <= _WIDTH:
        return [beside]
    return [*comment(text, indent=len(line) - len(line.lstrip(" "))), line]


def listed(names: Iterable[str], most: int = 8) -> str:
    """``a, "b, c", d and 4 more``, as a manifest writes the names."""
    everything = list(names)
    shown = ", ".join(scalar(name) for name in everything[:most])
    return shown if len(everything) <= most else f"{shown} and {len(everything) - most} more"
