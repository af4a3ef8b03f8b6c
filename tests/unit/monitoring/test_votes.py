"""k of n: votes for drift among the last windows that voted."""

import pytest
from modelyard_api.model_deployment import Alert
from modelyard_jobs.monitoring.state import JudgedWindow
from modelyard_jobs.monitoring.verdict import votes


def windows(text: str) -> list[JudgedWindow]:
    """``d`` voted for drift, ``.`` against, ``-`` not at all."""
    cast = {"d": True, ".": False, "-": None}
    return [
        JudgedWindow(number=number, start=0, end=0, rows=1, vote=cast[each], drifted_share=None)
        for number, each in enumerate(text, start=1)
    ]


@pytest.mark.parametrize(
    ("history", "count", "drifted"),
    [
        ("", 0, False),
        ("d", 1, False),
        ("dd", 2, True),
        ("d.d", 2, True),
        ("d..d", 1, False),
        ("dd.", 2, True),
        ("dd..", 1, False),
        ("d-d", 2, True),
        ("d---.-d", 2, True),
        ("---", 0, False),
    ],
)
def test_two_of_three(history: str, count: int, drifted: bool) -> None:
    assert votes(windows(history), Alert(after=2, of=3), 0) == (count, drifted)


def test_votes_from_before_the_version_came_back_do_not_count() -> None:
    assert votes(windows("ddd."), Alert(after=2, of=3), 3) == (0, False)
