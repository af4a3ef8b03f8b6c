"""What is decided before anything is started: is there space, which ports, which keys."""

import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from modelyard_operator.kube.interface import KubeError

from modelyard_local import disk, keys, ports
from modelyard_local.disk import DiskFull
from modelyard_local.home import Addresses, Home
from modelyard_local.keys import Keys, KeysUnreadable
from modelyard_local.ports import Choice, PortTaken, Request
from modelyard_local.servers.definition import ProgramMissing

FORESEEN = (DiskFull, KeysUnreadable, KubeError, OSError, PortTaken, ProgramMissing)
MLFLOW = Request("MLflow", "--port-mlflow", 5000)
S3 = Request("S3", "--port-s3", 8333)
GATEWAY = Request("The gateway", "--port-gateway", 8080)
_OWN_CHILDREN_END_WITHIN_SECONDS = 3.0


@dataclass(frozen=True)
class PortsAsked:
    """On the command line; 0: not."""

    mlflow: int = 0
    s3: int = 0
    gateway: int = 0


@dataclass(frozen=True)
class Prepared:
    """What the parts are started with."""

    addresses: Addresses
    keys: Keys
    notes: tuple[str, ...]


def prepare(home: Home, asked: PortsAsked) -> Prepared:
    """Raises one of FORESEEN."""
    disk.check_start(home.folder, disk.free_bytes(home.folder))
    for server in ("s3", "mlflow", "gateway"):
        home.data(server).mkdir(mode=0o700, parents=True, exist_ok=True)
    made = keys.read_or_make(home)
    choices = choose_ports(home.read_addresses(), asked)
    addresses = Addresses(**{f"{name}_url": f"http://{ports.LOOPBACK}:{choice.port}" for name, choice in choices.items()})
    disk.write(home.addresses, addresses.model_dump_json(indent=2) + "\n")
    return Prepared(addresses, made, tuple(choice.note for choice in choices.values() if choice.note))


def choose_ports(before: Addresses | None, asked: PortsAsked) -> dict[str, Choice]:
    """By the names of ``Addresses`` and ``PortsAsked``; all different."""
    choices: dict[str, Choice] = {}
    for name, request in (("mlflow", MLFLOW), ("s3", S3), ("gateway", GATEWAY)):
        remembered = port_of(str(getattr(before, f"{name}_url"))) if before else 0
        wanted = Request(request.title, request.option, request.usual, remembered, int(getattr(asked, name)))
        _wait_for_port(wanted.asked or remembered)
        others = frozenset(choice.port for choice in choices.values())
        choices[name] = ports.choose(wanted, ports.is_free_port, ports.holder, others)
    return choices


def port_of(url: str) -> int:
    """0 if it names none."""
    return urlsplit(url).port or 0


def _wait_for_port(port: int) -> None:
    """Servers of a platform process that was just killed need a moment to end."""
    deadline = time.monotonic() + _OWN_CHILDREN_END_WITHIN_SECONDS
    never = threading.Event()
    while port and not ports.is_free_port(port) and time.monotonic() < deadline:
        never.wait(0.1)
