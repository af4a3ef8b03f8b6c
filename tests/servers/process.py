"""Real servers as child processes of a test: started on free loopback ports, waited for, always stopped by their id."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

_STOP_WITHIN_SECONDS = 10.0


class ServerFailed(Exception):
    """A server ended or didn't become ready; the message holds the end of its log."""


class Server:
    """A child process that leads its own process group, so that its workers end with it."""

    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str], directory: Path) -> None:
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *command],
                cwd=directory,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Returns when ``ready`` says so; raises ServerFailed when the process ends or the time is over."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self._process.poll() is not None:
                raise ServerFailed(f"ended with {self._process.returncode}; {self._end_of_log()}")
            if time.monotonic() > deadline:
                raise ServerFailed(f"not ready in {seconds:.0f} s; {self._end_of_log()}")
            time.sleep(0.1)

    def stop(self) -> None:
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_WITHIN_SECONDS)
        self._signal(signal.SIGKILL)  # workers that outlived their leader, too
        self._process.wait()

    def kill(self) -> None:
        """As a lost machine would: SIGKILL, at once."""
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def _end_of_log(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-25:]
        return "\n".join([f"end of {self.log}:", *lines])


@contextlib.contextmanager
def running(
    command: Sequence[str], log: Path, ready: Callable[[], bool], *, seconds: float, environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """The server until the block ends; entered once ``ready``."""
    server = Server(command, log, environment or os.environ, log.parent)
    try:
        server.wait_until(ready, seconds)
        yield server
    finally:
        server.stop()


def program(name: str) -> str:
    """A program of the environment that the tests run in."""
    return str(Path(sys.executable).parent / name)


def clean_environment(**extra: str) -> dict[str, str]:
    """This process's environment without anybody's own MLflow, AWS or proxy settings."""
    foreign = ("MLFLOW_", "AWS_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)} | extra
