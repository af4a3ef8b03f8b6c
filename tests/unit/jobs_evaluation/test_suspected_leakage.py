"""A column that gives the answer away is found before compute is spent; honest ones pass, however good."""

import numpy as np
import polars as pl
import pytest
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.catalogue.tasks import Task
from modelyard_api.conditions import Reason
from modelyard_api.data import Column, ColumnRole, ColumnType, Data, DataSource
from modelyard_jobs.data.features import Feature
from modelyard_jobs.evaluation.leakage import LeakFinding, Sample, describe_leak, find_leaks, warnings_or_refusal
from modelyard_jobs.termination import InvalidRequest
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
        (found,) = find_leaks(*sample(truth, 2, honest=RANDOM.normal(size=ROWS), copy=copy), data())
        assert (found.column, found.metric, found.alone, found.vouched) == ("copy", Metric.ROC_AUC, 1.0, False)
        assert found.others == pytest.approx(0.5, abs=0.1)
        assert found.is_certain


@pytest.mark.parametrize("share", [0.02, 0.005])
def test_a_copy_of_a_rare_class_is_found(share: float) -> None:
    truth = (np.arange(10_000) < share * 10_000).astype(np.int64)
    found = find_leaks(*sample(truth, 2, honest=RANDOM.normal(size=len(truth)), copy=truth * 1.0), data())
    assert [each.column for each in found] == ["copy"]


def test_a_strong_column_far_ahead_of_all_others_is_found() -> None:
    truth = binary()
    strong, weak = 2.0 * truth + RANDOM.normal(size=ROWS), 0.4 * truth + RANDOM.normal(size=ROWS)
    assert [each.column for each in find_leaks(*sample(truth, 2, weak=weak, strong=strong), data())] == ["strong"]


def test_a_strong_column_among_strong_ones_is_honest() -> None:
    truth = binary()
    one, other = (2.0 * truth + RANDOM.normal(size=ROWS) for _ in range(2))
    assert find_leaks(*sample(truth, 2, one=one, other=other), data()) == ()


def test_noise_is_honest_also_where_every_text_is_different() -> None:
    names = np.array([f"row {row}" for row in range(ROWS)])
    assert find_leaks(*sample(binary(), 2, noise=RANDOM.normal(size=ROWS), name=names), data()) == ()


def test_a_column_that_the_manifest_names_as_a_feature_is_vouched_for() -> None:
    truth = binary()
    vouched = Column(name="copy", role=ColumnRole.FEATURE)
    (found,) = find_leaks(*sample(truth, 2, copy=truth * 1.0, noise=RANDOM.normal(size=ROWS)), data(vouched))
    assert found.vouched


def test_a_handful_of_rows_of_a_class_is_no_certainty() -> None:
    truth = (np.arange(400) < 12).astype(np.int64)
    (found,) = find_leaks(*sample(truth, 2, copy=truth * 1.0, noise=RANDOM.normal(size=400)), data())
    assert found.rows < 10
    assert not found.is_certain


def test_numbers_are_looked_at_too() -> None:
    truth = RANDOM.normal(size=ROWS)
    (found,) = find_leaks(*sample(truth, 0, noise=RANDOM.normal(size=ROWS), cents=truth * 100), data())
    assert (found.column, found.metric) == ("cents", Metric.R2)
    assert find_leaks(*sample(truth, 0, part=truth + RANDOM.normal(size=ROWS), noise=RANDOM.normal(size=ROWS)), data()) == ()


def test_flowers_are_honest() -> None:
    iris = load_iris()
    columns = {f"c{index}": iris.data[:, index] for index in range(4)}
    assert find_leaks(*sample(iris.target, 3, **columns), data()) == ()


def found(*, rows: int = 100, vouched: bool = False) -> LeakFinding:
    return LeakFinding("copy", Metric.ROC_AUC, 0.9876, 0.5, rows, vouched)


def test_a_certain_leak_that_nobody_vouches_for_is_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"'copy' .* role: Ignored") as caught:
        warnings_or_refusal([found(vouched=True), found(rows=9), found()])
    assert caught.value.reason is Reason.SUSPECTED_LEAKAGE


@pytest.mark.parametrize("finding", [found(vouched=True), found(rows=9)])
def test_others_are_warned_about(finding: LeakFinding) -> None:
    (warning,) = warnings_or_refusal([finding])
    assert "'copy'" in warning


def test_the_sentence_about_a_leak() -> None:
    alone = "alone predicts the target with a roc_auc of 0.988 (all other columns together: 0.500)"
    assert describe_leak(found()) == alone
    assert describe_leak(found(rows=9)) == f"{alone}, seen on only 9 rows of the rarest class"
    assert describe_leak(found(vouched=True)) == f"{alone}; spec.data.columns vouches for it"
