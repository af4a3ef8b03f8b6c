"""Whether a column of whole numbers is one of codes: where it can't be one, nothing is measured."""

import numpy as np
import pytest
from modelyard_jobs.evaluation.integer_codes import CodeEvidence, evidence_of_codes, may_be_codes
from numpy.typing import NDArray

ROWS = 1_000
RANDOM = np.random.default_rng(5)
CODE = RANDOM.integers(0, 100, ROWS)
TARGET = RANDOM.normal(size=100)[CODE] + 0.3 * RANDOM.normal(size=ROWS)
EACH = np.arange(ROWS)


def evidence(
    values: NDArray[np.generic], truth: NDArray[np.generic] = TARGET, classes: int = 0, groups: NDArray[np.generic] = EACH
) -> CodeEvidence | None:
    return evidence_of_codes(values.astype(np.float64), truth, classes, groups)


def test_codes_explain_what_no_curve_does() -> None:
    found = evidence(1_000 + CODE)
    assert found is not None
    assert found.are_codes
    assert found.values == 100
    assert found.gain > 0.3


def test_of_several_classes_too() -> None:
    found = evidence(CODE, (RANDOM.integers(0, 3, 100)[CODE] + (RANDOM.random(ROWS) < 0.2)) % 3, classes=3)
    assert found is not None
    assert found.are_codes


@pytest.mark.parametrize(
    "values",
    [CODE + 0.5, EACH, CODE % 9, np.where(EACH < 20, CODE, np.nan), np.full(ROWS, np.nan)],
    ids=["fractions", "all different", "too few different ones", "too few rows", "no value"],
)
def test_what_can_not_be_codes(values: NDArray[np.generic]) -> None:
    assert may_be_codes(CODE.astype(np.float64))
    assert not may_be_codes(values.astype(np.float64))


def test_without_a_value_nothing_is_measured() -> None:
    assert evidence(np.full(ROWS, np.nan)) is None


def test_rows_without_a_value_are_left_out() -> None:
    found = evidence(np.where(EACH % 10 == 0, np.nan, CODE))
    assert found is not None
    assert found.are_codes


def test_a_target_that_never_changes_shows_nothing() -> None:
    assert evidence(CODE, np.ones(ROWS)) is None


def test_values_that_only_come_in_one_group_say_nothing_about_other_groups() -> None:
    found = evidence(CODE, groups=CODE)
    assert found is not None
    assert not found.are_codes
    assert evidence(CODE, groups=EACH % 3) is None  # too few groups to leave one out


def test_any_mean_and_scale_of_the_target_is_the_same() -> None:
    usual, far = evidence(CODE), evidence(CODE, 1e12 + 1e5 * TARGET)
    assert usual is not None
    assert far is not None
    assert far.gain == pytest.approx(usual.gain, abs=1e-3)
