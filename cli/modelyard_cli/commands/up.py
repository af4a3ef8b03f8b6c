"""`modelyard up`: start the platform on this machine, or say that it runs."""

from typing import Annotated

import typer

from modelyard_cli.errors import CommandError

_PORT = "Port of {}. Default: the one of last time, else {}; another one if that is taken."


def up(
    port_mlflow: Annotated[int | None, typer.Option(help=_PORT.format("MLflow", 5000), min=1, max=65535, show_default=False)] = None,
    port_s3: Annotated[int | None, typer.Option(help=_PORT.format("S3", 8333), min=1, max=65535, show_default=False)] = None,
    port_gateway: Annotated[
        int | None, typer.Option(help=_PORT.format("the gateway to served models", 8080), min=1, max=65535, show_default=False)
    ] = None,
    foreground: Annotated[bool, typer.Option("--foreground", help="Stay attached; Ctrl-C stops the platform.")] = False,
) -> None:
    """Start the platform on this machine: MLflow, S3, a gateway, the operator and what runs its pods.

    Everything is in one folder ($MODELYARD_HOME, else ~/.modelyard) and goes on from there at the next start. Only 127.0.0.1 is listened at.
    """
    try:
        from modelyard_local.home import home  # noqa: PLC0415  a quarter of a second
        from modelyard_local.preparation import RequestedPorts  # noqa: PLC0415  a quarter of a second

        from modelyard_cli import local_platform  # noqa: PLC0415  a quarter of a second
    except ModuleNotFoundError as error:
        raise CommandError(f'{error.name} is not installed: pip install "modelyard[local]" (more: modelyard doctor)') from None

    requested = RequestedPorts(mlflow=port_mlflow or 0, s3=port_s3 or 0, gateway=port_gateway or 0)
    if foreground:
        local_platform.in_foreground(home(), requested)
    else:
        local_platform.in_background(home(), requested)
