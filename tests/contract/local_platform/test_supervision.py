"""A supervised server: small real processes that start, fail, hang and refuse to end."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from modelyard_local.servers.supervision import Server, Supervision, Timing
from modelyard_local.state import PartPhase

Eventually = Callable[[Callable[[], bool], str], None]
QUICK = Timing(start_within=20, look_for_end=0.05, probe_every=0.1, silent_until_restart=1, first_pause=0.05, longest_pause=0.1)
WORKS = "import pathlib, time; pathlib.Path('ready').touch(); print('at work', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {WORKS}"
FAILS = "import sys; print('no such table', flush=True); sys.exit(3)"
FAILS_LATER = "import pathlib, sys, time; fails = pathlib.Path('ready').exists(); pathlib.Path('ready').touch(); time.sleep(0 if fails else 600); sys.exit(3)"

Supervise = Callable[..., Supervision]


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Supervise]:
    started: list[Supervision] = []

    def start(program: str, timing: Timing = QUICK, **changed: object) -> Supervision:
        settings: dict[str, object] = {
            "name": "server",
            "title": "Server",
            "command": [sys.executable, "-S", "-c", program],
            "environment": {},
            "folder": tmp_path,
            "log": tmp_path / "log",
            "is_ready": (tmp_path / "ready").exists,
            "usually_seconds": 1,
            "grace_seconds": 5,
        }
        supervision = Supervision(Server(**{**settings, **changed}), timing=timing)  # type: ignore[arg-type]
        started.append(supervision)
        supervision.start()
        return supervision

    yield start
    for each in started:
        each.stop()


def is_in(supervision: Supervision, phase: PartPhase) -> Callable[[], bool]:
    return lambda: supervision.state.phase is phase


def test_a_server_becomes_ready_and_ends_when_told(supervise: Supervise, eventually: Eventually, tmp_path: Path) -> None:
    socket = tmp_path / "socket"
    socket.touch()
    supervision = supervise(WORKS, leftovers=[socket])
    eventually(is_in(supervision, PartPhase.READY), "ready")
    pid = supervision.state.pid
    assert psutil.pid_exists(pid)
    supervision.stop()
    assert supervision.state.phase is PartPhase.STOPPED
    assert not psutil.pid_exists(pid)
    assert not socket.exists()


def test_a_first_start_that_fails_is_final_and_shows_the_end_of_the_log(
    supervise: Supervise, eventually: Eventually, tmp_path: Path
) -> None:
    (tmp_path / "log").write_text("words of an earlier start\n")
    supervision = supervise(FAILS)
    eventually(is_in(supervision, PartPhase.FAILED), "failed")
    assert supervision.state.message == f"ended with exit code 3; the end of {tmp_path / 'log'}:\nno such table"
    assert supervision.state.restarts == 0


def test_a_program_that_cannot_be_started_is_said(supervise: Supervise, eventually: Eventually) -> None:
    supervision = supervise(WORKS, command=["/no/such/program"])
    eventually(is_in(supervision, PartPhase.FAILED), "failed")
    assert "could not be started: " in supervision.state.message


def test_a_server_that_never_answers_is_given_up(supervise: Supervise, eventually: Eventually) -> None:
    supervision = supervise(WORKS, Timing(start_within=0.3), is_ready=lambda: False)
    eventually(is_in(supervision, PartPhase.FAILED), "failed")
    assert supervision.state.message.startswith("was not ready in 0 s")


def test_a_killed_server_is_started_again(supervise: Supervise, eventually: Eventually) -> None:
    supervision = supervise(WORKS)
    eventually(is_in(supervision, PartPhase.READY), "ready")
    first = supervision.state.pid
    psutil.Process(first).kill()
    eventually(lambda: supervision.state.phase is PartPhase.READY and supervision.state.pid != first, "ready again")
    assert supervision.state.restarts == 1


def test_a_server_that_keeps_failing_after_it_worked_is_tried_again_and_again(supervise: Supervise, eventually: Eventually) -> None:
    supervision = supervise(FAILS_LATER)
    eventually(is_in(supervision, PartPhase.READY), "ready")
    psutil.Process(supervision.state.pid).kill()
    eventually(lambda: supervision.state.restarts >= 3, "three tries")
    assert supervision.state.phase is not PartPhase.FAILED


def test_a_silent_server_is_shown_and_then_started_again(supervise: Supervise, eventually: Eventually, tmp_path: Path) -> None:
    supervision = supervise(WORKS)
    eventually(is_in(supervision, PartPhase.READY), "ready")
    first = supervision.state.pid
    (tmp_path / "ready").unlink()
    eventually(is_in(supervision, PartPhase.NOT_ANSWERING), "shown as silent")
    eventually(lambda: supervision.state.phase is PartPhase.READY and supervision.state.pid != first, "another process answers")
    assert not psutil.pid_exists(first)


def test_a_server_that_ignores_sigterm_is_killed(supervise: Supervise, eventually: Eventually) -> None:
    supervision = supervise(STUBBORN, grace_seconds=0.2)
    eventually(is_in(supervision, PartPhase.READY), "ready")
    pid = supervision.state.pid
    supervision.stop()
    assert not psutil.pid_exists(pid)
