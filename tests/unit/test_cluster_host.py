"""Free disk is asked for according to what is still to be built."""

from pathlib import Path

import pytest

from dev.cluster import host, locations
from dev.cluster.commands import ClusterError


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELYARD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("os.geteuid", lambda: 0)


def test_each_thing_that_is_there_lowers_the_need() -> None:
    fresh = host.gigabytes_needed(with_images=True)
    locations.binaries().mkdir(parents=True)
    built = host.gigabytes_needed(with_images=True)
    (locations.image_builds() / "used" / "jobs").mkdir(parents=True)
    loaded = host.gigabytes_needed(with_images=True)
    assert fresh > built > loaded
    assert host.gigabytes_needed(with_images=False) == loaded


def test_full_disk_is_said_with_figures_and_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Usage", (), {"free": 1_000_000_000})())
    with pytest.raises(ClusterError, match=r"has 1 GB free, 47 GB are needed.*MODELYARD_CACHE"):
        host.check(with_images=True)


def test_ordinary_user_is_told_about_the_other_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(ClusterError, match="CLUSTER=current"):
        host.check(with_images=False)
