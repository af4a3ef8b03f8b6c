"""The scenario on this machine without a cluster: the installed ``modelyard`` command, as a person would type it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from modelyard import Client
from modelyard_cli.local_connection import LocalConnection
from modelyard_local import lifecycle
from modelyard_local.home import home
from pydantic import BaseModel

from dev.cluster.locations import REPOSITORY
from dev.demo import local_receiver
from dev.demo.local_receiver import RunningReceiver
from dev.demo.place import DemoStopped, tell
from dev.platform.kubectl import Object

_SECONDS = 300
_WIDE = "160"  # characters: a table that wraps is hard to read


class Remembered(BaseModel):
    """What the next demo and ``make demo-down`` need to know; kept in the platform's home."""

    runs: int = 0
    namespace: str = ""  # of the demo that is up
    started_platform: bool = False  # by a demo: `make demo-down` stops it
    receiver: RunningReceiver | None = None


@dataclass
class OnThisMachine:
    """One run, on a platform that is up."""

    namespace: str
    tool: str = "modelyard"

    @cached_property
    def client(self) -> Client:
        """The same platform from Python."""
        return Client(namespace=self.namespace)

    def run(self, *arguments: str) -> str:
        """What modelyard printed."""
        return modelyard(*arguments)

    def get(self, kind: str, name: str) -> Object:
        """One resource of the namespace, read in this process: the scenario asks twice a second, and two cores have other things to do."""
        return self.client.get(f"{kind}/{name}")

    def s3(self) -> Any:
        """With this machine's keys."""
        return LocalConnection(home(), self.namespace).uploads()

    def start_receiver(self) -> None:
        """A process."""
        receiver = local_receiver.start(home().logs / "demo-receiver.log")
        _remember(_remembered().model_copy(update={"receiver": receiver}))
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "alert-urls"}, "stringData": {"webhook": receiver.url}}
        modelyard("apply", "-n", self.namespace, "-f", "-", stdin=json.dumps(secret))

    def alerts(self) -> list[Object]:
        """What the process holds."""
        receiver = _remembered().receiver
        if receiver is None:
            raise DemoStopped("the receiver of alerts was stopped")
        found: list[Object] = httpx.get(receiver.url, timeout=10).json()
        return found

    def served(self) -> str:
        """Through the gateway, where the ModelDeployment says."""
        return str(self.get("md", "flights")["status"]["url"])

    def predict(self, row: Mapping[str, object]) -> tuple[str, str]:
        """The row as JSON."""
        body = json.dumps(row)
        return f"modelyard predict flights -n {self.namespace} '{body}'", modelyard("predict", "flights", "-n", self.namespace, body)

    def explain(self, name: str) -> Sequence[str]:
        """In sentences."""
        arguments = ("explain", "tj", name, "-n", self.namespace)
        return f"modelyard {' '.join(arguments)}", modelyard(*arguments)

    def addresses(self) -> Sequence[tuple[str, str]]:
        """What listens, and the commands."""
        return (
            ("MLflow", modelyard("open", "mlflow", "--no-browser").strip()),
            ("Service", f"{self.served()}/openapi.json"),
            ("Look", f"export PATH=$PWD/.venv/bin:$PATH; modelyard get tj,md -n {self.namespace}"),
            ("Stop", "make demo-down (this demo), modelyard down (the platform; everything is kept)"),
        )


def prepare() -> OnThisMachine:
    """The platform is up; an earlier demo is gone, so that its monitor doesn't take this one's time."""
    before = _remembered()
    was_up = _is_up()
    tell("modelyard up")
    tell(modelyard("up"))
    _take_away(before, "--no-wait")
    after = Remembered(runs=before.runs + 1, namespace=f"flights-{before.runs + 1}", started_platform=not was_up or before.started_platform)
    _remember(after)
    tell(f"namespace {after.namespace}; everything is kept in {home().folder}")
    return OnThisMachine(after.namespace)


def remove() -> None:
    """Delete the demo's resources and stop its receiver; stop the platform if a demo started it."""
    before = _remembered()
    if not before.namespace:
        tell("no demo is running")
        return
    if not _is_up():  # its resources come back with the platform: the next demo deletes them
        if before.receiver:
            local_receiver.stop(before.receiver)
        _remember(before.model_copy(update={"receiver": None}))
        tell(f"the platform is not running; flights and flights-worse of {before.namespace} are kept in it")
        return
    _take_away(before)
    tell(f"deleted flights and flights-worse of {before.namespace}")
    _remember(Remembered(runs=before.runs))
    if before.started_platform:
        tell("modelyard down")
        tell(modelyard("down"))
    else:
        tell("the platform was up before the demo and stays; modelyard down stops it")


def modelyard(*arguments: str, stdin: str | None = None) -> str:
    """What the command printed; raises DemoStopped with its words if it failed."""
    command = Path(sys.executable).with_name("modelyard")
    environment = {key: value for key, value in os.environ.items() if key != "MODELYARD_CONTEXT"} | {"COLUMNS": _WIDE}
    finished = subprocess.run(
        [command, *arguments], cwd=REPOSITORY, env=environment, input=stdin, capture_output=True, text=True, check=False, timeout=_SECONDS
    )
    if finished.returncode:
        raise DemoStopped(f"modelyard {' '.join(arguments)} ended with {finished.returncode}: {finished.stderr.strip()}")
    return finished.stdout


def _take_away(demo: Remembered, *options: str) -> None:
    if demo.receiver:
        local_receiver.stop(demo.receiver)
    if demo.namespace:
        modelyard("delete", "md/flights", "tj/flights", "tj/flights-worse", "-n", demo.namespace, "--ignore-not-found", *options)


def _is_up() -> bool:
    return lifecycle.running(home()) is not None


def _remembered() -> Remembered:
    path = home().data("demo") / "demo.json"
    return Remembered.model_validate_json(path.read_text()) if path.exists() else Remembered()


def _remember(demo: Remembered) -> None:
    folder = home().data("demo")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "demo.json").write_text(demo.model_dump_json(indent=1))
