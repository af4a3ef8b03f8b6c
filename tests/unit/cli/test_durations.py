"""Lengths of time on the command line."""

import pytest
from modelyard_cli.clock import seconds_of
from modelyard_cli.errors import WrongUsage


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("5m", 300), ("1h30m", 5400), ("90", 90), ("0", 0), ("1.5m", 90)])
def test_lengths(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "5 m", "-5s", "5d", "1 30"])
def test_what_is_none(text: str) -> None:
    with pytest.raises(WrongUsage, match="length of time"):
        seconds_of(text)
