"""`modelyard rollback`: the version from before the last promotion is served again."""

import getpass
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from modelyard_api import labels
from modelyard_api.timestamps import to_timestamp
from modelyard_operator.kube.interface import MODEL_DEPLOYMENT, Object
from modelyard_operator.plan import MoveAlias

from modelyard_cli import clock, completion
from modelyard_cli.connect import connect
from modelyard_cli.connection import MlflowServer
from modelyard_cli.errors import CommandError, WrongUsage
from modelyard_cli.kind_names import one_named
from modelyard_cli.printing.terminal import say
from modelyard_cli.target import target

if TYPE_CHECKING:
    from modelyard_operator.registry.mlflow_registry import MlflowRegistry


def alias_of(deployment: Mapping[str, object], spec: Mapping[str, str]) -> str:
    """The alias that a ModelDeployment follows; WrongUsage if it is pinned to a version."""
    if alias := spec.get("alias"):
        return alias
    raise WrongUsage(
        f"ModelDeployment {deployment['name']} is pinned to version {spec.get('version')}, so no alias can be moved: "
        "write another version into spec.model.version and apply it"
    )


def previous(current: str, tags: Mapping[str, str], history: Sequence[Mapping[str, str]]) -> str:
    """The version that ``current`` was promoted over.

    What its promotion wrote down counts first; else the first time that it came to answer. (Not the last time: after a rollback
    that was from the version that nobody wants back.)
    """
    if before := tags.get(labels.TAG_PROMOTED_FROM):
        return before
    before = next((record.get("from", "") for record in history if record.get("to") == current), "")
    if not before:
        raise CommandError(f"it isn't known which version was promoted before version {current}; name one with --to")
    return before


def record(now: str, by: str, came_from: str) -> dict[str, str]:
    """Tags for the version that is served again; those of its own promotion stay."""
    return {labels.TAG_ROLLED_BACK_AT: now, labels.TAG_ROLLED_BACK_BY: by, labels.TAG_ROLLED_BACK_FROM: came_from}


def rollback(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The ModelDeployment.", autocompletion=completion.model_deployments)],
    to: Annotated[str, typer.Option("--to", help="This version. Default: the one before the last promotion.", show_default=False)] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask for confirmation.")] = False,
) -> None:
    """Move the alias that a ModelDeployment follows back, so that the version from before is served again.

    modelyard rollback flights --to 3
    """
    connection = connect(target(ctx))
    connection.require_running()
    reference = one_named([name], default=MODEL_DEPLOYMENT)
    deployment = connection.kube.get(MODEL_DEPLOYMENT, connection.namespace, reference.name)
    registry = _registry(connection.mlflow())
    move = _move(registry, deployment, to)
    words = f"alias {move.alias} of {move.name} from version {move.from_version} back to version {move.to_version}"
    if not yes:
        typer.confirm(f"Move {words}? Every ModelDeployment that follows it rolls over.", abort=True, err=True)
    registry.move_alias(move)
    say(f"moved {words}; follow it with: modelyard get md {reference.name} -w")


def _registry(server: MlflowServer) -> "MlflowRegistry":
    from modelyard_operator.registry.mlflow_registry import MlflowRegistry, set_up_client  # noqa: PLC0415  # takes a second

    set_up_client()
    if server.username:  # MLflow's client reads credentials from the environment alone
        os.environ["MLFLOW_TRACKING_USERNAME"], os.environ["MLFLOW_TRACKING_PASSWORD"] = server.username, server.password
    return MlflowRegistry(server.url)


def _move(registry: "MlflowRegistry", deployment: Object, to: str) -> MoveAlias:
    metadata, model = deployment["metadata"], deployment["spec"]["model"]
    alias = alias_of(metadata, model)
    name = labels.registered_model(metadata["namespace"], model["name"])
    current = registry.alias_version(name, alias)
    if not current:
        raise CommandError(f"{name} has no alias {alias}, so there is nothing to roll back")
    tags = ((found := registry.version(name, current)) and found.tags) or {}
    wanted = to or previous(current, tags, deployment.get("status", {}).get("history") or ())
    if wanted == current:
        raise WrongUsage(f"alias {alias} of {name} is at version {current} already")
    if registry.version(name, wanted) is None:
        raise WrongUsage(f"{name} has no version {wanted}")
    return MoveAlias(name, alias, current, wanted, record(to_timestamp(clock.now()), _who(), current))


def _who() -> str:
    try:
        return f"{getpass.getuser()}, with modelyard rollback"
    except (KeyError, OSError):  # a user id without a name
        return "modelyard rollback"
