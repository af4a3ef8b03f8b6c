"""`modelyard explain`: what was done, and why or why not."""

import shutil
from typing import Annotated

import typer

from modelyard_cli import completion
from modelyard_cli.target import target


def explain(
    ctx: typer.Context,
    what: Annotated[
        list[str], typer.Argument(help="A TrainingJob or a ModelDeployment: tj flights, md/flights.", autocompletion=completion.resources)
    ],
) -> None:
    """Explain in sentences what was done, and why or why not.

    modelyard explain tj flights        modelyard explain md/flights
    """
    from modelyard_cli.connect import connect  # noqa: PLC0415  # --help needs none of this
    from modelyard_cli.explanation.explained import explained  # noqa: PLC0415  a quarter of a second
    from modelyard_cli.kind_names import one_named  # noqa: PLC0415  a quarter of a second

    explanation = explained(connect(target(ctx)), one_named(what))
    width = min(shutil.get_terminal_size().columns, 120)
    typer.echo("\n".join(explanation.lines(width)))
