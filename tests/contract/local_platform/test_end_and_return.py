"""A platform that ends, in order or not, and what it has when it comes back."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from modelyard_api import labels
from modelyard_cli.kinds import CONFIG_MAP
from modelyard_cli.local import keys, lifecycle
from modelyard_cli.local.home import Home
from modelyard_cli.local.servers import seaweedfs
from modelyard_cli.local.state import PlatformPhase
from modelyard_cli.local.store import LocalStore

Eventually = Callable[[Callable[[], bool], str], None]
NOTE = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "note", "namespace": "default"}, "data": {"a": "acknowledged"}}


def s3(platform: Any) -> Any:
    found = keys.read(platform.home)
    assert found is not None
    return seaweedfs.client(platform.home.read_addresses().s3_url, found)


def write_note(home: Home) -> None:
    store = LocalStore(home.store)
    store.create(NOTE)
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
    assert "it ended without being stopped" in running_platform.run("doctor").output

    port = int(former.addresses.mlflow_url.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)):
        refused = running_platform.run("up", f"--port-mlflow={port}")
        assert refused.code == 1
        assert f"--port-mlflow {port}: the port is in use by" in refused.output
        assert f"process {os.getpid()}" in refused.output
        assert "the last start failed" in running_platform.run("doctor").output

        done = running_platform.run("up")
        assert done.code == 0, done.output
        assert f"instead of {port}: the port is in use by" in done.output
        assert running_platform.state.phase is PlatformPhase.READY
    assert running_platform.state.addresses.s3_url == former.addresses.s3_url
    assert read(running_platform.home, "note") == {"a": "acknowledged"}
    assert s3(running_platform).get_object(Bucket="datasets", Key="kept")["Body"].read() == b"acknowledged"
    assert read(running_platform.home, "modelyard")[labels.CONFIG_MLFLOW_URI] == running_platform.state.addresses.mlflow_url


def test_down_leaves_no_process_and_all_state_and_can_be_said_twice(running_platform: Any) -> None:
    everything = running_platform.processes()
    sockets = [
        path for path in Path("/tmp").glob("seaweedfs-*.sock") if any(str(port) in path.name for port in inner_ports(running_platform.home))
    ]
    assert sockets
    done = running_platform.run("down")
    assert done.code == 0, done.output
    assert "the platform is stopped" in done.output
    assert [each for each in everything if each.is_running()] == []
    assert not any(path.exists() for path in sockets)
    again = running_platform.run("down")
    assert (again.code, "the platform is not running" in again.output) == (0, True)
    assert read(running_platform.home, "note") == {"a": "acknowledged"}


def inner_ports(home: Home) -> list[int]:
    return list(seaweedfs.InnerPorts.model_validate_json((home.data("s3") / "ports.json").read_bytes()).model_dump().values())


def test_seaweedfs_finds_its_data_at_other_ports(running_platform: Any) -> None:
    (running_platform.home.data("s3") / "ports.json").unlink()
    done = running_platform.run("up")
    assert done.code == 0, done.output
    assert s3(running_platform).get_object(Bucket="datasets", Key="kept")["Body"].read() == b"acknowledged"


def test_everything_is_deleted_when_asked(running_platform: Any) -> None:
    asked = running_platform.run("down", "--delete-everything")
    assert asked.code == 1, "nobody said yes"
    assert running_platform.home.store.exists()
    done = running_platform.run("down", "--delete-everything", "--yes")
    assert done.code == 0, done.output
    assert not running_platform.home.folder.exists()


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


def test_in_the_foreground_it_ends_with_the_terminal(local_platform: Any, eventually: Eventually) -> None:
    log = local_platform.home.folder.parent / "output"
    environment = {**os.environ, "MODELYARD_HOME": str(local_platform.home.folder)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "modelyard_cli", "up", "--foreground"],
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        eventually(lambda: b"the platform is ready" in log.read_bytes(), "ready in the foreground")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in log.read_text()
