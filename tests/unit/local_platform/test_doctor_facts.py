"""What `modelyard doctor` sees: real packages, programs and folders."""

import os
import time
from pathlib import Path

import pytest
from modelyard_local import disk
from modelyard_local.diagnosis import machine, platform, software
from modelyard_local.diagnosis.facts import Requirement
from modelyard_local.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "not" / "yet" / "made")


def package(folder: Path, name: str, requires: list[str], version: str = "1.0") -> None:
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir()
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {line}" for line in requires)]
    (info / "METADATA").write_text("\n".join(lines) + "\n")


def test_packages_of_an_extra_are_found_through_other_extras(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    extras = ['there>=1; extra == "small"', 'old>=2; extra == "small"', 'gone; extra == "large"', 'top[small,large]; extra == "large"']
    package(tmp_path, "top", [*extras, 'elsewhere; sys_platform == "no-such-system"', 'unasked; extra == "other"'])
    package(tmp_path, "there", [])
    package(tmp_path, "old", [])
    monkeypatch.syspath_prepend(tmp_path)
    found = software.unmet_requirements("top", "large")
    assert sorted(found, key=str) == [Requirement("gone", "", ""), Requirement("old", ">=2", "1.0")]


def test_a_distribution_that_is_not_installed_is_itself_what_is_missing() -> None:
    assert software.unmet_requirements("no-such-thing", "local") == [Requirement("no-such-thing", "", "")]


def test_the_environment_of_the_tests_has_all_packages_of_local_use() -> None:
    assert software.unmet_requirements("modelyard", "local") == []


def test_modules_that_fail_or_crash_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_library.py").write_text("raise OSError('libfoo.so: cannot open shared object file')")
    (tmp_path / "crashing_library.py").write_text("import os; os.abort()")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = software.import_errors(("json", "broken_library", "crashing_library", "never_reached"))
    assert found == {
        "broken_library": "OSError: libfoo.so: cannot open shared object file",
        "crashing_library": "Python ended with -6",
    }


def test_programs_are_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert software.run_error("traefik", ["version"]) == ""
    broken = tmp_path / "broken-program"
    broken.write_text("#!/bin/sh\necho no such instruction >&2; exit 3\n")
    broken.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert software.run_error("broken-program", []) == "ended with 3: no such instruction"
    assert "is not installed" in software.run_error("absent-program", [])


def test_a_home_that_does_not_exist_yet_is_judged_by_where_it_would_be(home: Home) -> None:
    found = machine.folder(home)
    assert (found.path, found.write_error, found.newest_change_seconds_ahead) == (home.folder, "", 0)
    assert found.file_system
    assert not home.folder.exists()


def test_a_folder_that_cannot_be_written_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.folder(Home(Path("/proc/1/home"))).write_error


def test_files_of_the_future_show_that_the_clock_was_set_back(home: Home) -> None:
    home.make()
    disk.write(home.state, "{}")
    later = time.time() + 5000
    os.utime(home.state, (later, later))
    assert 4900 < machine.folder(home).newest_change_seconds_ahead <= 5000


def test_nvidias_driver_is_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.nvidia_gpus() == ([], False, "")
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho NVIDIA L4\necho NVIDIA L4\n")
    program.chmod(0o700)
    assert machine.nvidia_gpus() == (["NVIDIA L4", "NVIDIA L4"], True, "")
    program.write_text("#!/bin/sh\necho Driver/library version mismatch; exit 18\n")
    assert machine.nvidia_gpus() == ([], True, "Driver/library version mismatch")


def test_pytorch_is_target_without_importing_it() -> None:
    import torch.version  # noqa: PLC0415  seconds

    assert machine.torch_cuda() == (torch.version.cuda or "")


def test_no_cluster_without_a_kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    assert platform.cluster() is None


def test_a_cluster_that_does_not_answer_is_told_with_its_context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config"
    config.write_text(
        "{apiVersion: v1, kind: Config, current-context: far, contexts: [{name: far, context: {cluster: c, user: u}}], "
        "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:9'}}], users: [{name: u, user: {token: t}}]}"
    )
    monkeypatch.setenv("KUBECONFIG", str(config))
    found = platform.cluster()
    assert found is not None
    assert found.context == "far"
    assert found.error
    config.write_text("{broken")
    broken = platform.cluster()
    assert broken is not None
    assert "the kubeconfig can't be used" in broken.error


def test_ports_of_the_next_start_say_who_is_there(home: Home) -> None:
    home.make()
    found = platform.ports_of_next_start(home)
    assert [(port.title, port.option) for port in found] == [
        ("MLflow", "--port-mlflow"),
        ("S3", "--port-s3"),
        ("The gateway", "--port-gateway"),
    ]
    assert not any(port.was_used for port in found)
