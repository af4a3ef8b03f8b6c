"""kubectl as a person would call it, against the cluster of this clone, and waiting for what resources say."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from dev.cluster.commands import ClusterError
from dev.cluster.locations import CLONE_STATE, REPOSITORY

Object = dict[str, Any]
Answer = TypeVar("Answer")
_ASK_EVERY, _HEARD_EVERY = 0.5, 15.0  # seconds


class NotInTime(Exception):
    """What was waited for did not happen."""


def condition(resource: Object, kind: str) -> Object:
    """A condition by its type; empty when there is none."""
    found: list[Object] = resource.get("status", {}).get("conditions", [])
    return next((each for each in found if each["type"] == kind), {})


def wait_until(what: str, seconds: float, probe: Callable[[], Answer | None], said: Callable[[str], None] = lambda _: None) -> Answer:
    """Ask ``probe`` again and again until it gives something; raises ``NotInTime`` after ``seconds``. ``said`` hears about it every 15 s."""
    began = time.monotonic()
    heard = began
    while True:
        answer = probe()
        if answer:
            return answer
        now = time.monotonic()
        if now - began > seconds:
            raise NotInTime(f"{what}: not within {seconds:.0f} s")
        if now - heard > _HEARD_EVERY:
            said(f"still waiting: {what} ({now - began:.0f} s)")
            heard = now
        time.sleep(_ASK_EVERY)


def kubeconfig() -> Path:
    """This clone's kubeconfig, or with CLUSTER=current the one that kubectl itself would take."""
    if os.environ.get("CLUSTER") == "current":
        return Path(os.environ.get("KUBECONFIG", "~/.kube/config")).expanduser()
    return CLONE_STATE / "kubeconfig"


def command(*arguments: str) -> list[str]:
    """The whole command line."""
    return [str(REPOSITORY / ".venv/bin/kubectl"), "--kubeconfig", str(kubeconfig()), *arguments]


def kubectl(*arguments: str, stdin: str | None = None) -> str:
    """What kubectl printed; raises ClusterError with its words if it failed."""
    finished = subprocess.run(command(*arguments), input=stdin, capture_output=True, text=True, check=False, timeout=300)
    if finished.returncode:
        raise ClusterError(f"kubectl {' '.join(arguments)}: {finished.stderr.strip()}")
    return finished.stdout


def get(kind: str, name: str, namespace: str) -> Object:
    """One object."""
    found: Object = json.loads(kubectl("get", kind, name, "-n", namespace, "-o", "json"))
    return found


def items(kind: str, namespace: str, selector: str = "") -> list[Object]:
    """All objects of a kind that match the label selector."""
    chosen = ("-l", selector) if selector else ()
    found: list[Object] = json.loads(kubectl("get", kind, "-n", namespace, *chosen, "-o", "json"))["items"]
    return found


def secret_value(namespace: str, name: str, key: str) -> str:
    """One decoded value of a Secret."""
    return kubectl("get", "secret", name, "-n", namespace, "-o", f"go-template={{{{index .data {json.dumps(key)} | base64decode}}}}")
