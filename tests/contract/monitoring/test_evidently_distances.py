"""The pinned methods mean what the manifest says, and no column takes the others down with it."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from modelyard_api.model_deployment import FixedLimits
from modelyard_jobs.monitoring.checks import distances
from modelyard_jobs.monitoring.checks.column_findings import find_in_columns
from modelyard_jobs.monitoring.checks.distances import Comparison, compare

RANDOM = np.random.default_rng(0)
REFERENCE = pl.DataFrame(
    {
        "input.a": RANDOM.normal(size=2000),
        "input.constant": [1.0] * 2000,
        "input.c": RANDOM.choice(["x", "y"], 2000, p=[0.5, 0.5]),
    }
)
WINDOW = pl.DataFrame(
    {
        "input.a": RANDOM.normal(1, size=1000),
        "input.constant": [1.0] * 1000,
        "input.c": ["x"] * 300 + ["y"] * 500 + ["z"] * 200,
    }
)


def compared(window: pl.DataFrame, **drift: Any) -> Comparison:
    return compare(REFERENCE, window, find_in_columns(REFERENCE, window, "input."), FixedLimits.model_validate(drift))


@pytest.mark.parametrize(("method", "expected"), [("PSI", 1.0), ("Wasserstein", 1.0), ("JensenShannon", 0.33)])
def test_numbers(method: str, expected: float) -> None:
    a, constant, _ = compared(WINDOW, numerical={"method": method, "threshold": 0.2}).distances
    assert (a.method, a.drifted) == (method, True)
    assert a.distance == pytest.approx(expected, rel=0.2)
    assert (constant.distance, constant.drifted) == (0.0, False)


def test_total_variation_is_the_distance_and_no_p_value() -> None:
    shares = REFERENCE["input.c"].value_counts(normalize=True)
    x = shares.filter(pl.col("input.c") == "x")["proportion"][0]
    expected = (abs(x - 0.3) + abs(1 - x - 0.5) + 0.2) / 2
    found = compared(WINDOW, categorical={"method": "TotalVariation", "threshold": 0.15}).distances[2]
    assert found.distance == pytest.approx(expected, abs=1e-9)
    assert found.drifted
    assert not compared(WINDOW, categorical={"method": "TotalVariation", "threshold": 0.3}).distances[2].drifted


def test_one_absurd_number_neither_hides_drift_nor_makes_it() -> None:
    def with_absurd(values: pl.Series) -> pl.DataFrame:
        return WINDOW.with_columns(pl.concat([pl.Series([1e30]), values.slice(1).alias("")]).alias("input.a"))

    for method in ("PSI", "Wasserstein", "JensenShannon"):
        settings = {"method": method, "threshold": 0.2}
        assert compared(with_absurd(WINDOW["input.a"]), numerical=settings).distances[0].drifted
        assert not compared(with_absurd(REFERENCE["input.a"].head(1000)), numerical=settings).distances[0].drifted


def test_a_column_that_evidently_refuses_is_named_and_the_others_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    run = distances._run

    def refusing(reference: pl.DataFrame, current: pl.DataFrame, checks: Any, limits: FixedLimits) -> Any:
        if any(check.name == "input.constant" for check in checks):
            raise ValueError("input.constant")
        return run(reference, current, checks, limits)

    monkeypatch.setattr(distances, "_run", refusing)
    result = compared(WINDOW)
    assert [each.problem for each in result.distances] == ["", "Evidently can't compare it (ValueError)", ""]
    assert result.distances[0].drifted
    assert b"input.a" in result.html
