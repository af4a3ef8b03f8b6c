"""`modelyard version`."""

from enum import StrEnum
from importlib.metadata import version as installed
from typing import Annotated

import typer
from modelyard_operator.kube.interface import KubeError

from modelyard_cli.connect import connect
from modelyard_cli.errors import CommandError
from modelyard_cli.printing import listing
from modelyard_cli.printing.terminal import note, say
from modelyard_cli.target import Target, target


class Format(StrEnum):
    """``-o``."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"


def version(ctx: typer.Context, output: Annotated[Format, typer.Option("--output", "-o", help="Output format.")] = Format.TEXT) -> None:
    """Versions of this command and of the platform that it talks to, and whether they match.

    modelyard version
    """
    client = installed("modelyard")
    platform, where = _platform(target(ctx))
    if output is Format.TEXT:
        say(f"client:   {client}")
        say(f"platform: {platform or 'unknown'} ({where})")
    else:
        document = {"client": client, "platform": platform or None, "where": where, "match": client == platform if platform else None}
        say(listing.as_json(document) if output is Format.JSON else listing.as_yaml(document))
    if platform and platform != client:
        note(f"warning: the platform is {platform}, this command is {client}: use the same for both")


def _platform(named: Target) -> tuple[str, str]:
    """Its version, empty if it isn't known, and where it is or why it isn't known."""
    try:
        connection = connect(named)
        connection.require_running()
        return connection.platform_version(), connection.name
    except (CommandError, KubeError) as error:
        return "", str(error)
