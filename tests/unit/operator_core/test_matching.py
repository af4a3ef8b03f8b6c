"""Whether what is there still is what was applied."""

from typing import Any

import pytest
from modelyard_operator.kube.matching import HASH_ANNOTATION, holds, same_manifest, taken_over, with_hash


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"a": 1}, {"a": 1, "default": True}),
        ({"cpu": "1000m"}, {"cpu": "1"}),
        ({"memory": "1024Mi"}, {"memory": "1Gi"}),
        ({"env": [{"name": "B", "value": "2"}]}, {"env": [{"name": "A"}, {"name": "B", "value": "2"}]}),
        ({"args": ["a", "b"]}, {"args": ["a", "b"]}),
        ({"empty": {}, "none": None, "list": [], "text": "", "off": False}, {}),
    ],
)
def test_defaults_order_of_names_and_spelling_of_quantities_make_no_difference(wanted: Any, found: Any) -> None:
    assert holds(wanted, found)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"a": 1}, {"a": 2}),
        ({"a": {"b": 1}}, {"a": None}),
        ({"cpu": "2"}, {"cpu": "1"}),
        ({"args": ["a", "b"]}, {"args": ["b", "a"]}),
        ({"args": ["a"]}, {"args": ["a", "b"]}),
        ({"env": [{"name": "A", "value": "1"}]}, {"env": [{"name": "B", "value": "1"}]}),
        ({"replicas": 2}, {"replicas": 0}),
        ({"on": True}, {"on": False}),
        ({"image": "a:1"}, {"image": "a:2"}),
    ],
)
def test_a_changed_field_is_seen(wanted: Any, found: Any) -> None:
    assert not holds(wanted, found)


def test_a_field_that_the_manifest_no_longer_has_is_seen_by_the_hash() -> None:
    before = {"metadata": {"name": "a"}, "spec": {"x": 1, "y": 2}}
    applied = with_hash(before)
    assert applied["metadata"]["annotations"][HASH_ANNOTATION]
    assert "annotations" not in before["metadata"]
    assert same_manifest(before, applied)
    assert not same_manifest({"metadata": {"name": "a"}, "spec": {"x": 1}}, applied)


def entry(manager: str, operation: str, **more: str) -> dict[str, Any]:
    return {"manager": manager, "operation": operation, "fieldsV1": {"f:spec": {}}, **more}


def test_created_fields_become_applied_ones_and_others_stay() -> None:
    entries = [entry("us", "Update"), entry("us", "Update", subresource="status"), entry("them", "Update")]
    assert taken_over(entries, "us") == [entry("us", "Update", subresource="status"), entry("them", "Update"), entry("us", "Apply")]


def test_nothing_changes_where_nothing_was_created() -> None:
    assert taken_over([entry("us", "Apply"), entry("them", "Update")], "us") is None
