"""Distances between the reference and a window, by Evidently with pinned methods, on bounded samples of the columns that can be compared.

Evidently's own defaults change method and direction with the size of the reference, and one empty column ends its whole report: so each
column is a ``ValueDrift`` of its own with the method and threshold of the manifest, and comes here only after ``column_findings``.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import polars as pl
from modelyard_api.model_deployment import CategoricalMethod, FixedLimits, NumericalMethod

from modelyard_jobs.monitoring.checks.column_findings import ColumnFinding, Kind, comparable_values

with warnings.catch_warnings():  # of its older parts
    warnings.simplefilter("ignore")
    from evidently import DataDefinition, Dataset, Report
    from evidently.legacy.calculations.stattests.registry import StatTest, register_stattest
    from evidently.legacy.core import ColumnType
    from evidently.metrics import ValueDrift

CURRENT_ROWS = 5_000
_SEED = 0
_TOTAL_VARIATION = "modelyard_total_variation"
_NUMERICAL = {NumericalMethod.PSI: "psi", NumericalMethod.WASSERSTEIN: "wasserstein", NumericalMethod.JENSEN_SHANNON: "jensenshannon"}
_CATEGORICAL = {
    CategoricalMethod.PSI: "psi",
    CategoricalMethod.JENSEN_SHANNON: "jensenshannon",
    CategoricalMethod.TOTAL_VARIATION: _TOTAL_VARIATION,
}


@dataclass(frozen=True)
class Distance:
    """One column's distance; ``problem`` says why there is none."""

    column: str
    method: str  # as the manifest names it
    threshold: float
    distance: float | None
    problem: str = ""

    @property
    def drifted(self) -> bool:
        """Every method here is a distance: more is worse."""
        return self.distance is not None and self.distance >= self.threshold


@dataclass(frozen=True)
class Comparison:
    """All distances, in the order of the findings, and Evidently's page (empty: nothing could be compared)."""

    distances: tuple[Distance, ...]
    html: bytes


def compare(reference: pl.DataFrame, window: pl.DataFrame, found: Sequence[ColumnFinding], limits: FixedLimits) -> Comparison:
    """Compares the columns whose finding has no ``unable``. A column that Evidently itself can't take is left out and named."""
    columns = [column for column in found if not column.unable and column.kind]
    current = window.sample(CURRENT_ROWS, seed=_SEED) if window.height > CURRENT_ROWS else window
    with _evidently():
        problems: dict[str, str] = {}
        snapshot = _try_run(reference, current, columns, limits)
        if isinstance(snapshot, str):  # which one it was, Evidently doesn't say
            single = {column.name: _try_run(reference, current, [column], limits) for column in columns}
            problems = {name: outcome for name, outcome in single.items() if isinstance(outcome, str)}
            columns = [column for column in columns if column.name not in problems]
            snapshot = _try_run(reference, current, columns, limits)
        values = {} if isinstance(snapshot, str) else _values(snapshot)
        html = b"" if isinstance(snapshot, str) or not values else _html(snapshot)
    return Comparison(tuple(_distance(column, values, problems, limits) for column in found), html)


def _try_run(reference: pl.DataFrame, current: pl.DataFrame, found: Sequence[ColumnFinding], limits: FixedLimits) -> Any:
    """Evidently's snapshot, or in words why there is none: it raises ``ValueError`` and others of numpy and pandas on odd columns."""
    if not found:
        return "nothing to compare"
    try:
        return _run(reference, current, found, limits)
    except Exception as error:
        return f"Evidently can't compare it ({type(error).__name__})"


def _run(reference: pl.DataFrame, current: pl.DataFrame, found: Sequence[ColumnFinding], limits: FixedLimits) -> Any:
    definition = DataDefinition(
        numerical_columns=[column.name for column in found if column.kind is Kind.NUMBER],
        categorical_columns=[column.name for column in found if column.kind is Kind.TEXT],
    )
    before, after = (_pandas(frame, reference, found) for frame in (reference, current))
    metrics = [
        ValueDrift(column=column.name, method=_evidently_method(column, limits), threshold=_threshold(column, limits)) for column in found
    ]
    return Report(metrics).run(
        current_data=Dataset.from_pandas(after, data_definition=definition),
        reference_data=Dataset.from_pandas(before, data_definition=definition),
    )


def _pandas(frame: pl.DataFrame, reference: pl.DataFrame, found: Sequence[ColumnFinding]) -> pd.DataFrame:
    """Numbers as floats, clipped to three times the reference's range: with bins over everything, one absurd value would hide all others."""
    columns: dict[str, Any] = {}
    for column in found:
        if column.kind is Kind.NUMBER:
            numbers = frame[column.name].cast(pl.Float64)
            expected = comparable_values(reference[column.name], Kind.NUMBER).to_numpy()
            low, high = float(expected.min()), float(expected.max())
            finite = pl.select(pl.when(numbers.is_finite()).then(numbers)).to_series()
            columns[column.name] = finite.clip(low - (high - low or 1.0), high + (high - low or 1.0)).to_numpy()
        else:
            columns[column.name] = pd.Series(frame[column.name].cast(pl.String).to_list(), dtype=object)
    return pd.DataFrame(columns)


def _values(snapshot: Any) -> dict[str, float]:
    metrics = snapshot.dict()["metrics"]
    return {metric["config"]["column"]: float(metric["value"]) for metric in metrics if metric["config"]["type"].endswith(":ValueDrift")}


def _html(snapshot: Any) -> bytes:
    with TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        snapshot.save_html(str(page))
        return page.read_bytes()


def _distance(column: ColumnFinding, values: dict[str, float], problems: dict[str, str], limits: FixedLimits) -> Distance:
    value = values.get(column.name)
    finite = value if value is not None and abs(value) < float("inf") else None
    problem = column.unable or problems.get(column.name, "") or ("" if finite is not None else "no finite distance")
    return Distance(column.name, _method(column, limits), _threshold(column, limits), finite, problem)


def _method(column: ColumnFinding, limits: FixedLimits) -> str:
    return str(limits.categorical.method if column.kind is Kind.TEXT else limits.numerical.method)


def _threshold(column: ColumnFinding, limits: FixedLimits) -> float:
    return limits.categorical.threshold if column.kind is Kind.TEXT else limits.numerical.threshold


def _evidently_method(column: ColumnFinding, limits: FixedLimits) -> str:
    return _CATEGORICAL[limits.categorical.method] if column.kind is Kind.TEXT else _NUMERICAL[limits.numerical.method]


@contextmanager
def _evidently() -> Iterator[None]:
    """Runs Evidently without the warnings of its older parts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _register_total_variation()
        yield


def _register_total_variation() -> None:
    """Evidently's own "TVD" gives the p-value of a permutation test; the manifest asks for the distance itself."""
    test = StatTest(_TOTAL_VARIATION, "Total variation distance", [ColumnType.Categorical], default_threshold=0.1)
    register_stattest(test, _total_variation)


def _total_variation(reference: pd.Series, current: pd.Series, _: Any, threshold: float) -> tuple[float, bool]:
    """Half the sum of the differences of the shares; 0 (same) to 1 (nothing in common)."""
    shares = reference.value_counts(normalize=True).sub(current.value_counts(normalize=True), fill_value=0.0)
    distance = float(shares.abs().sum()) / 2
    return distance, distance >= threshold
