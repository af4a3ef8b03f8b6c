"""What holds for all tests: under CI nothing is skipped; with MODELYARD_TEST_RENDERER=X every sentence about criteria and verdicts is "X".

What then fails reads sentences that are made for people. Only the renderer's own tests may, and they are left out.
"""

import os
from collections.abc import Callable, Generator

import pytest
from modelyard_api import rendering

_SENTENCE = os.environ.get("MODELYARD_TEST_RENDERER", "")


def _saying(sentence: str) -> Callable[..., str]:
    return lambda *_asked: sentence


# before any test imports what uses the renderer, so that names taken from it are replaced as well
if _SENTENCE:
    collect_ignore = ["unit/api/test_rendering.py"]
    for _name in [name for name in vars(rendering) if name.startswith("describe_")]:
        setattr(rendering, _name, _saying(_SENTENCE))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skip is a failure where everything that a test needs has to be there."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped under CI: {report.longrepr}"
    return report
