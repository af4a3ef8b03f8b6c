"""`modelyard init`: manifests to start from."""

from pathlib import Path
from typing import Annotated

import typer


def init(
    file: Annotated[Path, typer.Argument(help="A CSV, CSV.gz or Parquet file on this machine.")],
    target: Annotated[str, typer.Option(help="The column to predict.")],
    name: Annotated[str | None, typer.Option(help="Name of both resources. Default: made from the file's name.")] = None,
    out: Annotated[Path, typer.Option(help="The folder to write to.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Overwrite manifests that are there.")] = False,
) -> None:
    """Look at a file, and write a commented TrainingJob and ModelDeployment to start from.

    modelyard init my.csv --target late        modelyard init rows.parquet --target price --name houses --out houses/
    """
    from modelyard_cli.starting_point.started import started  # noqa: PLC0415  # --help needs none of this

    typer.echo(started(file, target, name=name, folder=out, force=force))
