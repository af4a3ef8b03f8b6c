"""Stands between a parent and its child process: the child's whole process group ends when the parent ends, in whatever way.

A script of the standard library alone, run as ``python -I -S lifeline_guard.py <lifeline> <report> <command> …``.
The parent holds the other end of the pipe ``lifeline``; the kernel closes it when the parent dies, even of ``kill -9``. To
``report`` goes one line: the child's process id, or why it couldn't be started. Exits with the child's exit code (128 + n
after signal n).
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType

_PR_SET_PDEATHSIG = 1


def main(lifeline: int, report: int, command: list[str]) -> int:
    """Returns the child's exit code."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _outlast)  # handlers are not inherited by the child, ignored signals would be
    try:
        child = subprocess.Popen(command, start_new_session=True, preexec_fn=_die_with_guard())  # noqa: PLW1509  no thread yet
    except OSError as error:
        os.write(report, f"{error.errno} {error.strerror}\n".encode())
        return 127
    os.write(report, f"pid {child.pid}\n".encode())
    os.close(report)
    threading.Thread(target=_kill_when_parent_is_gone, args=(lifeline, child.pid), daemon=True).start()
    _await_end(child)
    _kill_group(child.pid)  # what it left behind, as when a container ends
    code = child.wait()
    return code if code >= 0 else 128 - code


def _await_end(child: subprocess.Popen[bytes]) -> None:
    """Where the system can, without reaping it: so no other process can be given the group's id."""
    if hasattr(os, "waitid"):  # not on macOS before Python 3.13
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    else:
        child.wait()


def _outlast(_number: int, _frame: FrameType | None) -> None:
    """The guard ends when its child has ended."""


def _kill_when_parent_is_gone(lifeline: int, group: int) -> None:
    while os.read(lifeline, 1):
        pass
    _kill_group(group)


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
        return


def _die_with_guard() -> Callable[[], object] | None:
    """Linux: the child ends also when this guard is killed. Elsewhere the parent sees to that."""
    if sys.platform != "linux":
        return None
    import ctypes  # noqa: PLC0415  Linux alone needs it

    prctl = ctypes.CDLL(None, use_errno=True).prctl
    return partial(prctl, _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
