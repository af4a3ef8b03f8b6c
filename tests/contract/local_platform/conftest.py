"""A real platform in a home of its own, driven by the commands that people type."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from modelyard_local import lifecycle
from modelyard_local.home import Home
from modelyard_local.preparation import free_ports
from modelyard_local.state import PlatformState

_COMMAND_SECONDS = 240
_EVENT_SECONDS = 120.0


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    output: str  # both streams
    seconds: float


class LocalPlatform:
    """The platform of one home; ``stop`` in whatever state it is."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder)

    def run(self, *arguments: str, **environment: str) -> Done:
        """`modelyard` with these arguments."""
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "modelyard_cli", *arguments],
            env={**os.environ, "MODELYARD_HOME": str(self.home.folder), "COLUMNS": "250", **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
        return Done(done.returncode, done.stdout, time.monotonic() - began)

    def up(self) -> Done:
        """At free ports the first time, where it was later."""
        if self.home.read_addresses() is not None:
            return self.run("up")
        return self.run("up", *(f"--port-{name}={port}" for name, port in zip(("mlflow", "s3", "gateway"), free_ports(3), strict=True)))

    @property
    def state(self) -> PlatformState:
        """What it says of itself while it runs."""
        said = lifecycle.running(self.home)
        assert said is not None, "the platform does not run"
        return said

    def processes(self) -> list[psutil.Process]:
        """The platform process and all that it started."""
        leader = psutil.Process(self.state.pid)
        return [leader, *leader.children(recursive=True)]

    def kill(self) -> list[psutil.Process]:
        """SIGKILL to the platform process alone; what was there before."""
        before = self.processes()
        os.kill(self.state.pid, signal.SIGKILL)
        return before

    def stop(self) -> None:
        """Leaves no process."""
        lifecycle.stop(self.home)
        assert lifecycle.holder(self.home.lock) is None


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """With a deadline."""
    deadline = time.monotonic() + _EVENT_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"not in {_EVENT_SECONDS:.0f} s: {what}"
        time.sleep(0.1)


@pytest.fixture
def local_platform(tmp_path: Path) -> Iterator[LocalPlatform]:
    """Not started."""
    platform = LocalPlatform(tmp_path / "home")
    yield platform
    platform.stop()


@pytest.fixture(scope="session")
def shared_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """One home for all tests that can do with a platform that was used before."""
    platform = LocalPlatform(tmp_path_factory.mktemp("local") / "home")
    yield platform
    platform.stop()


@pytest.fixture
def running_platform(shared_platform: LocalPlatform) -> LocalPlatform:
    """Ready; started only if the test before has ended it."""
    if lifecycle.running(shared_platform.home) is None:
        done = shared_platform.up()
        assert done.code == 0, done.output
    return shared_platform


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool], str], None]:
    """``wait_until``."""
    return wait_until
