"""Which version comes back."""

import pytest
from modelyard_cli.commands.rollback import alias_of, previous, record
from modelyard_cli.errors import CommandError, WrongUsage

TAG = "modelyard.io.promoted_from"


def test_the_promotion_wrote_it_down() -> None:
    assert previous("4", {TAG: "3"}, [{"from": "1", "to": "4"}]) == "3"


def test_else_the_first_time_that_it_answered() -> None:
    history = [{"from": "", "to": "2"}, {"from": "2", "to": "3"}, {"from": "3", "to": "4"}, {"from": "4", "to": "3"}]
    assert previous("4", {}, history) == "3"
    assert previous("3", {}, history) == "2"  # rolled back twice: not to the version that was rolled back


def test_nobody_knows() -> None:
    for history in ([], [{"from": "", "to": "1"}]):
        with pytest.raises(CommandError, match="--to"):
            previous("1", {}, history)


def test_a_rollback_keeps_what_the_promotion_wrote() -> None:
    assert TAG not in record("2026-01-01T00:00:00Z", "ann", "4")


def test_a_pinned_version_follows_no_alias() -> None:
    assert alias_of({"name": "x"}, {"alias": "champion"}) == "champion"
    with pytest.raises(WrongUsage, match=r"spec\.model\.version"):
        alias_of({"name": "x"}, {"version": "3"})
