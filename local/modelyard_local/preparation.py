"""What is decided before anything is started: is there space, which ports, which keys."""

import random
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from modelyard_operator.kube.interface import KubeError

from modelyard_local import disk, keys
from modelyard_local.disk import DiskFull
from modelyard_local.home import Addresses, Home
from modelyard_local.keys import Keys, KeysUnreadable
from modelyard_local.servers.supervision import ProgramMissing

LOOPBACK = "127.0.0.1"
_NEIGHBOURS = 20
_BELOW_EPHEMERAL = range(20_000, 30_000)  # systems hand out ports above for outgoing connections
_ANSWER_SECONDS = 0.2
_OWN_CHILDREN_END_WITHIN_SECONDS = 3.0


class PortTaken(Exception):
    """A port that was requested explicitly can't be had; the message says why and what to do."""


@dataclass(frozen=True)
class Request:
    """Which port a part would like."""

    title: str
    option: str  # of `modelyard up`
    usual: int
    remembered: int = 0  # of the last start; links to it are in people's hands
    requested: int = 0  # on the command line


@dataclass(frozen=True)
class Choice:
    """``note`` is empty if the port is the one that was expected."""

    port: int
    note: str = ""


def choose(request: Request, is_free: Callable[[int], bool], holder: Callable[[int], str], others: frozenset[int] = frozenset()) -> Choice:
    """Raises PortTaken for a requested one; else there is always one."""
    preferred = request.requested or request.remembered or request.usual
    if preferred not in others and is_free(preferred):
        return Choice(preferred)
    who = holder(preferred) if preferred not in others else "another part of Modelyard"
    if request.requested:
        raise PortTaken(f"{request.option} {preferred}: {who}; end that, or name another port")
    candidates = (request.usual, *range(preferred + 1, preferred + _NEIGHBOURS))
    found = next((port for port in candidates if port not in others and is_free(port)), 0) or free_ports(1, is_free, others)[0]
    return Choice(found, f"{request.title} is at port {found} instead of {preferred}: {who}")


def free_ports(count: int, is_free: Callable[[int], bool] | None = None, others: frozenset[int] = frozenset()) -> list[int]:
    """Different ones that nobody is given by chance."""
    free = is_free or is_free_port
    found: list[int] = []
    for port in random.sample(_BELOW_EPHEMERAL, len(_BELOW_EPHEMERAL)):
        if len(found) == count:
            break
        if port not in others and free(port):
            found.append(port)
    return found


def is_free_port(port: int) -> bool:
    """Whether a server could listen there now. PortTaken (of privileged ports and impossible numbers) says what is wrong."""
    with socket.socket() as probe:
        probe.settimeout(_ANSWER_SECONDS)
        if probe.connect_ex((LOOPBACK, port)) == 0:  # some systems let two listen, one on the very address
            return False
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: what is closing is free
        try:
            listener.bind((LOOPBACK, port))
        except PermissionError:
            raise PortTaken(f"port {port}: only the administrator may listen below 1024; name a higher one") from None
        except OSError:
            return False
    return True


def holder(port: int) -> str:
    """Who listens there, in words."""
    import psutil  # noqa: PLC0415  only after something went wrong

    try:
        found = [
            each for each in psutil.net_connections("tcp") if each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port == port
        ]
        pid = next((each.pid for each in found if each.pid), None)
        process = psutil.Process(pid) if pid else None
        name = f"{process.name()} (process {pid}: {_shortened(' '.join(process.cmdline()))})" if process else ""
    except psutil.Error:
        name = ""
    return f"the port is in use by {name or f'another program (which: sudo lsof -nP -iTCP:{port})'}"


def _shortened(command: str) -> str:
    return command if len(command) <= 100 else f"{command[:99]}…"


FORESEEN = (DiskFull, KeysUnreadable, KubeError, OSError, PortTaken, ProgramMissing)
MLFLOW = Request("MLflow", "--port-mlflow", 5000)
S3 = Request("S3", "--port-s3", 8333)
GATEWAY = Request("The gateway", "--port-gateway", 8080)


@dataclass(frozen=True)
class RequestedPorts:
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


def prepare(home: Home, requested: RequestedPorts) -> Prepared:
    """Raises one of FORESEEN."""
    disk.check_start(home.folder, disk.free_bytes(home.folder))
    for server in ("s3", "mlflow", "gateway"):
        home.data(server).mkdir(mode=0o700, parents=True, exist_ok=True)
    made = keys.read_or_make(home)
    choices = choose_ports(home.read_addresses(), requested)
    addresses = Addresses(**{f"{name}_url": f"http://{LOOPBACK}:{choice.port}" for name, choice in choices.items()})
    disk.write(home.addresses, addresses.model_dump_json(indent=2) + "\n")
    return Prepared(addresses, made, tuple(choice.note for choice in choices.values() if choice.note))


def choose_ports(before: Addresses | None, requested: RequestedPorts) -> dict[str, Choice]:
    """By the names of ``Addresses`` and ``RequestedPorts``; all different."""
    choices: dict[str, Choice] = {}
    for name, request in (("mlflow", MLFLOW), ("s3", S3), ("gateway", GATEWAY)):
        remembered = port_of(str(getattr(before, f"{name}_url"))) if before else 0
        wanted = Request(request.title, request.option, request.usual, remembered, int(getattr(requested, name)))
        _wait_for_port(wanted.requested or remembered)
        others = frozenset(choice.port for choice in choices.values())
        choices[name] = choose(wanted, is_free_port, holder, others)
    return choices


def port_of(url: str) -> int:
    """0 if it names none."""
    return urlsplit(url).port or 0


def _wait_for_port(port: int) -> None:
    """Servers of a platform process that was just killed need a moment to end."""
    deadline = time.monotonic() + _OWN_CHILDREN_END_WITHIN_SECONDS
    never = threading.Event()
    while port and not is_free_port(port) and time.monotonic() < deadline:
        never.wait(0.1)
