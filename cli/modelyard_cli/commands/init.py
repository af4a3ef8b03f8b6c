"""`modelyard init`: manifests to start from."""

from pathlib import Path
from typing import Annotated

import typer


def init(  # noqa: PLR0913, PLR0917  # one per option
    file: Annotated[Path, typer.Argument(help="A CSV, TSV, JSON lines or Parquet file on this machine, packed or not.")],
    target: Annotated[str, typer.Option(help="The column to predict.")],
    task: Annotated[str | None, typer.Option(help="Classification or Regression. Default: seen from the target.")] = None,
    metric: Annotated[
        str | None, typer.Option(help="What models are judged by, as roc_auc, f1_macro or rmse. Default: by the task.")
    ] = None,
    split: Annotated[str | None, typer.Option(help="Random, Stratified, Group or Time. Default: seen from the columns.")] = None,
    time: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column that says when a row happened; rows are split by it.")
    ] = None,
    group: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The column whose equal values stay together when rows are split.")
    ] = None,
    key: Annotated[list[str] | None, typer.Option(metavar="COLUMN", help="A column that names a row; several name it together.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of both resources. Default: made from the file's name.")] = None,
    out: Annotated[Path, typer.Option(help="The folder to write to.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Overwrite manifests that are there.")] = False,
) -> None:
    """Look at a file, and write a commented TrainingJob and ModelDeployment to start from.

    modelyard init my.csv --target late        modelyard init rows.parquet --target price --time sold_on --name houses --out houses/
    """
    from modelyard_cli.init.started import started  # noqa: PLC0415  # --help needs none of this

    made = started(
        file, target, name=name, folder=out, force=force, task=task, metric=metric, split=split, time=time, group=group, key=key or ()
    )
    typer.echo(made)
