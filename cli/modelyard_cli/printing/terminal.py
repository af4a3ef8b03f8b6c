"""Lines on stdout, plain in a pipe and coloured on a terminal; and how far something is: a bar, else a line on stderr whenever it changes."""

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import typer
from modelyard_operator.kube.interface import Object

from modelyard_cli.predicting.rows import Request

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


class Progress(Protocol):
    """Gets the resource whenever it was read."""

    def show(self, obj: Object) -> None:
        """Its state and its progress, if it has any."""
        ...


@contextmanager
def progress_of(name: str) -> Iterator[Progress]:
    """While waiting for a resource."""
    if not sys.stderr.isatty():
        yield _Lines(name)
        return
    from rich.console import Console  # noqa: PLC0415  a quarter of a second
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415  a quarter of a second
    from rich.progress import Progress as RichProgress  # noqa: PLC0415  a quarter of a second

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with RichProgress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _Bar(name, bars)


@contextmanager
def counted_rows(requests: Iterator[Request]) -> Iterator[Iterator[Request]]:
    """The same requests; on a terminal it is shown how many rows were sent."""
    if not sys.stderr.isatty():
        yield requests
        return
    from rich.console import Console  # noqa: PLC0415  a quarter of a second

    with Console(stderr=True).status("sending rows") as status:
        yield _shown_with(requests, status)


def _shown_with(requests: Iterator[Request], status: Any) -> Iterator[Request]:
    rows = 0
    for request in requests:
        yield request
        rows += request.rows
        status.update(f"{rows:,} rows answered")


def summary(obj: Object) -> str:
    """``Running, epoch 3 of 10 (val_loss 0.41)``."""
    status = obj.get("status", {})
    epoch, epochs = counted(obj)
    metrics = ", ".join(f"{each['name']} {each['value']:.4g}" for each in (status.get("progress") or {}).get("metrics") or ())
    words = [status.get("state") or "Pending"]
    if epoch and epochs:
        words.append(f"epoch {epoch} of {epochs}" + (f" ({metrics})" if metrics else ""))
    return ", ".join(words)


def counted(obj: Object) -> tuple[int, int]:
    """Epochs done and epochs at most; 0: not known."""
    progress = obj.get("status", {}).get("progress") or {}
    return int(progress.get("epoch") or 0), int(progress.get("epochs") or 0)


class _Lines:
    def __init__(self, name: str) -> None:
        self._name = name
        self._said = ""

    def show(self, obj: Object) -> None:
        """Only what is new; metrics would make every look a line."""
        state = obj.get("status", {}).get("state") or "Pending"
        if state != self._said:
            note(f"{self._name}: {state}")
            self._said = state


class _Bar:
    def __init__(self, name: str, bars: Any) -> None:
        self._name = name
        self._bars = bars
        self._task = bars.add_task(name, total=None)

    def show(self, obj: Object) -> None:
        """A moving bar until epochs are counted."""
        epoch, epochs = counted(obj)
        self._bars.update(self._task, description=f"{self._name}: {summary(obj)}", completed=epoch, total=epochs or None)
