"""When there is too little space, and what is said then."""

from pathlib import Path

import pytest
from modelyard_local import disk
from modelyard_local.disk import DiskFull

HOME = Path("/home/ada/.modelyard")


def test_enough_space_is_no_news() -> None:
    disk.check_start(HOME, disk.NEEDED_TO_START)
    assert disk.warning(HOME, disk.NEEDED_TO_WORK) == ""


def test_a_start_with_too_little_is_refused_with_what_would_help() -> None:
    with pytest.raises(DiskFull) as refusal:
        disk.check_start(HOME, 999_999_999)
    assert str(refusal.value) == (
        "/home/ada/.modelyard has 1000 MB of disk space left; the platform needs 1.0 GB to start. "
        "Free some space, or set MODELYARD_HOME to a folder on another disk"
    )


def test_a_running_platform_warns_before_the_disk_is_full() -> None:
    assert "has 120 MB of disk space left" in disk.warning(HOME, 120_000_000)


def test_free_bytes_are_those_of_the_folders_disk(tmp_path: Path) -> None:
    assert disk.free_bytes(tmp_path) > 0
