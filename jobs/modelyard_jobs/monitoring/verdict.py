"""The vote of one window, and what k votes among the last n windows say."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from modelyard_api.model_deployment import Alert, Monitoring
from modelyard_api.pod_contract import ColumnDrift
from modelyard_api.request_log import INPUT_PREFIX, OUTPUT_PREFIX

from modelyard_jobs.monitoring.data_quality import ColumnCheck, check_columns
from modelyard_jobs.monitoring.drift import Distance, compare
from modelyard_jobs.monitoring.state import JudgedWindow

_PREDICTION = f"{OUTPUT_PREFIX}prediction"
_PROBABILITY = f"{OUTPUT_PREFIX}probability_"
_BINARY = 2
_TEXT_LIMIT = 128  # characters of one finding


@dataclass(frozen=True)
class WindowVerdict:
    """What was found in one window. ``vote`` is None when too few rows came or no column could be compared."""

    vote: bool | None
    drifted_share: float | None
    columns: tuple[ColumnDrift, ...] = ()  # the worst first; what the model answered after its inputs
    findings: tuple[str, ...] = ()
    html: bytes = b""


def judge(reference: pl.DataFrame, window: pl.DataFrame, monitoring: Monitoring) -> WindowVerdict:
    """``window`` may be a sample of its rows.

    The share is that of the drifted among the inputs that could be compared. What the model answered is compared as well and reported, but
    gives no vote: it follows from the inputs, and would count their drift twice.
    """
    inputs = check_columns(reference, window, INPUT_PREFIX)
    answers = [check for check in check_columns(reference, window, OUTPUT_PREFIX) if check.name == _watched_answer(reference)]
    comparison = compare(reference, window, [*inputs, *answers], monitoring.drift)
    distances = comparison.distances[: len(inputs)]
    compared = [each for each in distances if each.distance is not None]
    share = sum(each.drifted for each in compared) / len(compared) if compared else None
    return WindowVerdict(
        vote=None if share is None else share >= monitoring.drift.share,
        drifted_share=share,
        columns=_columns(inputs, distances) + _columns(answers, comparison.distances[len(inputs) :]),
        findings=_findings([*inputs, *answers]),
        html=comparison.html,
    )


def votes(windows: Sequence[JudgedWindow], alert: Alert, after: int) -> tuple[int, bool]:
    """Votes for drift among the last ``of`` that voted, and whether they suffice. Before ``of`` windows voted the same number is needed."""
    cast = [window.vote for window in windows if window.vote is not None and window.number > after][-alert.of :]
    return sum(cast), sum(cast) >= alert.after


def _watched_answer(reference: pl.DataFrame) -> str:
    """For two classes the probability of the second (it says more than the class), else the class or the value."""
    probabilities = [name for name in reference.columns if name.startswith(_PROBABILITY)]
    return probabilities[-1] if len(probabilities) == _BINARY else _PREDICTION


def _columns(checks: Sequence[ColumnCheck], distances: Sequence[Distance]) -> tuple[ColumnDrift, ...]:
    """The largest multiple of the threshold first, then what could not be compared."""
    rows = [
        ColumnDrift(
            name=_shown(check.name),
            method=each.method,
            distance=None if each.distance is None else float(f"{each.distance:.4g}"),
            threshold=each.threshold,
            drifted=each.drifted,
            finding=(check.finding or each.problem)[:_TEXT_LIMIT],
        )
        for check, each in zip(checks, distances, strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: -(row.distance or 0.0) / row.threshold if row.distance is not None else 1.0))


def _findings(checks: Sequence[ColumnCheck]) -> tuple[str, ...]:
    """Dead columns first: only a few findings are shown."""
    found = sorted((check for check in checks if check.finding), key=lambda check: not check.unable)
    return tuple(f"{_shown(check.name)}: {check.finding}" for check in found)


def _shown(name: str) -> str:
    """Inputs by their own name, answers with their prefix, so that neither is taken for the other."""
    return name.removeprefix(INPUT_PREFIX)[:_TEXT_LIMIT]
