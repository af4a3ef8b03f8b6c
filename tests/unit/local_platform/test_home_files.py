"""Keys, addresses, state and the lock of a home."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from modelyard_local import disk, keys, lifecycle, state
from modelyard_local.home import Addresses, Home
from modelyard_local.keys import KeysUnreadable
from modelyard_local.state import PlatformPhase, PlatformState


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.make()
    return home


def test_keys_are_made_once_and_closed_to_others(home: Home) -> None:
    assert keys.read(home) is None
    made = keys.read_or_make(home)
    assert keys.read_or_make(home) == made == keys.read(home)
    assert home.secrets.stat().st_mode & 0o077 == 0
    assert made.s3_secret_key not in repr(made)


def test_two_homes_have_different_keys(home: Home, tmp_path: Path) -> None:
    other = Home(tmp_path / "other")
    other.make()
    assert keys.read_or_make(home) != keys.read_or_make(other)


def test_damaged_keys_are_an_error_that_says_what_to_do(home: Home) -> None:
    home.secrets.write_text('{"s3_access_key": "half')
    with pytest.raises(KeysUnreadable, match=r"secrets.json is damaged; delete it"):
        keys.read_or_make(home)


def test_a_file_is_replaced_at_once_and_leaves_no_drafts(home: Home) -> None:
    disk.write(home.addresses, "one")
    disk.write(home.addresses, "two")
    assert home.addresses.read_text() == "two"
    assert [path.name for path in home.folder.iterdir() if path.name.startswith(".")] == []


def test_addresses_are_none_before_the_first_start_and_when_the_file_is_not_ours(home: Home) -> None:
    assert home.read_addresses() is None
    home.addresses.write_text("{}")
    assert home.read_addresses() is None
    disk.write(home.addresses, Addresses(mlflow_url="http://a", s3_url="http://b", gateway_url="http://c").model_dump_json())
    assert home.read_addresses() == Addresses(mlflow_url="http://a", s3_url="http://b", gateway_url="http://c")


def test_the_state_survives_writing_and_reading(home: Home) -> None:
    assert state.read(home) is None
    said = PlatformState(version="1", pid=4, started=datetime(2026, 1, 1, tzinfo=UTC), phase=PlatformPhase.READY)
    state.write(home, said)
    assert state.read(home) == said


def test_the_lock_is_held_by_one_and_says_by_whom(home: Home) -> None:
    assert lifecycle.holder(home.lock) is None
    held = lifecycle.acquire(home.lock)
    assert held is not None
    with held:
        assert lifecycle.holder(home.lock) == os.getpid()
        assert lifecycle.acquire(home.lock, pause=lambda _: None, clock=iter((0.0, 3.0)).__next__) is None
    assert lifecycle.holder(home.lock) is None


def test_the_lock_of_a_killed_process_is_free(home: Home) -> None:
    program = "import sys, pathlib; from modelyard_local import lifecycle; held = lifecycle.acquire(pathlib.Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", program, str(home.lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"held\n"
            assert lifecycle.holder(home.lock) == process.pid
        finally:
            process.kill()
            process.wait()
    assert lifecycle.holder(home.lock) is None


def test_a_process_that_holds_the_lock_and_has_said_nothing_yet_is_starting(home: Home) -> None:
    assert lifecycle.running(home) is None
    held = lifecycle.acquire(home.lock)
    assert held is not None
    with held:
        said = lifecycle.running(home)
    assert said is not None
    assert (said.pid, said.phase) == (os.getpid(), PlatformPhase.STARTING)


def test_everything_is_deleted_but_what_is_not_ours(home: Home) -> None:
    keys.read_or_make(home)
    (home.folder / "store.sqlite-wal").write_text("x")
    (home.data("mlflow")).mkdir()
    (home.folder / "thesis.tex").write_text("mine")
    assert lifecycle.delete_everything(home) == [home.folder / "thesis.tex"]
    assert [path.name for path in home.folder.iterdir()] == ["thesis.tex"]
    (home.folder / "thesis.tex").unlink()
    assert lifecycle.delete_everything(home) == []
    assert not home.folder.exists()
    assert lifecycle.delete_everything(home) == []


def test_a_log_ends_with_what_was_written_since_the_start(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert disk.end_of(log) == ""
    log.write_text("old\n")
    offset = log.stat().st_size
    with log.open("a") as file:
        file.write("".join(f"line {number}\n" for number in range(30)))
    assert disk.end_of(log, offset, lines=2) == "line 28\nline 29"
    assert "old" not in disk.end_of(log, offset, lines=100)


def test_only_a_large_log_is_put_aside(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert disk.rotate(log) == 0
    log.write_bytes(b"x" * 100)
    assert disk.rotate(log) == 100
    with log.open("r+b") as file:
        file.truncate(30_000_000)
    assert disk.rotate(log) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["log.1"]
