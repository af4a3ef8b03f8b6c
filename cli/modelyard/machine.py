"""What is about this machine rather than about a platform's resources."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from modelyard.notebook import with_command_errors


@with_command_errors
def up() -> None:
    """Start the platform on this machine, and return when it is ready; `modelyard up`."""
    from modelyard_cli.local_platform import in_background  # noqa: PLC0415  # not needed for a cluster, as all of local/
    from modelyard_local.home import home  # noqa: PLC0415  a quarter of a second
    from modelyard_local.preparation import RequestedPorts  # noqa: PLC0415  a quarter of a second

    in_background(home(), RequestedPorts())


@with_command_errors
def down() -> None:
    """Stop it; everything is kept; `modelyard down`."""
    from modelyard_cli.local_platform import stop  # noqa: PLC0415  a quarter of a second
    from modelyard_local.home import home  # noqa: PLC0415  a quarter of a second

    stop(home())


@with_command_errors
def init(  # noqa: PLR0913  # one per option
    file: str | PathLike[str],
    target: str,
    *,
    task: str | None = None,
    metric: str | None = None,
    split: str | None = None,
    time: str | None = None,
    group: str | None = None,
    key: Sequence[str] = (),
    name: str | None = None,
    out: str | PathLike[str] = ".",
    force: bool = False,
) -> None:
    """Look at a file, and write a commented training-job.yaml and model-deployment.yaml to start from; `modelyard init`."""
    from modelyard_cli.init.started import Choices, started  # noqa: PLC0415  a quarter of a second
    from modelyard_cli.printing.terminal import say  # noqa: PLC0415  a quarter of a second

    choices = Choices(task=task, metric=metric, split=split, time=time, group=group, key=key)
    say(started(Path(file), target, name=name, folder=Path(out), force=force, **choices))
