"""Where the scenario happens, and how it speaks. Every place takes the same files and the same words: ``apply -f``, ``get``, ``describe``."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from dev.platform.kubectl import Object

_BEGAN = time.monotonic()
_step = 0


class DemoStopped(Exception):
    """The scenario can't go on; says where it stopped and what was found instead."""


class Place(Protocol):
    """What the scenario needs of a cluster, or of this machine."""

    @property
    def tool(self) -> str:
        """The command that people type there: kubectl, modelyard."""

    @property
    def namespace(self) -> str:
        """Of this run alone."""

    def run(self, *arguments: str) -> str:
        """What the tool printed; raises with its words when it failed."""

    def get(self, kind: str, name: str) -> Object:
        """One resource of the namespace."""

    def s3(self) -> Any:
        """A boto3 client that may write the bucket ``datasets`` and read the namespace's reports."""

    def start_receiver(self) -> None:
        """Somebody who gets alerts, and the Secret ``alert-urls`` that says where."""

    def alerts(self) -> list[Object]:
        """What the receiver got so far, oldest first."""

    def served(self) -> str:
        """Where the ModelDeployment ``flights`` is reached once it is available."""

    def predict(self, row: Mapping[str, object]) -> tuple[str, str]:
        """The command that asks about one row, as people type it, and what it printed."""

    def explain(self, name: str) -> Sequence[str]:
        """The command that says in sentences what became of a TrainingJob, and what it said; empty where there is none."""

    def addresses(self) -> Sequence[tuple[str, str]]:
        """What stays up and how to stop it: a name and an address or command each."""


def step(title: str) -> None:
    """A numbered heading with the time since the start."""
    global _step  # noqa: PLW0603
    _step += 1
    print(f"\n\033[1m{_step}. {title}\033[0m  [{elapsed()}]", flush=True)


def tell(*lines: str) -> None:
    """Indented lines under the heading."""
    for line in lines:
        for part in line.splitlines() or [""]:
            print(f"   {part}", flush=True)


def elapsed() -> str:
    """Minutes and seconds since the start."""
    seconds = int(time.monotonic() - _BEGAN)
    return f"{seconds // 60}:{seconds % 60:02d}"
