"""What `modelyard up` and `modelyard down` do and say."""

import os
from collections.abc import Iterator

from modelyard_local import disk, lifecycle, platform_process
from modelyard_local.home import Home
from modelyard_local.lifecycle import NotStarted
from modelyard_local.preparation import RequestedPorts
from modelyard_local.state import PartPhase, PartState, PlatformPhase, PlatformState, own_version
from rich.console import Console
from rich.markup import escape
from rich.status import Status

from modelyard_cli.errors import CommandError, NotReachable

_NEXT = "next: `modelyard init my.csv --target COLUMN`, then `modelyard apply -f .`"
_TROUBLED = (PartPhase.NOT_ANSWERING, PartPhase.RESTARTING, PartPhase.FAILED)


def in_background(home: Home, requested: RequestedPorts) -> None:
    """Returns when all parts are ready. Raises CommandError in words."""
    console = Console(highlight=False, soft_wrap=True)
    said = lifecycle.running(home)
    if said is not None and said.phase is not PlatformPhase.STARTING:
        _say_running(console, home, said, requested)
    elif said is not None:
        console.print(f"the platform is just being started by another command (process {said.pid})")
        _say_ready(console, _shown(console, lifecycle.follow_running(home, said.pid)))
    else:
        _start(console, home, requested)


def _start(console: Console, home: Home, requested: RequestedPorts) -> None:
    process = lifecycle.launch(home, requested)
    try:
        _say_ready(console, _shown(console, lifecycle.follow_start(home, process)))
    except CommandError:
        if process.wait() != platform_process.RUNS_ALREADY:
            raise
        in_background(home, requested)  # another command was faster
    except KeyboardInterrupt:
        lifecycle.stop(home)
        raise CommandError("interrupted; the platform was stopped again") from None


def _shown(console: Console, states: Iterator[PlatformState]) -> PlatformState:
    """The last state, after all were shown. Raises CommandError if the platform doesn't become ready."""
    progress, last = Progress(console), None
    try:
        with console.status("starting the platform") as status:
            for last in states:
                progress.show(last, status)
    except NotStarted as error:
        raise CommandError(f"the platform did not start: {error}") from None
    if last is None:
        raise CommandError("the platform did not start")
    return last


def in_foreground(home: Home, requested: RequestedPorts) -> None:
    """Returns when the platform was stopped in order. Raises CommandError."""
    console = Console(highlight=False, soft_wrap=True)
    said = lifecycle.running(home)
    if said is not None:
        raise CommandError(f"the platform runs already (process {said.pid}); stop it first: modelyard down")
    progress = Progress(console)
    last: list[PlatformState] = []

    def show(now: PlatformState) -> None:
        progress.show(now)
        if now.phase is PlatformPhase.READY and not last:
            _say_ready(console, now)
        if now.phase is PlatformPhase.READY or now.message:
            last.append(now)

    clean = lifecycle.environment(home)
    os.environ.clear()
    os.environ.update(clean)
    platform_process.log_to_standard_error("WARNING")
    if platform_process.run(home, requested, show) != platform_process.ENDED:
        raise CommandError(f"the platform ended: {last[-1].message if last else 'another one holds its folder'}")


class Progress:
    """A line per part as soon as it is ready or in trouble, and meanwhile what is being waited for."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said: dict[str, PartPhase] = {}
        self._notes: set[str] = set()
        self._began: dict[str, PartState] = {}

    def show(self, said: PlatformState, status: Status | None = None) -> None:
        """Say what is new."""
        for note in said.notes:
            if note not in self._notes:
                self._notes.add(note)
                self._console.print(f"[yellow]note[/] {escape(note)}")
        if said.phase is not PlatformPhase.STARTING and not all(part.phase is PartPhase.READY for part in said.parts):
            return
        for part in said.parts:
            self._tell(part, said)
        waited_for = [f"{part.title} (usually {part.usually_seconds:.0f} s)" for part in said.parts if part.phase is PartPhase.STARTING]
        if status is not None and waited_for:
            status.update(f"starting {', '.join(waited_for)}")

    def _tell(self, part: PartState, said: PlatformState) -> None:
        if part.phase is PartPhase.STARTING:
            self._began.setdefault(part.name, part)
        if part.phase is not PartPhase.READY or self._said.get(part.name) is PartPhase.READY:
            return
        self._said[part.name] = part.phase
        began = self._began.get(part.name)
        took = f"  {(part.since - began.since).total_seconds():.1f} s" if began else ""
        self._console.print(f"[green]ready[/] {part.title:<20} {_address(part.name, said):<24}[dim]{took}[/]")


def _say_ready(console: Console, said: PlatformState) -> None:
    console.print(f"the platform is ready (process {said.pid}); stop it with: modelyard down")
    console.print(escape(_NEXT))


def _say_running(console: Console, home: Home, said: PlatformState, requested: RequestedPorts) -> None:
    """Exit code 0 with the addresses, whatever it is doing; but wishes that can't be met are an error."""
    if said.phase is PlatformPhase.STOPPING:
        raise NotReachable(f"the platform is just being stopped (process {said.pid}); try again when it has ended")
    console.print(f"the platform runs already (process {said.pid}, since {said.started.astimezone():%Y-%m-%d %H:%M}): {said.phase}")
    if said.version != own_version():
        console.print(
            f"[yellow]note[/] it is Modelyard {said.version}, this command is {own_version()}; to change over: modelyard down, modelyard up"
        )
    for part in said.parts:
        colour = "red" if part.phase in _TROUBLED else "green"
        trouble = f"  {part.message.splitlines()[0]}" if part.message else ""
        again = f"  restarted {part.restarts} times" if part.restarts else ""
        console.print(f"[{colour}]{part.phase.value:<12}[/] {part.title:<20} {_address(part.name, said):<24}{escape(trouble)}{again}")
    little_space = disk.warning(home.folder, disk.free_bytes(home.folder))  # of which it can't always write
    for note in dict.fromkeys((*said.notes, little_space)):
        if note:
            console.print(f"[yellow]note[/] {escape(note)}")
    _refuse_other_ports(said, requested)


def _refuse_other_ports(said: PlatformState, requested: RequestedPorts) -> None:
    if said.addresses is None:
        return
    for name, port in vars(requested).items():
        url = str(getattr(said.addresses, f"{name}_url"))
        if port and not url.endswith(f":{port}"):
            raise CommandError(f"--port-{name} {port}: it listens at {url}; stop it first: modelyard down")


def _address(part: str, said: PlatformState) -> str:
    addresses = said.addresses
    if addresses is None:
        return ""
    return {"mlflow": addresses.mlflow_url, "s3": addresses.s3_url, "gateway": addresses.gateway_url}.get(part, "")


def stop(home: Home) -> None:
    """Returns when nothing of the platform runs any more."""
    console = Console(highlight=False, soft_wrap=True)
    said = lifecycle.running(home)
    if said is None:
        console.print("the platform is not running")
        return
    with console.status("stopping the platform") as status:
        in_order = lifecycle.stop(home, lambda now: _show(status, now))
    console.print("the platform is stopped; everything is kept, `modelyard up` goes on from it")
    if not in_order:
        console.print("[yellow]note[/] it did not end in time and was killed; what it had acknowledged is kept")


def delete(home: Home) -> None:
    """After ``stop``."""
    console = Console(highlight=False, soft_wrap=True)
    left = lifecycle.delete_everything(home)
    console.print(escape(f"deleted everything in {home.folder}"))
    for path in left:
        console.print(f"[yellow]note[/] {escape(str(path))} is not Modelyard's and was left there")


def _show(status: Status, said: PlatformState) -> None:
    going = [part.title for part in said.parts if part.phase is not PartPhase.STOPPED]
    most = f" (at most {said.stop_seconds:.0f} s)" if said.phase is PlatformPhase.STOPPING else ""
    status.update(f"stopping {', '.join(going) or 'the platform'}{most}")
