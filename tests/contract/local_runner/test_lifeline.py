"""Children die with their parent, and with everything that they started themselves."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from modelyard_local import lifeline

_ENVIRONMENT = {"PATH": os.environ["PATH"], "COLOUR": "green"}


def _eventually(holds: Callable[[], bool], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _python(text: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(text)]


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _family(tmp_path: Path) -> list[str]:
    """Ignores SIGTERM, has a child of its own, and writes both process ids to ``pids``."""
    return _python(f"""
        import os, signal, subprocess, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        with open({str(tmp_path / "new")!r}, "w") as file:
            file.write(f"{{os.getpid()}} {{child.pid}}")
        os.rename({str(tmp_path / "new")!r}, {str(tmp_path / "pids")!r})
        time.sleep(60)
    """)


def _pids(tmp_path: Path) -> list[int]:
    assert _eventually((tmp_path / "pids").exists)
    return [int(pid) for pid in (tmp_path / "pids").read_text().split()]


def _start(command: list[str], tmp_path: Path) -> lifeline.Child:
    return lifeline.start(command, environment=_ENVIRONMENT, folder=tmp_path, log=tmp_path / "log")


def test_a_child_has_just_the_environment_folder_and_log_that_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("earlier\n")
    child = _start(_python("import os; print(os.getcwd(), os.environ['COLOUR'], 'HOME' in os.environ)"), tmp_path)
    assert child.wait(5) == 0
    assert (tmp_path / "log").read_text() == f"earlier\n{tmp_path} green False\n"


@pytest.mark.parametrize(("ending", "code"), [("sys.exit(65)", 65), ("os.kill(os.getpid(), 9)", 137), ("os.abort()", 134)])
def test_the_exit_code_says_how_it_ended(tmp_path: Path, ending: str, code: int) -> None:
    child = _start(_python(f"import os, sys; {ending}"), tmp_path)
    assert child.wait(5) == code
    assert child.poll() == code


def test_a_command_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no-such-command"):
        _start(["no-such-command"], tmp_path)


def test_what_does_not_end_when_asked_is_killed_with_all_its_children(tmp_path: Path) -> None:
    child = _start(_family(tmp_path), tmp_path)
    pids = _pids(tmp_path)
    assert child.pid == pids[0]
    assert child.stop(0.2) == 137
    assert _eventually(lambda: not any(map(_runs, pids)))


def test_what_a_child_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    child = _start(_family(tmp_path), tmp_path)
    pids = _pids(tmp_path)
    os.kill(pids[0], signal.SIGKILL)
    assert child.wait(5) == 137
    assert _eventually(lambda: not _runs(pids[1]))


def test_a_killed_parent_takes_its_children_along(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        _python(f"""
            from pathlib import Path
            from modelyard_local import lifeline
            import time
            lifeline.start({_family(tmp_path)!r}, environment={_ENVIRONMENT!r}, folder=Path("."), log=Path("log"))
            time.sleep(60)
        """),
        cwd=tmp_path,
    )
    try:
        pids = _pids(tmp_path)
    finally:
        parent.kill()
        parent.wait()
    assert _eventually(lambda: not any(map(_runs, pids)))


def test_a_killed_guard_takes_its_child_along(tmp_path: Path) -> None:
    child = _start(_family(tmp_path), tmp_path)
    pids = _pids(tmp_path)
    guard = psutil.Process(pids[0]).parent()
    assert guard is not None
    guard.kill()
    assert child.wait(5) == 137
    assert _eventually(lambda: not any(map(_runs, pids)))
