"""Child processes that can't outlive this process, even if it is killed."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_GUARD = Path(__file__).with_name("lifeline_guard.py")
_KILLED = 128 + signal.SIGKILL


class Child:
    """A running command and everything that it starts in its process group."""

    def __init__(self, guard: subprocess.Popen[bytes], pid: int, lifeline: int) -> None:
        self._guard = guard
        self._lifeline: int | None = lifeline
        self.pid = pid  # of the command; also the id of its process group

    def poll(self) -> int | None:
        """The exit code (128 + n after signal n), None while it runs. Nothing of the group is left once there is a code."""
        return self._ended(self._guard.poll())

    def wait(self, timeout_seconds: float) -> int | None:
        """Like ``poll``, after waiting at most that long."""
        try:
            return self._ended(self._guard.wait(timeout_seconds))
        except subprocess.TimeoutExpired:
            return None

    def terminate(self) -> None:
        """SIGTERM to the group; returns at once."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL to the group; returns at once."""
        self._signal(signal.SIGKILL)

    def stop(self, grace_seconds: float) -> int:
        """Ask it to end, wait for that long, then kill it. Returns its exit code."""
        self.terminate()
        code = self.wait(grace_seconds)
        if code is None:
            self.kill()
            code = self._ended(self._guard.wait())
        return _KILLED if code is None else code

    def _signal(self, number: signal.Signals) -> None:
        if self.poll() is None:  # while the guard lives, the group's id is not taken by others
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    def _ended(self, code: int | None) -> int | None:
        if code is None:
            return None
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None
            if code < 0:  # the guard itself was killed; its child must not go on unwatched
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.pid, signal.SIGKILL)
        return code if code >= 0 else _KILLED


def start(command: Sequence[str], *, environment: Mapping[str, str], folder: Path, log: Path) -> Child:
    """Start ``command`` in ``folder`` with exactly this environment; what it prints is appended to ``log``.

    A command without a slash is looked up in the environment's ``PATH``. Raises OSError if it can't be started.
    """
    lifeline_read, lifeline = os.pipe()
    report_read, report = os.pipe()
    try:
        with _appending(log) as output:
            guard = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_GUARD), str(lifeline_read), str(report), *command],
                env=dict(environment),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C in the terminal is for this process to handle
                pass_fds=(lifeline_read, report),
            )
    except BaseException:
        os.close(lifeline)
        os.close(report_read)
        raise
    finally:
        os.close(lifeline_read)
        os.close(report)
    return _introduced(guard, lifeline, report_read, command[0])


@contextlib.contextmanager
def _appending(log: Path) -> Iterator[int]:
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _introduced(guard: subprocess.Popen[bytes], lifeline: int, report: int, command: str) -> Child:
    """Wait for the guard's one line."""
    with os.fdopen(report, encoding="utf-8") as stream:
        first, _, rest = stream.readline().strip().partition(" ")
    if first == "pid":
        return Child(guard, int(rest), lifeline)
    os.close(lifeline)
    guard.wait()
    if not first:
        raise ChildProcessError(f"the guard of the process ended with {guard.returncode} before it started anything; its log says more")
    raise OSError(int(first), rest, command)
