"""What is wrong with the file is said in words, and nothing that was written is lost."""

import sqlite3
import threading
from pathlib import Path

import pytest
from modelyard_local.kinds import CONFIG_MAP
from modelyard_local.store import LocalStore, database
from modelyard_local.store.database import StoreBusy, StoreFull, StoreTooNew, StoreUnusable
from modelyard_operator.kube.interface import Unreachable

from tests.unit.local_store.objects import config_map


def test_a_full_disk_refuses_writes_until_there_is_space(store: LocalStore) -> None:
    store.create(config_map("before"))
    connection = store._database._connection()
    [pages] = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreFull, match=r"the disk is full.*free some space"):
        store.create(config_map("large", data={"text": "x" * 100_000}))
    assert [item["metadata"]["name"] for item in store.list_page(CONFIG_MAP).items] == ["before"]
    connection.execute("PRAGMA max_page_count = 1000000")
    store.create(config_map("large", data={"text": "x" * 100_000}))


def test_a_full_disk_is_worth_another_try() -> None:
    assert issubclass(StoreFull, Unreachable)


def test_a_newer_store_is_refused_and_left_alone(store: LocalStore, tmp_path: Path) -> None:
    store.create(config_map("before"))
    store.close()
    with sqlite3.connect(tmp_path / "store.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    content = (tmp_path / "store.sqlite").read_bytes()
    with pytest.raises(StoreTooNew, match=r"newer Modelyard.*upgrade"):
        LocalStore(tmp_path / "store.sqlite")
    assert (tmp_path / "store.sqlite").read_bytes() == content


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").write_text("flight,delay\n" * 1000)
    with pytest.raises(StoreUnusable, match="damaged or no store"):
        LocalStore(tmp_path / "store.sqlite")


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "store.sqlite") as connection:
        connection.execute("CREATE TABLE runs (name TEXT)")
    connection.close()
    content = (tmp_path / "store.sqlite").read_bytes()
    with pytest.raises(StoreUnusable, match="of another program"):
        LocalStore(tmp_path / "store.sqlite")
    assert (tmp_path / "store.sqlite").read_bytes() == content


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match=r"nowhere/store\.sqlite can't be opened for writing: No such file or directory"):
        LocalStore(tmp_path / "nowhere/store.sqlite")


def test_a_writer_that_never_ends_is_not_waited_for_for_ever(store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.1)
    impatient = LocalStore(tmp_path / "store.sqlite")
    with store._database.writing(), pytest.raises(StoreBusy, match="other processes have been writing to it"):
        impatient.create(config_map("late"))
    impatient.create(config_map("late"))
    impatient.close()


def test_readers_do_not_wait_for_writers(store: LocalStore, tmp_path: Path) -> None:
    store.create(config_map("before"))
    reader = LocalStore(tmp_path / "store.sqlite")
    with store._database.writing() as connection:
        connection.execute("DELETE FROM objects")
        assert [item["metadata"]["name"] for item in reader.list_page(CONFIG_MAP).items] == ["before"]
        connection.execute("ROLLBACK")
        connection.execute("BEGIN")
    reader.close()


def test_a_closed_store_says_so(store: LocalStore) -> None:
    store.close()
    with pytest.raises(StoreUnusable, match="was closed"):
        store.list_page(CONFIG_MAP)


def test_connections_of_threads_that_ended_are_closed(store: LocalStore) -> None:
    for _ in range(5):
        thread = threading.Thread(target=store.list_page, args=(CONFIG_MAP,))
        thread.start()
        thread.join()
    assert len(store._database._connections) <= 2
