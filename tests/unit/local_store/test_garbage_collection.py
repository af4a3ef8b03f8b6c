"""What depends on an object goes with it, and finalizers hold it."""

import pytest
from modelyard_local.kinds import CONFIG_MAP
from modelyard_local.store import LocalStore
from modelyard_operator.kube.interface import AlreadyExists, Kind, NotFound, Refused

from tests.unit.local_store.objects import config_map


def delete(store: LocalStore, name: str, kind: Kind = CONFIG_MAP) -> None:
    store.delete(kind, "ml", name, store.get(kind, "ml", name)["metadata"]["uid"])


def names(store: LocalStore) -> list[str]:
    return [item["metadata"]["name"] for item in store.list_page(CONFIG_MAP, namespace="ml").items]


def test_dependents_of_dependents_go_with_the_owner(store: LocalStore) -> None:
    owner = store.create(config_map("owner"))
    child = store.create(config_map("child", owner))
    store.create(config_map("grandchild", child))
    store.create(config_map("stranger"))
    delete(store, "owner")
    assert names(store) == ["stranger"]


def test_a_dependent_with_another_owner_stays_and_forgets_the_one_that_went(store: LocalStore) -> None:
    one, two = store.create(config_map("one")), store.create(config_map("two"))
    store.create(config_map("child", one, two))
    delete(store, "one")
    references = store.get(CONFIG_MAP, "ml", "child")["metadata"]["ownerReferences"]
    assert [reference["name"] for reference in references] == ["two"]
    delete(store, "two")
    assert names(store) == []


def test_an_object_with_a_finalizer_goes_when_that_is_removed(store: LocalStore) -> None:
    owner = store.create(config_map("owner"))
    store.create(config_map("held", owner, finalizers=["modelyard.io/runner"]))
    delete(store, "owner")
    held = store.get(CONFIG_MAP, "ml", "held")
    assert held["metadata"]["deletionTimestamp"] == "2026-01-02T03:04:05Z"
    with pytest.raises(AlreadyExists, match="object is being deleted"):
        store.create(config_map("held"))
    with pytest.raises(Refused, match="no new finalizers"):
        store.update(CONFIG_MAP, {**held, "metadata": {**held["metadata"], "finalizers": ["modelyard.io/runner", "late"]}})
    store.update(CONFIG_MAP, {**held, "metadata": {**held["metadata"], "finalizers": []}})
    assert names(store) == []


def test_a_held_owner_keeps_its_dependents_until_it_goes(store: LocalStore) -> None:
    owner = store.create(config_map("owner", finalizers=["held"]))
    store.create(config_map("child", owner))
    delete(store, "owner")
    assert names(store) == ["child", "owner"]
    leaving = store.get(CONFIG_MAP, "ml", "owner")
    store.update(CONFIG_MAP, {**leaving, "metadata": {**leaving["metadata"], "finalizers": None}})
    assert names(store) == []


def test_deleting_twice_changes_nothing(store: LocalStore) -> None:
    store.create(config_map("held", finalizers=["held"]))
    delete(store, "held")
    before = store.get(CONFIG_MAP, "ml", "held")
    delete(store, "held")
    assert store.get(CONFIG_MAP, "ml", "held") == before


def test_a_child_that_comes_after_its_owner_went_goes_too(store: LocalStore) -> None:
    owner = store.create(config_map("owner"))
    delete(store, "owner")
    store.create(config_map("late", owner))
    with pytest.raises(NotFound):
        store.get(CONFIG_MAP, "ml", "late")


def test_an_owner_of_an_unknown_kind_counts_as_being_there(store: LocalStore) -> None:
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "this", "uid": "1"}}
    store.create(config_map("child", node))
    assert names(store) == ["child"]
