"""What watches are told, and when."""

import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from modelyard_local.kinds import CONFIG_MAP
from modelyard_local.store import LocalStore, objects
from modelyard_operator.kube.interface import TRAINING_JOB, Expired, Refused, WatchEvent

from tests.unit.local_store.objects import config_map, training_job


def told(events: Iterator[WatchEvent]) -> list[tuple[str, str]]:
    return [(event.type, event.object["metadata"].get("name", "")) for event in events]


def test_what_begins_to_match_is_added_and_what_no_longer_does_is_deleted(store: LocalStore) -> None:
    version = store.list_page(CONFIG_MAP).resource_version
    created = store.create(config_map("a"))
    store.create(training_job())
    matching = store.update(CONFIG_MAP, {**created, "metadata": {**created["metadata"], "labels": {"mine": "yes"}}})
    changed = store.update(CONFIG_MAP, {**matching, "data": {"key": "value"}})
    store.update(CONFIG_MAP, {**changed, "metadata": {**changed["metadata"], "labels": {}}})
    store.delete(CONFIG_MAP, "ml", "a", created["metadata"]["uid"])
    events = store.watch(CONFIG_MAP, resource_version=version, selector="mine=yes", timeout_seconds=0)
    assert told(events) == [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a"), ("BOOKMARK", "")]


def test_a_watch_goes_on_where_its_bookmark_was(store: LocalStore) -> None:
    version = store.list_page(CONFIG_MAP).resource_version
    store.create(config_map("first"))
    *_, bookmark = store.watch(CONFIG_MAP, resource_version=version, timeout_seconds=0)
    store.create(config_map("second"))
    resumed = store.watch(CONFIG_MAP, resource_version=bookmark.object["metadata"]["resourceVersion"], timeout_seconds=0)
    assert told(resumed) == [("ADDED", "second"), ("BOOKMARK", "")]


def test_namespaces_are_told_apart(store: LocalStore) -> None:
    version = store.list_page(CONFIG_MAP).resource_version
    store.create(config_map("here"))
    store.create(config_map("there", namespace="other"))
    watch = store.watch(CONFIG_MAP, resource_version=version, namespace="other", timeout_seconds=0)
    assert told(watch) == [("ADDED", "there"), ("BOOKMARK", "")]


def test_a_quiet_watch_sends_a_bookmark_a_minute(tmp_path: Path) -> None:
    ticks = itertools.count(0.0, 10.0)
    store = LocalStore(tmp_path / "store.sqlite", clock=lambda: next(ticks))
    assert next(store.watch(CONFIG_MAP, resource_version="1", timeout_seconds=290)).type == "BOOKMARK"
    assert next(ticks) < 120
    store.close()


@pytest.mark.parametrize("is_other_process", [False, True])
def test_a_change_is_told_within_a_moment(store: LocalStore, tmp_path: Path, is_other_process: bool) -> None:
    """A second store on the same file shares nothing with the first, as if it were in another process."""
    writer = LocalStore(tmp_path / "store.sqlite") if is_other_process else store
    watch = store.watch(CONFIG_MAP, resource_version=store.list_page(CONFIG_MAP).resource_version, timeout_seconds=20)
    heard: list[float] = []
    listener = threading.Thread(target=lambda: (next(watch), heard.append(time.monotonic())))
    listener.start()
    wrote = time.monotonic()
    writer.create(config_map("new"))
    listener.join(20)
    assert heard[0] - wrote < 1  # 50 ms on a machine that does nothing else
    if is_other_process:
        writer.close()


def test_many_watches_hear_everything_while_others_write(store: LocalStore, tmp_path: Path) -> None:
    version = store.list_page(CONFIG_MAP).resource_version
    other = LocalStore(tmp_path / "store.sqlite")
    heard: list[list[str]] = [[] for _ in range(6)]

    def listen(names: list[str]) -> None:
        for event in store.watch(CONFIG_MAP, resource_version=version, timeout_seconds=30):
            names.append(event.object["metadata"].get("name", ""))
            if len(names) == 40:
                return

    listeners = [threading.Thread(target=listen, args=(names,)) for names in heard]
    writers = [
        threading.Thread(target=lambda kube, prefix: [kube.create(config_map(f"{prefix}-{number}")) for number in range(20)], args=pair)
        for pair in ((store, "here"), (other, "there"))
    ]
    for thread in (*listeners, *writers):
        thread.start()
    for thread in (*writers, *listeners):
        thread.join(30)
    assert {tuple(sorted(names)) for names in heard} == {tuple(sorted(f"{where}-{n}" for where in ("here", "there") for n in range(20)))}
    assert len({tuple(names) for names in heard}) == 1
    other.close()


def test_versions_that_are_forgotten_or_from_another_store_have_expired(store: LocalStore) -> None:
    old = store.list_page(CONFIG_MAP).resource_version
    store.create(config_map("a"))
    with store._database.writing() as connection:
        objects.forget(connection, objects.versions(connection).newest)
    with pytest.raises(Expired, match="too old resource version: 1 "):
        list(store.watch(CONFIG_MAP, resource_version=old, timeout_seconds=0))
    with pytest.raises(Expired, match="newer than this store's"):
        list(store.watch(CONFIG_MAP, resource_version="99", timeout_seconds=0))
    with pytest.raises(Refused, match="no resource version"):
        list(store.watch(CONFIG_MAP, resource_version="now", timeout_seconds=0))


def test_the_history_is_kept_short_and_versions_go_on_after_reopening(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "KEPT_CHANGES", 50)
    for number in range(450):
        last = store.apply(config_map("busy", data={"number": str(number)}))
    with store._database.reading() as connection:
        newest, forgotten = objects.versions(connection)
        [kept] = connection.execute("SELECT count(*) FROM changes").fetchone()
    assert (newest, forgotten, kept) == (451, 350, 101)
    store.close()
    again = LocalStore(tmp_path / "store.sqlite")
    assert int(again.apply(config_map("busy"))["metadata"]["resourceVersion"]) == int(last["metadata"]["resourceVersion"]) + 1
    again.close()


def test_closing_ends_watches(store: LocalStore) -> None:
    ended = threading.Event()
    watch = store.watch(TRAINING_JOB, resource_version=store.list_page(TRAINING_JOB).resource_version)
    listener = threading.Thread(target=lambda: (list(watch), ended.set()))
    listener.start()
    store.create(training_job())
    store.close()
    listener.join(10)
    assert ended.is_set()
