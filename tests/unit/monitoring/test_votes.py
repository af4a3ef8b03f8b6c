"""k of n: votes for drift among the last windows that voted."""

import pytest
from modelyard_api.model_deployment import Alert
from modelyard_jobs.monitoring.checks.check import enough_votes


@pytest.mark.parametrize(
    ("votes", "count", "active"),
    [
        ("", 0, False),
        ("d", 1, False),
        ("dd", 2, True),
        ("d.d", 2, True),
        ("d..d", 1, False),
        ("dd.", 2, True),
        ("dd..", 1, False),
        ("....dd", 2, True),
    ],
)
def test_two_of_three(votes: str, count: int, active: bool) -> None:
    """``d`` is a vote for drift, ``.`` one against."""
    assert enough_votes([each == "d" for each in votes], Alert(after=2, of=3)) == (count, active)
