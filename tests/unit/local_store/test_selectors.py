import pytest
from modelyard_local.store.selectors import parse
from modelyard_operator.kube.interface import Refused

LABELS = {"app": "modelyard", "tier": "serving", "example.com/version": "3", "empty": ""}


@pytest.mark.parametrize(
    ("selector", "matches"),
    [
        ("", True),
        ("app=modelyard", True),
        ("app==modelyard", True),
        ("app=other", False),
        ("app!=other", True),
        ("app!=modelyard", False),
        ("missing!=anything", True),
        ("missing=", False),
        ("empty=", True),
        ("app", True),
        ("missing", False),
        ("!missing", True),
        ("!app", False),
        ("tier in (serving, training)", True),
        ("tier in (training)", False),
        ("tier notin (training),app=modelyard", True),
        ("missing notin (a)", True),
        ("missing in (a)", False),
        ("example.com/version=3, tier in (serving,training) , !missing", True),
        ("example.com/version=3,tier=training", False),
    ],
)
def test_requirements_hold_together(selector: str, matches: bool) -> None:
    assert parse(selector)(LABELS) is matches


@pytest.mark.parametrize("selector", ["app=a=b", "tier in serving", "app > 3", ",", "app=modelyard,"])
def test_what_is_no_selector_is_refused(selector: str) -> None:
    with pytest.raises(Refused, match="is no label selector"):
        parse(selector)
