"""`modelyard approve`."""

from typing import Annotated

import typer
from modelyard_api import labels
from modelyard_api.conditions import Reason, TrainingCondition
from modelyard_api.resource_status import TrainingJobStatus
from modelyard_operator.kube.interface import TRAINING_JOB, Object
from modelyard_operator.training import approval

from modelyard_cli import completion
from modelyard_cli.connect import connect
from modelyard_cli.errors import CommandError
from modelyard_cli.explanation.text import read
from modelyard_cli.kind_names import one_named
from modelyard_cli.kube_reading import changed
from modelyard_cli.printing.terminal import say
from modelyard_cli.target import target
from modelyard_cli.waiting import Awaited, condition, standing


def approve(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The TrainingJob.", autocompletion=completion.training_jobs)],
    version: Annotated[str, typer.Option("--version", help="Approve only if this is the version that waits.", show_default=False)] = "",
) -> None:
    """Let a TrainingJob's model be promoted that waits for approval, or whose test rows can't decide. Your name is recorded.

    modelyard approve flights
    """
    connection = connect(target(ctx))
    connection.require_running()
    reference, user = one_named([name], default=TRAINING_JOB), connection.user()
    written = changed(connection.kube, TRAINING_JOB, connection.namespace, reference.name, lambda job: approved(job, version, user))
    result, promotion = written["status"]["result"], written["spec"]["promotion"]
    champion, waiting = result.get("championVersion"), _waiting(written)
    instead = f" in place of version {champion}" if champion else ""
    model = labels.registered_model(connection.namespace, promotion.get("model") or reference.name)
    what = f"version {waiting} of {model}" if waiting else f"its model {result['modelId']} is registered as a version of {model} and"
    becomes = f"becomes {promotion['alias']}{instead}; ModelDeployments that follow it roll over"
    say(f"{reference} approved by {user}: {what} {becomes}")


def approved(job: Object, version: str, user: str) -> Object:
    """The TrainingJob with the annotations that approve it in ``user``'s name; raises CommandError where nothing waits, or another version than was named."""
    metadata, waiting = job["metadata"], _waiting(job)
    if version and waiting and version != waiting:
        raise CommandError(f"TrainingJob {metadata['name']}: version {waiting} waits for approval, not {version}")
    model = str(job["status"]["result"]["modelId"]) if waiting else "" if version else _in_doubt(job)
    if not model:
        raise CommandError(f"TrainingJob {metadata['name']} has no version that waits for approval: {standing(job, Awaited('Promoted'))}")
    said = {labels.APPROVE_ANNOTATION: model, labels.APPROVED_BY_ANNOTATION: user}
    return {**job, "metadata": {**metadata, "annotations": {**(metadata.get("annotations") or {}), **said}}}


def _waiting(job: Object) -> str:
    """The version that waits for approval."""
    if condition(job, TrainingCondition.PROMOTED).get("reason") != Reason.APPROVAL_PENDING:
        return ""
    return str((job["status"].get("result") or {}).get("modelVersion", ""))


def _in_doubt(job: Object) -> str:
    """The model whose test rows can't decide; empty: it is another's turn, or a criterion is missed."""
    status = read(TrainingJobStatus, job, "status")
    if condition(job, TrainingCondition.PROMOTED).get("reason") != Reason.COMPARISON_INCONCLUSIVE or status.result is None:
        return ""
    return status.result.model_id if approval.may_be_approved(status.result) else ""
