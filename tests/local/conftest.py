"""The platform on this machine, in a home of its own, driven by the `modelyard` command as a person would."""

import json
import os
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dev.platform.kubectl import wait_until

Object = dict[str, Any]
FINISHED = ("Promoted", "CriteriaNotMet", "Inconclusive", "Failed")


@dataclass(frozen=True)
class Modelyard:
    """The command, with a home and a working folder."""

    home: Path
    folder: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """Of every process that this one starts."""
        return {**os.environ, "MODELYARD_HOME": str(self.home), "OMP_NUM_THREADS": "1"}

    def run(self, *arguments: str, stdin: str = "", timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """Run it, whatever comes of it."""
        return subprocess.run(
            [sys.executable, "-m", "modelyard_cli", *arguments],
            cwd=self.folder,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def __call__(self, *arguments: str, stdin: str = "", timeout: float = 300) -> str:
        """What it printed; fails the test with its words if it failed."""
        finished = self.run(*arguments, stdin=stdin, timeout=timeout)
        assert finished.returncode == 0, f"modelyard {' '.join(arguments)}: exit {finished.returncode}\n{finished.stdout}{finished.stderr}"
        return finished.stdout

    def get(self, kind: str, name: str) -> Object:
        """One resource."""
        found: Object = json.loads(self("get", kind, name, "-o", "json"))
        return found

    def decided(self, name: str, seconds: float = 240) -> Object:
        """The TrainingJob once it is decided."""

        def probe() -> Object | None:
            job = self.get("tj", name)
            return job if job.get("status", {}).get("state") in FINISHED else None

        return wait_until(f"TrainingJob {name} decided", seconds, probe)


@pytest.fixture(scope="session")
def modelyard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Modelyard]:
    """Up for the whole session; down, with nothing left, at its end."""
    command = Modelyard(tmp_path_factory.mktemp("home") / "modelyard", tmp_path_factory.mktemp("work"))
    try:
        command("up")
        yield command
    finally:
        command("down")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows what a person would look at first."""
    report = yield
    command = getattr(item, "funcargs", {}).get("modelyard")
    if report.failed and report.when == "call" and isinstance(command, Modelyard):
        for arguments in (("get", "tj,md,pods"), ("events",)):
            report.sections.append((f"modelyard {' '.join(arguments)}", command.run(*arguments).stdout[-6000:]))
        log = command.home / "logs/platform.log"
        report.sections.append(("platform.log", log.read_text()[-4000:] if log.exists() else "none"))
    return report
