"""The JSONPath of printer columns."""

import pytest
from modelyard_api.crds.resources import RESOURCES
from modelyard_cli.printing.columns import first

OBJECT = {
    "status": {
        "state": "Running",
        "epoch": 0,
        "versions": [{"ready": 2}, {"ready": 1}],
        "conditions": [{"type": "A", "status": "True", "reason": "x"}, {"type": "B", "status": "False", "reason": "y"}],
    }
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (".status.state", "Running"),
        (".status.epoch", 0),
        (".status.versions[0].ready", 2),
        (".status.versions[5].ready", None),
        (".status.nothing.here", None),
        (".status.state.deeper", None),
        ('.status.conditions[?(@.status=="False")].reason', "y"),
        ("""  .status.conditions[?(@.type=='A')].reason""".strip(), "x"),
        ('.status.conditions[?(@.type=="C")].reason', None),
    ],
)
def test_values(path: str, value: object) -> None:
    assert first(path, OBJECT) == value


def test_what_is_not_understood_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\[\*\]"):
        first(".status.versions[*].ready", OBJECT)


@pytest.mark.parametrize("column", [column for resource in RESOURCES for column in resource.columns], ids=lambda column: column.path)
def test_every_column_of_ours_is_understood(column: object) -> None:
    first(column.path, OBJECT)  # type: ignore[attr-defined]
