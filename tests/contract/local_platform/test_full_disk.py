"""A disk with little space, and one that becomes full while the platform runs."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from modelyard_local import lifecycle
from modelyard_local.disk import free_bytes
from modelyard_local.kinds import CONFIG_MAP
from modelyard_local.state import PlatformPhase
from modelyard_local.store import LocalStore
from modelyard_operator.kube.interface import KubeError, Unreachable

Eventually = Callable[[Callable[[], bool], str], None]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """1.2 GB of memory as a disk, used only as far as it is filled."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1200m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"only root can mount a small disk: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path, left: int) -> Path:
    file = disk / "filling"
    with file.open("wb") as filling:
        os.posix_fallocate(filling.fileno(), 0, free_bytes(disk) - left)
    return file


def config_map(name: str, data: str = "") -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}, "data": {"a": data}}


def test_a_full_disk_is_said_before_during_and_forgotten_after(small_disk: Path, local_platform: Any, eventually: Eventually) -> None:
    filling = fill(small_disk, left=300_000_000)
    refused = local_platform.up()
    assert refused.code == 1
    assert f"{small_disk} has 300 MB of disk space left; the platform needs 1.0 GB to start" in refused.output
    assert lifecycle.running(local_platform.home) is None

    filling.unlink()
    assert local_platform.up().code == 0
    store = LocalStore(local_platform.home.store)
    try:
        store.create(config_map("kept", "acknowledged"))
        filling = fill(small_disk, left=0)
        assert "the disk is full" in str(refusal_of_a_write(store))
        eventually(lambda: "disk space left" in local_platform.run("up").output, "`modelyard up` tells of the full disk")
        filling.unlink()
        eventually(lambda: has_written(store), "writes succeed again")
        assert store.get(CONFIG_MAP, "default", "kept")["data"] == {"a": "acknowledged"}
    finally:
        store.close()
    eventually(lambda: local_platform.state.phase is PlatformPhase.READY and not local_platform.state.notes, "the platform is well again")


def refusal_of_a_write(store: LocalStore) -> KubeError:
    """What the store says at last; a journal may have some room of its own."""
    for number in range(200):
        try:
            store.create(config_map(f"large-{number}", "x" * 100_000))
        except Unreachable as error:
            return error
    raise AssertionError("the disk never became full")


def has_written(store: LocalStore) -> bool:
    try:
        store.create(config_map("after"))
    except KubeError:
        return False
    return True
