"""A short form of `make simulate`: splits by hash are fair, those of release 0.1.0 were not, and fitted rows stay out of later tests."""

import pytest

from tests.simulation import splits


def test_a_forest_is_worth_what_a_plain_split_says_and_release_0_1_0_said_otherwise() -> None:
    table = splits.few_categories(ages=12)
    now = splits.bias("", table, 15)
    assert abs(now.difference) < 0.01 + 2 * now.standard_error
    before = splits.bias("", table, 15, splits.as_first_release)
    assert before.difference < -0.1


@pytest.mark.parametrize("name", ["few categories", "diabetes"])
def test_no_fitted_row_is_in_a_later_test(name: str) -> None:
    table = splits.few_categories() if name == "few categories" else splits.continuous()["diabetes above the median"]
    found = {change: fitted for change, fitted, _ in splits.fitted_rows_in_a_later_test(table, 3)}
    required = [change for change in found if name != "few categories" or change not in splits.KNOWN_BY_ORDER]
    assert {change: found[change] for change in required} == dict.fromkeys(required, 0)
