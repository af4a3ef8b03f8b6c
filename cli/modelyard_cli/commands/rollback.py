"""`modelyard rollback`."""

import getpass
import os
from typing import TYPE_CHECKING, Annotated

import typer
from modelyard_api import labels
from modelyard_operator.kube.interface import MODEL_DEPLOYMENT, Object
from modelyard_operator.plan import MoveAlias
from modelyard_operator.timestamps import to_timestamp

from modelyard_cli import clock, completion, rolling_back
from modelyard_cli.connection import MlflowServer, connect
from modelyard_cli.errors import CommandError, WrongUsage
from modelyard_cli.kind_names import one_named
from modelyard_cli.printing.terminal import say
from modelyard_cli.target import target

if TYPE_CHECKING:
    from modelyard_operator.registry.mlflow_registry import MlflowRegistry


def rollback(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The ModelDeployment.", autocompletion=completion.model_deployments)],
    to: Annotated[str, typer.Option("--to", help="This version. Default: the one before the last promotion.", show_default=False)] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
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
    alias = rolling_back.alias_of(metadata, model)
    name = labels.registered_model(metadata["namespace"], model["name"])
    current = registry.alias_version(name, alias)
    if not current:
        raise CommandError(f"{name} has no alias {alias}, so there is nothing to roll back")
    tags = ((found := registry.version(name, current)) and found.tags) or {}
    wanted = to or rolling_back.previous(current, tags, deployment.get("status", {}).get("history") or ())
    if wanted == current:
        raise WrongUsage(f"alias {alias} of {name} is at version {current} already")
    if registry.version(name, wanted) is None:
        raise WrongUsage(f"{name} has no version {wanted}")
    return MoveAlias(name, alias, current, wanted, rolling_back.record(to_timestamp(clock.now()), _who(), current))


def _who() -> str:
    try:
        return f"{getpass.getuser()}, with modelyard rollback"
    except (KeyError, OSError):  # a user id without a name
        return "modelyard rollback"
