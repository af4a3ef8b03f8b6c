"""What `modelyard down` does and says."""

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from modelyard_cli.local import lifecycle
from modelyard_cli.local.home import Home
from modelyard_cli.local.state import PartPhase, PlatformPhase, PlatformState


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
