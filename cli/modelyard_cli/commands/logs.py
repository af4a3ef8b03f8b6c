"""`modelyard logs`."""

import sys
from typing import Annotated

import typer
from modelyard_operator.kube.interface import POD, Object

from modelyard_cli import clock, completion
from modelyard_cli.connect import connect_to_read
from modelyard_cli.connection import Connection
from modelyard_cli.errors import CommandError
from modelyard_cli.kind_names import Reference, one_named
from modelyard_cli.kube_reading import COMPONENTS, has_started, pods_of
from modelyard_cli.printing.columns import pod_status
from modelyard_cli.printing.terminal import note
from modelyard_cli.target import target
from modelyard_cli.waiting import Awaited, standing

_LOOK_EVERY_SECONDS = 0.5


def logs(
    ctx: typer.Context,
    resources: Annotated[list[str], typer.Argument(help="tj/flights, md/flights, job/x, pod/x.", autocompletion=completion.resources)],
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Follow the log until the pod ends; wait for a pod that hasn't started.")
    ] = False,
    tail: Annotated[int | None, typer.Option("--tail", help="Only the last lines.", min=0)] = None,
    component: Annotated[
        str, typer.Option("--component", help="training or comparison of a tj; serving or monitoring of an md.", show_default=False)
    ] = "",
) -> None:
    """Print the log of a pod: of a TrainingJob its newest attempt, of a ModelDeployment a pod that is ready.

    modelyard logs tj/flights -f        modelyard logs md/flights --tail 50
    """
    reference = one_named(resources, default=POD)
    connection = connect_to_read(target(ctx))
    pod = _started_pod(connection, reference, component, wait=follow)
    for piece in connection.log(connection.namespace, pod["metadata"]["name"], tail=tail, follow=follow):
        sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()


def _started_pod(connection: Connection, reference: Reference, component: str, *, wait: bool) -> Object:
    said = ""
    while True:
        pods = pods_of(connection.kube, reference, connection.namespace, component)
        if pods and has_started(pods[-1]):
            _name_the_chosen(pods)
            return pods[-1]
        why = _why_not(connection, reference, pods, component)
        if not wait:
            raise CommandError(why)
        connection.require_running()
        if why != said:
            note(why)
            said = why
        clock.pause(_LOOK_EVERY_SECONDS)


def _name_the_chosen(pods: list[Object]) -> None:
    if len(pods) > 1:
        note(f"Found {len(pods)} pods, using pod/{pods[-1]['metadata']['name']}")


def _why_not(connection: Connection, reference: Reference, pods: list[Object], component: str) -> str:
    if pods:
        pod = pods[-1]
        waiting = [each.get("state", {}).get("waiting") or {} for each in pod.get("status", {}).get("containerStatuses") or ()]
        message = next((each["message"] for each in waiting if each.get("message")), "")
        word = pod_status(pod, clock.now())
        return f"pod {pod['metadata']['name']} has not started: {word}" + (f": {message}" if message else "")
    obj = connection.kube.get(reference.kind, connection.namespace, reference.name)
    what = component or COMPONENTS.get(reference.kind.name, "")
    return f"{reference} has no {what} pod".replace("  ", " ") + f"; it stands at: {standing(obj, Awaited('Running'))}"
