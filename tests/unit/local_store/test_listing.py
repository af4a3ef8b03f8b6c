"""Lists in pages, while others write."""

import pytest
from modelyard_local.kinds import CONFIG_MAP
from modelyard_local.store import LocalStore
from modelyard_operator.kube.interface import Expired, Object

from tests.unit.local_store.objects import config_map


def test_pages_go_through_namespaces_and_names_in_order(store: LocalStore) -> None:
    for namespace, name in (("b", "a"), ("a", "z"), ("a-b", "m"), ("a", "b")):
        store.create(config_map(name, namespace=namespace))
    found, token = [], ""
    for _ in range(4):
        page = store.list_page(CONFIG_MAP, limit=1, next_page=token)
        found += [(item["metadata"]["namespace"], item["metadata"]["name"]) for item in page.items]
        token = page.next_page
    assert found == [("a", "b"), ("a", "z"), ("a-b", "m"), ("b", "a")]
    assert token == ""


def test_pages_count_only_what_matches(store: LocalStore) -> None:
    for number in range(6):
        store.create(config_map(f"c-{number}", labels={"even": str(number % 2 == 0)}))
    page = store.list_page(CONFIG_MAP, selector="even=True", limit=2)
    assert [item["metadata"]["name"] for item in page.items] == ["c-0", "c-2"]
    assert [
        item["metadata"]["name"] for item in store.list_page(CONFIG_MAP, selector="even=True", limit=2, next_page=page.next_page).items
    ] == ["c-4"]


def test_a_watch_from_the_list_makes_good_what_happened_between_the_pages(store: LocalStore) -> None:
    for name in ("a", "b", "c"):
        store.create(config_map(name))
    first = store.list_page(CONFIG_MAP, limit=2)
    gone = store.get(CONFIG_MAP, "ml", "a")
    store.delete(CONFIG_MAP, "ml", "a", gone["metadata"]["uid"])
    store.apply(config_map("c", data={"changed": "yes"}))
    store.create(config_map("d"))
    last = store.list_page(CONFIG_MAP, limit=2, next_page=first.next_page)
    mirror: dict[str, Object] = {item["metadata"]["name"]: item for item in (*first.items, *last.items)}
    for event in store.watch(CONFIG_MAP, resource_version=last.resource_version, timeout_seconds=0):
        if event.type == "DELETED":
            mirror.pop(event.object["metadata"]["name"], None)
        elif event.type != "BOOKMARK":
            mirror[event.object["metadata"]["name"]] = event.object
    assert mirror == {item["metadata"]["name"]: item for item in store.list_page(CONFIG_MAP).items}


def test_a_token_of_another_place_means_listing_again(store: LocalStore) -> None:
    with pytest.raises(Expired, match="list again"):
        store.list_page(CONFIG_MAP, next_page="eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ")
