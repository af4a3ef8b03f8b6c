"""What `modelyard up` prints, and how the state of the whole follows from its parts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from modelyard_cli import local_platform
from modelyard_cli.errors import CommandError
from modelyard_local import lifecycle, state
from modelyard_local.home import Addresses, Home
from modelyard_local.preparation import RequestedPorts
from modelyard_local.state import PartPhase, PartState, PlatformPhase, PlatformState, Report, overall
from rich.console import Console

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MLFLOW = PartState(name="mlflow", title="MLflow", since=NOON, usually_seconds=8)
ADDRESSES = Addresses(mlflow_url="http://127.0.0.1:5001", s3_url="http://127.0.0.1:8333", gateway_url="http://127.0.0.1:8080")


def said(phase: PlatformPhase, *parts: PartState, notes: tuple[str, ...] = (), pid: int = 7) -> PlatformState:
    return PlatformState(version=state.own_version(), pid=pid, started=NOON, phase=phase, parts=parts, notes=notes, addresses=ADDRESSES)


def in_phase(phase: PartPhase, seconds: float = 0, **changed: object) -> PartState:
    return MLFLOW.model_copy(update={"phase": phase, "since": NOON + timedelta(seconds=seconds), **changed})


@pytest.mark.parametrize(
    ("before", "part", "after"),
    [
        (PlatformPhase.READY, PartPhase.RESTARTING, PlatformPhase.DEGRADED),
        (PlatformPhase.READY, PartPhase.NOT_ANSWERING, PlatformPhase.DEGRADED),
        (PlatformPhase.DEGRADED, PartPhase.READY, PlatformPhase.READY),
        (PlatformPhase.STARTING, PartPhase.READY, PlatformPhase.STARTING),
        (PlatformPhase.STOPPING, PartPhase.STOPPED, PlatformPhase.STOPPING),
        (PlatformPhase.FAILED, PartPhase.READY, PlatformPhase.FAILED),
    ],
)
def test_a_platform_is_degraded_while_a_part_is_not_ready(before: PlatformPhase, part: PartPhase, after: PlatformPhase) -> None:
    assert overall(before, [in_phase(PartPhase.READY), in_phase(part)]) is after


def test_each_part_is_told_once_with_its_address_and_how_long_it_took() -> None:
    console = Console(record=True, width=200, highlight=False)
    progress = local_platform.Progress(console)
    for part in (in_phase(PartPhase.STARTING), in_phase(PartPhase.READY, 6.3), in_phase(PartPhase.READY, 6.3)):
        progress.show(said(PlatformPhase.STARTING, part, notes=("MLflow is at port 5001 instead of 5000: taken",)))
    lines = console.export_text().splitlines()
    assert [line.split() for line in lines] == [
        ["note", "MLflow", "is", "at", "port", "5001", "instead", "of", "5000:", "taken"],
        ["ready", "MLflow", "http://127.0.0.1:5001", "6.3", "s"],
    ]


def test_a_change_is_in_the_file_before_it_is_told(tmp_path: Path) -> None:
    home = Home(tmp_path)
    told: list[PlatformPhase] = []
    report = Report(home, said(PlatformPhase.STARTING), lambda now: told.append(now.phase))
    parts = [in_phase(PartPhase.READY)]
    report.follow(lambda: parts)
    report.say(phase=PlatformPhase.READY)
    report.refresh()
    parts[0] = in_phase(PartPhase.RESTARTING)
    report.refresh()
    assert told == [PlatformPhase.STARTING, PlatformPhase.STARTING, PlatformPhase.READY, PlatformPhase.DEGRADED]
    assert state.read(home) == report.now


def test_a_state_that_cannot_be_written_is_no_end(tmp_path: Path) -> None:
    report = Report(Home(tmp_path / "gone"), said(PlatformPhase.STARTING))
    report.say(phase=PlatformPhase.READY)
    assert report.now.phase is PlatformPhase.READY


def up(home: Home, now: PlatformState, asked: RequestedPorts | None = None) -> None:
    """While this very process holds the home's lock."""
    home.make()
    held = lifecycle.acquire(home.lock)
    assert held is not None
    with held:
        state.write(home, now.model_copy(update={"pid": int(home.lock.read_text())}))
        local_platform.in_background(home, asked or RequestedPorts())


def test_a_running_platform_is_described_with_its_troubles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    troubled = in_phase(PartPhase.RESTARTING, message="ended unexpectedly with exit code 1\nmore", restarts=3)
    up(Home(tmp_path), said(PlatformPhase.DEGRADED, troubled, notes=("MLflow is at port 5001",)))
    output = capsys.readouterr().out
    assert "Degraded" in output
    [line] = [line.split() for line in output.splitlines() if line.startswith("Restarting")]
    assert line == [
        "Restarting",
        "MLflow",
        "http://127.0.0.1:5001",
        "ended",
        "unexpectedly",
        "with",
        "exit",
        "code",
        "1",
        "restarted",
        "3",
        "times",
    ]
    assert "note MLflow is at port 5001" in output


def test_a_platform_that_is_being_stopped_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="just being stopped"):
        up(Home(tmp_path), said(PlatformPhase.STOPPING, in_phase(PartPhase.READY)))


def test_a_wish_for_the_port_that_it_has_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    up(Home(tmp_path), said(PlatformPhase.READY, in_phase(PartPhase.READY)), RequestedPorts(mlflow=5001))
    with pytest.raises(CommandError, match=r"--port-s3 1: it listens at http://127.0.0.1:8333"):
        up(Home(tmp_path), said(PlatformPhase.READY, in_phase(PartPhase.READY)), RequestedPorts(s3=1))
