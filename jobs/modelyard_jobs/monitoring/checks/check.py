"""The seam of checks: what a check is given, and what it says.

A run of the monitor asks every check once per complete window with enough rows, and once more at its end, without a window, for what true outcomes
or problems of the log have changed meanwhile.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol

import polars as pl
from modelyard_api.model_deployment import Alert, Monitoring
from modelyard_api.pod_contract import MonitorRequest
from modelyard_api.request_log import INPUT_PREFIX

from modelyard_jobs.monitoring.state import CheckResult, JudgedWindow
from modelyard_jobs.profile.profile import Profile

_SHOWN_LENGTH = 128  # characters of a column's name


@dataclass(frozen=True)
class Context:
    """What a check may look at."""

    request: MonitorRequest
    now: datetime
    history: tuple[JudgedWindow, ...]  # judged since the version came into service, the oldest first; without this window
    previous: CheckResult | None  # what this check said last
    load_reference: Callable[[], pl.DataFrame]
    load_profile: Callable[[], Profile | None] = lambda: None
    window: pl.DataFrame | None = None  # columns as in the request log; at most 100,000 rows, an even sample of more
    outcomes: pl.DataFrame | None = None  # predictions with their true outcome; None: nothing new about them. It may have no rows
    problems: tuple[str, ...] = ()  # of the request log and the feedback

    @property
    def settings(self) -> Monitoring:
        """The manifest's spec.monitoring."""
        return self.request.monitoring

    @cached_property
    def reference(self) -> pl.DataFrame:
        """Rows that were held out from training, with the model's predictions: columns ``input.<name>`` and ``output.<name>``."""
        return self.load_reference()

    @cached_property
    def profile(self) -> Profile | None:
        """How the training rows were distributed in the course of time; None: the model's release wrote none."""
        return self.load_profile()


class Check(Protocol):
    """One thing that is watched. Another one is a file, and a line in ``modelyard_api.catalogue.checks``."""

    def run(self, context: Context) -> CheckResult | None:
        """None: nothing new is known, and what it said last stands."""


def votes_on(check: str, windows: Sequence[JudgedWindow]) -> list[bool]:
    """Of the windows that could be compared, in their order."""
    return [window.votes[check] for window in windows if check in window.votes]


def enough_votes(votes: Sequence[bool], alert: Alert) -> tuple[int, bool]:
    """How many of the last ``alert.of`` votes are for it, and whether they suffice. Before there are so many, the same number is needed."""
    newest = votes[-alert.of :]
    return sum(newest), sum(newest) >= alert.after


def shown(column: str) -> str:
    """Inputs by their own name, outputs with their prefix, so that neither is taken for the other."""
    return column.removeprefix(INPUT_PREFIX)[:_SHOWN_LENGTH]
