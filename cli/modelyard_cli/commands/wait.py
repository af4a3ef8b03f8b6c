"""`modelyard wait`."""

from typing import Annotated

import typer
from modelyard_operator.kube.interface import NotFound, Object, Throttled, Unreachable

from modelyard_cli import clock, completion, waiting
from modelyard_cli.clock import seconds_of
from modelyard_cli.connect import connect
from modelyard_cli.connection import Connection
from modelyard_cli.errors import CommandError
from modelyard_cli.kind_names import Reference, named
from modelyard_cli.printing.terminal import Progress, progress_of, say
from modelyard_cli.target import target
from modelyard_cli.waiting import Awaited

_LOOK_EVERY_SECONDS = 0.5


def wait(
    ctx: typer.Context,
    resources: Annotated[list[str], typer.Argument(help="tj/flights, md flights …", autocompletion=completion.resources)],
    until: Annotated[str, typer.Option("--for", help="condition=Promoted, condition=Drifted=False, delete …")],
    timeout: Annotated[str, typer.Option("--timeout", help="Timeout, such as 90s or 10m.")] = "10m",
) -> None:
    """Wait for a condition. Ends with 1 when the time is over, and at once when a TrainingJob can't get there any more.

    modelyard wait tj/flights --for condition=Promoted        modelyard wait md/flights --for condition=Available
    """
    deadline = clock.elapsed() + seconds_of(timeout)
    wanted = [(each, waiting.awaited(until, each.kind)) for each in named(resources)]
    connection = connect(target(ctx))
    for reference, what in wanted:
        with progress_of(str(reference)) as progress:
            _wait(connection, reference, what, deadline, progress)
        say(f"{reference} {'condition met' if what.condition else 'deleted'}")


def _wait(connection: Connection, reference: Reference, wanted: Awaited, deadline: float, progress: Progress) -> None:
    seen = _look(connection, reference, wanted)
    while seen is not None and not (wanted.condition and waiting.is_met(seen, wanted)):
        progress.show(seen)
        if why := waiting.why_never(seen, wanted):
            raise CommandError(f"{reference} will not reach {wanted}; {why}")
        if clock.elapsed() > deadline:
            raise CommandError(f"timed out waiting for {wanted} of {reference}; it stands at: {waiting.standing(seen, wanted)}")
        connection.require_running()
        clock.pause(_LOOK_EVERY_SECONDS)
        try:
            seen = _look(connection, reference, wanted)
        except (Unreachable, Throttled) as error:
            if clock.elapsed() > deadline:
                raise CommandError(f"timed out waiting for {wanted} of {reference}: {error}") from error


def _look(connection: Connection, reference: Reference, wanted: Awaited) -> Object | None:
    """None: it is gone, and that was awaited."""
    try:
        return connection.kube.get(reference.kind, connection.namespace, reference.name)
    except NotFound:
        if wanted.condition:
            raise
        return None
