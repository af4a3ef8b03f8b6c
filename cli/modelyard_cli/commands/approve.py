"""`modelyard approve`."""

from typing import Annotated

import typer
from modelyard_api import labels
from modelyard_api.conditions import Reason, TrainingCondition
from modelyard_operator.kube.interface import TRAINING_JOB, Object

from modelyard_cli import completion
from modelyard_cli.connection import connect
from modelyard_cli.errors import CommandError
from modelyard_cli.kind_names import one_named
from modelyard_cli.kube_reading import changed
from modelyard_cli.printing.terminal import say
from modelyard_cli.target import target
from modelyard_cli.waiting import Awaited, condition, standing


def approve(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The TrainingJob.", autocompletion=completion.training_jobs)],
    version: Annotated[str, typer.Option("--version", help="Only if this is the version that waits.", show_default=False)] = "",
) -> None:
    """Let the version of a TrainingJob that waits for approval be promoted.

    modelyard approve flights
    """
    connection = connect(target(ctx))
    connection.require_running()
    reference = one_named([name], default=TRAINING_JOB)
    approved = changed(connection.kube, TRAINING_JOB, connection.namespace, reference.name, lambda job: _approved(job, version))
    waiting, promotion = _waiting(approved), approved["spec"]["promotion"]
    champion = approved["status"]["result"].get("championVersion")
    instead = f" in place of version {champion}" if champion else ""
    model = labels.registered_model(connection.namespace, promotion.get("model") or reference.name)
    say(
        f"{reference} approved: version {waiting} of {model} becomes {promotion['alias']}{instead}; ModelDeployments that follow it roll over"
    )


def _approved(job: Object, version: str) -> Object:
    """With the annotation; raises CommandError where nothing waits, or another version than was named."""
    metadata, waiting = job["metadata"], _waiting(job)
    if not waiting:
        raise CommandError(f"TrainingJob {metadata['name']} has no version that waits for approval: {standing(job, Awaited('Promoted'))}")
    if version and version != waiting:
        raise CommandError(f"TrainingJob {metadata['name']}: version {waiting} waits for approval, not {version}")
    annotations = {**(metadata.get("annotations") or {}), labels.APPROVE_ANNOTATION: waiting}
    return {**job, "metadata": {**metadata, "annotations": annotations}}


def _waiting(job: Object) -> str:
    if condition(job, TrainingCondition.PROMOTED).get("reason") != Reason.APPROVAL_PENDING:
        return ""
    return str((job["status"].get("result") or {}).get("modelVersion", ""))
