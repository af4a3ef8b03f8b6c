"""A platform that ends, in order or not, and what it has when it comes back."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
from modelyard_api import labels
from modelyard_local import keys, lifecycle
from modelyard_local.home import Home
from modelyard_local.kinds import CONFIG_MAP
from modelyard_local.servers import seaweedfs
from modelyard_local.state import PlatformPhase
from modelyard_local.store import LocalStore

Eventually = Callable[[Callable[[], bool], str], None]
NOTE = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "note", "namespace": "default"}, "data": {"a": "acknowledged"}}


def s3(platform: Any) -> Any:
    found = keys.read(platform.home)
    assert found is not None
    return seaweedfs.client(platform.home.read_addresses().s3_url, found)


def two_at_once(run: Callable[[], Any]) -> tuple[Any, Any]:
    """The one that started the platform first."""
    with ThreadPoolExecutor(2) as pool:
        found = [each.result() for each in (pool.submit(run), pool.submit(run))]
    first, second = sorted(found, key=lambda each: "another command" in each.output or "runs already" in each.output)
    return first, second


def write_note(home: Home) -> None:
    store = LocalStore(home.store)
    store.apply(NOTE)
    store.close()


def read(home: Home, name: str) -> dict[str, str]:
    store = LocalStore(home.store)
    try:
        return dict(store.get(CONFIG_MAP, "default", name)["data"])
    finally:
        store.close()


def test_what_was_acknowledged_survives_the_power_and_a_taken_port_is_left(running_platform: Any, eventually: Eventually) -> None:
    write_note(running_platform.home)
    s3(running_platform).put_object(Bucket="datasets", Key="kept", Body=b"acknowledged")
    former = running_platform.state
    everything = running_platform.kill()
    _, left = psutil.wait_procs(everything, timeout=10)
    assert left == [], "children outlived the platform process"
    assert lifecycle.running(running_platform.home) is None

    port = int(former.addresses.mlflow_url.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)):
        refused = running_platform.run("up", f"--port-mlflow={port}")
        assert refused.code == 1
        assert f"--port-mlflow {port}: the port is in use by" in refused.output
        assert f"process {os.getpid()}" in refused.output
        done, other = two_at_once(lambda: running_platform.run("up"))
        assert (done.code, other.code) == (0, 0), done.output + other.output
        assert "runs already" in other.output or "just being started by another command" in other.output
        assert f"instead of {port}: the port is in use by" in done.output
        assert running_platform.state.phase is PlatformPhase.READY
    assert running_platform.state.addresses.s3_url == former.addresses.s3_url
    has_everything(running_platform)
    assert read(running_platform.home, "modelyard")[labels.CONFIG_MLFLOW_URI] == running_platform.state.addresses.mlflow_url


def test_down_leaves_no_process_and_all_state_and_can_be_said_twice(running_platform: Any, tmp_path: Path, eventually: Eventually) -> None:
    home = running_platform.home
    write_note(home)
    s3(running_platform).put_object(Bucket="datasets", Key="kept", Body=b"acknowledged")
    everything = running_platform.processes()
    sockets = [*inner_ports(home).sockets, *home.data("s3").glob("*.sock")]
    assert all(path.exists() for path in sockets)
    done = running_platform.run("down")
    assert done.code == 0, done.output
    assert "the platform is stopped" in done.output
    assert [each for each in everything if each.is_running()] == []
    assert not any(path.exists() for path in sockets)
    again = running_platform.run("down")
    assert (again.code, "the platform is not running" in again.output) == (0, True)

    (home.data("s3") / "ports.json").unlink()  # SeaweedFS names a folder of its state after one of them
    in_the_foreground(home, tmp_path / "output", eventually, lambda: has_everything(running_platform))


def has_everything(platform: Any) -> None:
    assert read(platform.home, "note") == {"a": "acknowledged"}
    assert s3(platform).get_object(Bucket="datasets", Key="kept")["Body"].read() == b"acknowledged"


def in_the_foreground(home: Home, log: Path, eventually: Eventually, look: Callable[[], None]) -> None:
    """Until Ctrl-C, which is an end in order."""
    environment = {**os.environ, "MODELYARD_HOME": str(home.folder)}
    with log.open("wb") as output:
        command = [sys.executable, "-m", "modelyard_cli", "up", "--foreground"]
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output, start_new_session=True)
    try:
        eventually(lambda: b"the platform is ready" in log.read_bytes(), "ready in the foreground")
        look()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in log.read_text()


def inner_ports(home: Home) -> seaweedfs.InnerPorts:
    return seaweedfs.InnerPorts.model_validate_json((home.data("s3") / "ports.json").read_bytes())


def test_everything_is_deleted_when_asked(local_platform: Any) -> None:
    local_platform.home.make()
    write_note(local_platform.home)
    asked = local_platform.run("down", "--delete-everything")
    assert asked.code == 1, "nobody said yes"
    assert local_platform.home.store.exists()
    done = local_platform.run("down", "--delete-everything", "--yes")
    assert done.code == 0, done.output
    assert not local_platform.home.folder.exists()


def test_a_database_that_is_none_ends_the_start_with_the_words_of_mlflow(local_platform: Any) -> None:
    local_platform.home.make()
    local_platform.home.data("mlflow").mkdir()
    (local_platform.home.data("mlflow") / "mlflow.db").write_bytes(b"this was a database once" * 100)
    done = local_platform.up()
    assert done.code == 1
    assert "the platform did not start: MLflow ended with exit code" in done.output
    assert "file is not a database" in done.output
    assert lifecycle.running(local_platform.home) is None


def test_a_home_that_cannot_be_made_is_said(tmp_path: Path, local_platform: Any) -> None:
    (tmp_path / "file").write_text("")
    done = local_platform.run("up", MODELYARD_HOME=str(tmp_path / "file" / "home"))
    assert done.code == 2
    assert "Traceback" not in done.output
    assert str(tmp_path / "file" / "home") in done.output
