"""Lines on stdout: plain in a pipe, with colours on a terminal."""

import re
import sys
from collections.abc import Iterable

import typer

_COLOURS = {
    "green": "Promoted Available Running Complete Completed Succeeded Bound Held True Normal",
    "yellow": "Pending Suspended Evaluating Registering ApprovalPending Promoting Progressing ScaledToZero Inconclusive Unknown "
    "CriteriaNotMet ContainerCreating Terminating",
    "red": "Failed Degraded Error CrashLoopBackOff OOMKilled CreateContainerConfigError Missed Warning",
}
_COLOUR_OF = {word: colour for colour, words in _COLOURS.items() for word in words.split()}
_WORD = re.compile(r"(?<!\S)(" + "|".join(_COLOUR_OF) + r")(?!\S)")


def say(line: str) -> None:
    """On stdout, as it is."""
    typer.echo(line)


def note(line: str) -> None:
    """On stderr: for a person, not for a script."""
    typer.echo(line, err=True)


def is_terminal() -> bool:
    """Whether a person reads stdout."""
    return sys.stdout.isatty()


def say_table(lines: Iterable[str]) -> None:
    """The first line is the header; words that say how something stands are coloured on a terminal."""
    for number, line in enumerate(lines):
        if not is_terminal():
            typer.echo(line)
        elif number == 0:
            typer.secho(line, bold=True)
        else:
            typer.echo(coloured(line))


def coloured(line: str) -> str:
    """Words of state in their colours."""
    return _WORD.sub(lambda match: typer.style(match[0], fg=_COLOUR_OF[match[0]]), line)
