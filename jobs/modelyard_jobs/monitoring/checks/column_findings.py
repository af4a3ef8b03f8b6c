"""What is odd about single columns, before any drift statistics: a dead column is a finding, never a crash and never silence.

Findings speak of shares and counts, never of values.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import polars as pl
from modelyard_api.request_log import INPUT_PREFIX, OUTPUT_PREFIX, PREDICTION, PROBABILITY_PREFIX

from modelyard_jobs.profile.bins import ROWS_PER_CATEGORY, holds_timestamps

_BINARY = 2
MINIMUM_VALUES = 50  # fewer say nothing about a distribution
NULL_SHARE_JUMP = 0.10  # more nulls than in the reference, in share of the rows
OUTSIDE_SHARE = 0.05  # numbers out of the reference's range, or unseen categories, beyond what sampling alone gives


class Kind(StrEnum):
    """How a column is compared."""

    NUMBER = "number"
    TEXT = "text"


@dataclass(frozen=True)
class ColumnFinding:
    """What was found about one column. ``finding`` is a problem of the data; ``unable`` says why the column isn't compared."""

    name: str  # as in the log, with prefix
    kind: Kind | None
    finding: str = ""
    unable: str = ""

    @property
    def dead(self) -> bool:
        """Nothing about it can be watched."""
        return bool(self.finding and self.unable)


def find_in_watched_columns(reference: pl.DataFrame, window: pl.DataFrame) -> tuple[list[ColumnFinding], list[ColumnFinding]]:
    """About the inputs, and about the output that says most: for two classes the probability of the second, else the class or the value."""
    probabilities = [name for name in reference.columns if name.startswith(PROBABILITY_PREFIX)]
    output = probabilities[-1] if len(probabilities) == _BINARY else PREDICTION
    outputs = [each for each in find_in_columns(reference, window, OUTPUT_PREFIX) if each.name == output]
    return find_in_columns(reference, window, INPUT_PREFIX), outputs


def find_in_columns(reference: pl.DataFrame, window: pl.DataFrame, prefix: str) -> list[ColumnFinding]:
    """One finding per column of the reference below ``prefix``, in its order."""
    names = [name for name in reference.columns if name.startswith(prefix)]
    return [_find(reference[name], window[name] if name in window.columns else None) for name in names]


def comparable_values(column: pl.Series, kind: Kind) -> pl.Series:
    """Finite numbers as floats, or texts; without nulls."""
    if kind is Kind.NUMBER:
        numbers = column.cast(pl.Float64).drop_nulls()
        return numbers.filter(numbers.is_finite())
    return column.cast(pl.String).drop_nulls()


def _find(reference: pl.Series, window: pl.Series | None) -> ColumnFinding:
    name, kind = reference.name, _kind(reference.dtype)
    if window is None:
        return ColumnFinding(name, kind, finding="missing", unable="missing")
    if window.null_count() == len(window):
        return ColumnFinding(
            name, kind, *(("all null",) * 2 if reference.null_count() < len(reference) else ("", "the reference has no values"))
        )
    if kind is None:
        return ColumnFinding(name, None, unable=f"{reference.dtype} is neither numbers nor text")
    if _kind(window.dtype) is not kind:
        changed = f"type changed to {window.dtype} (reference {reference.dtype})"
        return ColumnFinding(name, kind, finding=changed, unable=changed)
    return _find_in_values(name, kind, reference, window)


def _kind(dtype: pl.DataType) -> Kind | None:
    if dtype.is_numeric():
        return Kind.NUMBER
    return Kind.TEXT if dtype in {pl.String, pl.Boolean, pl.Categorical, pl.Enum} else None


def _find_in_values(name: str, kind: Kind, reference: pl.Series, window: pl.Series) -> ColumnFinding:
    expected, values = comparable_values(reference, kind), comparable_values(window, kind)
    if values.is_empty():
        return ColumnFinding(name, kind, finding="all null or not finite", unable="no values")
    finding = _null_jump(reference, expected, window, values)
    unable = _too_few(expected, values)
    if unable:
        return ColumnFinding(name, kind, finding, unable)
    if kind is Kind.TEXT and (reason := _no_category(expected, values)):
        return ColumnFinding(name, kind, finding, reason)
    outside = _out_of_range if kind is Kind.NUMBER else _unseen
    return ColumnFinding(name, kind, "; ".join(filter(None, (finding, outside(expected, values)))))


def _too_few(expected: pl.Series, values: pl.Series) -> str:
    for where, series in (("the window", values), ("the reference", expected)):
        if len(series) < MINIMUM_VALUES:
            return f"{where} has {len(series)} values, {MINIMUM_VALUES} are needed"
    return ""


def _no_category(expected: pl.Series, values: pl.Series) -> str:
    """Time moves on in every window, and of names most are new in every window: neither is drift."""
    if holds_timestamps(expected):
        return "timestamps are not compared: they move on by themselves"
    distinct, rows = expected.n_unique(), min(len(expected), len(values))
    return f"{distinct} distinct texts can't be compared on {rows} rows" if distinct * ROWS_PER_CATEGORY > rows else ""


def _null_jump(reference: pl.Series, expected: pl.Series, window: pl.Series, values: pl.Series) -> str:
    before, after = 1 - len(expected) / len(reference), 1 - len(values) / len(window)
    return f"{_percent(after)} null (reference {_percent(before)})" if after > before + NULL_SHARE_JUMP else ""


def _out_of_range(expected: pl.Series, values: pl.Series) -> str:
    """Of n fresh values 2/(n + 1) lie outside a sample's own range by chance."""
    inside = values.is_between(expected.min(), expected.max())
    share = 1 - int(inside.sum()) / len(values)
    return f"{_percent(share)} out of the reference's range" if share > OUTSIDE_SHARE + 2 / (len(expected) + 1) else ""


def _unseen(expected: pl.Series, values: pl.Series) -> str:
    """The share of categories seen once estimates the share of fresh rows with an unseen one (Good 1953)."""
    unseen = values.filter(~values.is_in(expected.unique().implode()))
    once = int((expected.value_counts()["count"] == 1).sum()) / len(expected)
    if len(unseen) / len(values) <= OUTSIDE_SHARE + once:
        return ""
    return f"{unseen.n_unique()} unseen categories in {_percent(len(unseen) / len(values))} of the rows"


def _percent(share: float) -> str:
    text: Callable[[float], str] = "{:.1f} %".format if 0 < share < 0.1 else "{:.0f} %".format
    return text(100 * share)
