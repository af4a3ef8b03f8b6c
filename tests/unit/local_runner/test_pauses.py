"""What failed is tried again after a while, not at once."""

from modelyard_local.runner.pauses import Pauses


def test_an_object_that_failed_is_left_alone_for_a_while() -> None:
    now = [100.0]
    pauses = Pauses(lambda: now[0])
    pauses.begin("a")
    now[0] = 104.9
    assert "a" in pauses
    assert "b" not in pauses
    now[0] = 105.0
    assert "a" not in pauses
