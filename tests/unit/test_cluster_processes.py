"""Background processes are known by more than their id: a later process with the same id is never touched."""

import dataclasses
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.cluster import locations, processes
from dev.cluster.commands import ClusterError

SLEEP = ["sleep", "600"]


@pytest.fixture(autouse=True)
def cluster_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("MODELYARD_CACHE", str(tmp_path))
    yield
    for name in processes.recorded():
        processes.stop(name)


def _record(name: str) -> processes.ProcessRecord:
    file = locations.cluster() / "processes" / f"{name}.json"
    return processes.ProcessRecord(**json.loads(file.read_text()))


def _write(name: str, record: processes.ProcessRecord) -> None:
    (locations.cluster() / "processes" / f"{name}.json").write_text(json.dumps(dataclasses.asdict(record)))


def test_second_start_leaves_the_process_alone() -> None:
    assert processes.ensure_running("sleeper", SLEEP) is True
    first = _record("sleeper")
    assert processes.ensure_running("sleeper", SLEEP) is False
    assert _record("sleeper") == first


@pytest.mark.parametrize(("command", "configuration"), [(["sleep", "601"], ""), (SLEEP, "changed")])
def test_changed_command_or_configuration_restarts(command: list[str], configuration: str) -> None:
    processes.ensure_running("sleeper", SLEEP)
    first = _record("sleeper")
    assert processes.ensure_running("sleeper", command, configuration) is True
    assert not processes.is_alive(first)
    assert processes.runs("sleeper")


def test_killed_process_is_started_again() -> None:
    processes.ensure_running("sleeper", SLEEP)
    os.kill(_record("sleeper").pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while processes.runs("sleeper") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert processes.ensure_running("sleeper", SLEEP) is True
    assert processes.runs("sleeper")


@pytest.mark.parametrize("changes", [{"started": 1}, {"boot": "an earlier boot"}])
def test_process_that_took_over_the_id_is_not_killed(changes: dict[str, object]) -> None:
    processes.ensure_running("sleeper", SLEEP)
    record = _record("sleeper")
    _write("other", dataclasses.replace(record, **changes))
    assert not processes.runs("other")
    processes.stop("other")
    assert processes.runs("sleeper")


def test_process_that_ignores_the_polite_signal_is_killed(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    processes.ensure_running("stubborn", ["sh", "-c", f"trap '' TERM; touch {ready}; while :; do sleep 0.05; done"])
    deadline = time.monotonic() + 10
    while not ready.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    record = _record("stubborn")
    processes.stop("stubborn", grace_seconds=0.2)
    assert not processes.is_alive(record)


def test_missing_program_is_named() -> None:
    with pytest.raises(ClusterError, match="no-such-program"):
        processes.ensure_running("nothing", ["no-such-program"])
