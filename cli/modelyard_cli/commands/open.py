"""`modelyard open`."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from modelyard_operator.kube.interface import MODEL_DEPLOYMENT, TRAINING_JOB, Object

from modelyard_cli import completion, reports
from modelyard_cli.connect import connect
from modelyard_cli.connection import Connection
from modelyard_cli.errors import CommandError, WrongUsage
from modelyard_cli.kind_names import one_named
from modelyard_cli.kube_reading import objects
from modelyard_cli.printing.terminal import say
from modelyard_cli.target import target


class Page(StrEnum):
    """What can be opened."""

    MLFLOW = "mlflow"
    REPORT = "report"
    DOCS = "docs"


def open_page(
    ctx: typer.Context,
    page: Annotated[Page, typer.Argument(help="mlflow, the newest drift report, or the OpenAPI document of a service.")],
    name: Annotated[
        str,
        typer.Argument(
            help="A TrainingJob for mlflow (its run), else a ModelDeployment.",
            autocompletion=completion.model_deployments,
            show_default=False,
        ),
    ] = "",
    save_to: Annotated[Path | None, typer.Option("--save-to", help="Where the report goes. Default: beside the platform's state.")] = None,
    s3_endpoint: Annotated[
        str,
        typer.Option(
            "--s3-endpoint", help="How this machine reaches S3, where the pods' address is the cluster's own.", show_default=False
        ),
    ] = "",
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it, if there is a display.")] = True,
) -> None:
    """Print the address of MLflow, of a drift report or of a service, and open it in a browser.

    modelyard open mlflow        modelyard open report flights
    """
    connection = connect(target(ctx))
    if page is Page.MLFLOW:
        url = _mlflow(connection, name)
    elif page is Page.REPORT:
        url = reports.fetched(connection, _deployment(connection, name), save_to, s3_endpoint).as_uri()
    else:
        metadata = _deployment(connection, name)["metadata"]
        connection.require_running()
        url = connection.page(metadata["namespace"], metadata["name"], "/openapi.json")
    say(url)
    if browser and _has_display():
        import webbrowser  # noqa: PLC0415  most pages are only printed

        webbrowser.open(url)


def _mlflow(connection: Connection, name: str) -> str:
    if not name:
        return connection.mlflow().url
    reference = one_named([name], default=TRAINING_JOB)
    job = connection.kube.get(TRAINING_JOB, connection.namespace, reference.name)
    if url := (job.get("status", {}).get("mlflow") or {}).get("url"):
        return str(url)
    raise CommandError(f"TrainingJob {reference.name} has no run in MLflow yet")


def _deployment(connection: Connection, name: str) -> Object:
    """That one, or the only one."""
    if name:
        reference = one_named([name], default=MODEL_DEPLOYMENT)
        return connection.kube.get(MODEL_DEPLOYMENT, connection.namespace, reference.name)
    found = objects(connection.kube, MODEL_DEPLOYMENT, connection.namespace)
    if len(found) != 1:
        names = ", ".join(each["metadata"]["name"] for each in found) or "none"
        raise WrongUsage(f"name a ModelDeployment; namespace {connection.namespace} has: {names}")
    return found[0]


def _has_display() -> bool:
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
