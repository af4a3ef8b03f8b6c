"""A column that gives the answer away is found before compute is spent; honest ones pass, however good."""

import numpy as np
import polars as pl
import pytest
from modelyard_api.conditions import Reason
from modelyard_api.data import Column, ColumnRole, ColumnType, Data, DataSource
from modelyard_api.metrics import Task
from modelyard_jobs.data.columns import Feature
from modelyard_jobs.evaluation.leakage import Sample, require_no_leak
from modelyard_jobs.failures import InvalidOrder
from sklearn.datasets import load_iris

RANDOM = np.random.default_rng(0)
ROWS = 2000


def sample(truth: np.ndarray, classes: int, **columns: np.ndarray) -> tuple[Sample, list[Feature]]:
    frame = pl.DataFrame(columns)
    kinds = [Feature(name, ColumnType.NUMERICAL if frame[name].dtype.is_numeric() else ColumnType.CATEGORICAL) for name in frame.columns]
    groups = RANDOM.integers(0, 2**63, len(truth)).astype(np.uint64)
    task = Task.CLASSIFICATION if classes else Task.REGRESSION
    return Sample(frame, task, tuple(map(str, range(classes))), truth, groups), kinds


def data(*columns: Column) -> Data:
    return Data(source=DataSource(uri="s3://bucket/rows.csv"), columns=list(columns) or None)


def binary() -> np.ndarray:
    return (RANDOM.random(ROWS) < 0.25).astype(np.int64)


def test_the_target_by_another_name_is_found() -> None:
    truth = binary()
    for copy in (truth * 3.0, np.array(["no", "yes"])[truth]):
        with pytest.raises(InvalidOrder, match=r"column 'copy' alone .* role: Ignored") as caught:
            require_no_leak(*sample(truth, 2, honest=RANDOM.normal(size=ROWS), copy=copy), data())
        assert caught.value.reason is Reason.SUSPECTED_LEAKAGE


def test_a_strong_column_far_ahead_of_all_others_is_found() -> None:
    truth = binary()
    strong, weak = 2.0 * truth + RANDOM.normal(size=ROWS), 0.4 * truth + RANDOM.normal(size=ROWS)
    with pytest.raises(InvalidOrder, match="'strong'"):
        require_no_leak(*sample(truth, 2, weak=weak, strong=strong), data())


def test_a_strong_column_among_strong_ones_is_honest() -> None:
    truth = binary()
    one, other = (2.0 * truth + RANDOM.normal(size=ROWS) for _ in range(2))
    assert require_no_leak(*sample(truth, 2, one=one, other=other), data()) == ()


def test_noise_is_honest_also_where_every_text_is_different() -> None:
    names = np.array([f"row {row}" for row in range(ROWS)])
    assert require_no_leak(*sample(binary(), 2, noise=RANDOM.normal(size=ROWS), name=names), data()) == ()


def test_a_column_that_the_manifest_names_as_a_feature_is_vouched_for() -> None:
    truth = binary()
    vouched = Column(name="copy", role=ColumnRole.FEATURE)
    (warning,) = require_no_leak(*sample(truth, 2, copy=truth * 1.0, noise=RANDOM.normal(size=ROWS)), data(vouched))
    assert "'copy' alone" in warning


def test_numbers_are_looked_at_too() -> None:
    truth = RANDOM.normal(size=ROWS)
    with pytest.raises(InvalidOrder, match="'cents' alone predicts the target with a r2 of"):
        require_no_leak(*sample(truth, 0, noise=RANDOM.normal(size=ROWS), cents=truth * 100), data())
    assert require_no_leak(*sample(truth, 0, part=truth + RANDOM.normal(size=ROWS), noise=RANDOM.normal(size=ROWS)), data()) == ()


def test_flowers_are_honest() -> None:
    iris = load_iris()
    columns = {f"c{index}": iris.data[:, index] for index in range(4)}
    assert require_no_leak(*sample(iris.target, 3, **columns), data()) == ()
