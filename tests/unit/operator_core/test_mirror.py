"""Looking things up in a mirror, and being told of differences only."""

from typing import Any

import pytest
from modelyard_operator.kube.mirror import Mirror
from modelyard_operator.mirrors import concerned
from modelyard_operator.reconciler import Key

LABEL = "modelyard.io/training-job"


def child(name: str, version: str = "1", owner: str = "", value: str = "", namespace: str = "ml") -> dict[str, Any]:
    metadata: dict[str, Any] = {"namespace": namespace, "name": name, "uid": f"uid-{name}", "resourceVersion": version}
    if owner:
        metadata["ownerReferences"] = [{"kind": "TrainingJob", "name": "penguins", "uid": owner, "controller": True}]
    if value:
        metadata["labels"] = {LABEL: value}
    return {"kind": "Job", "metadata": metadata}


def names(objects: Any) -> list[str]:
    return [obj["metadata"]["name"] for obj in objects]


def test_children_are_found_by_controller_and_by_label_and_sorted() -> None:
    mirror = Mirror([LABEL])
    mirror.replace(
        [child("b", owner="o", value="p"), child("a", owner="o", value="p"), child("c", owner="x"), child("d", value="p", namespace="z")]
    )
    assert names(mirror.controlled_by("o")) == ["a", "b"]
    assert names(mirror.labelled("ml", LABEL, "p")) == ["a", "b"]
    assert names(mirror.controlled_by("nobody")) == []


def test_indexes_follow_what_changes_and_goes() -> None:
    mirror = Mirror([LABEL])
    mirror.put(child("a", owner="o", value="p"))
    mirror.put(child("a", version="2", owner="other"))
    assert names(mirror.controlled_by("o")) == []
    assert names(mirror.controlled_by("other")) == ["a"]
    assert names(mirror.labelled("ml", LABEL, "p")) == []
    mirror.drop(child("a"))
    assert mirror.get("ml", "a") is None
    assert len(mirror) == 0


def test_listing_again_reports_only_what_came_changed_or_went() -> None:
    told: list[tuple[str, str]] = []
    mirror = Mirror(on_change=lambda obj: told.append((obj["metadata"]["name"], obj["metadata"]["resourceVersion"])))
    mirror.replace([child("same"), child("gone"), child("changed")])
    told.clear()
    mirror.replace([child("same"), child("changed", version="2"), child("new")])
    assert sorted(told) == [("changed", "1"), ("changed", "2"), ("gone", "1"), ("new", "1")]


def test_listing_again_reports_what_reads_otherwise_at_the_same_version() -> None:
    told: list[object] = []
    mirror = Mirror(on_change=lambda obj: told.append(obj.get("spec")))
    mirror.replace([child("same") | {"spec": {"checkpoints": "1h"}}])
    told.clear()
    mirror.replace([child("same") | {"spec": {}}])  # the field's definition is gone
    assert told == [{"checkpoints": "1h"}, {}]


def test_listing_one_namespace_leaves_the_others() -> None:
    mirror = Mirror()
    mirror.replace([child("a", namespace="one")], "one")
    mirror.replace([child("b", namespace="two")], "two")
    mirror.replace([], "one")
    assert names(mirror.all()) == ["b"]


def test_a_label_without_index_is_named() -> None:
    with pytest.raises(KeyError, match="no index of label app"):
        Mirror([LABEL]).labelled("ml", "app", "x")


def test_a_change_concerns_the_controller_and_the_resource_that_a_label_names() -> None:
    assert concerned(child("a", owner="o")) == {Key("TrainingJob", "ml", "penguins")}
    pod = child("pod", value="whales")
    pod["metadata"]["ownerReferences"] = [{"kind": "Job", "name": "whales-1", "uid": "j", "controller": True}]
    assert concerned(pod) == {Key("TrainingJob", "ml", "whales")}
    assert concerned(child("stranger")) == set()
    assert concerned({"kind": "ModelDeployment", "metadata": {"namespace": "ml", "name": "flights"}}) == {
        Key("ModelDeployment", "ml", "flights")
    }
