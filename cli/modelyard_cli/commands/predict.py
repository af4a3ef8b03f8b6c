"""`modelyard predict`."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer
from modelyard_operator.kube.interface import MODEL_DEPLOYMENT

from modelyard_cli import completion
from modelyard_cli.connect import connect
from modelyard_cli.errors import WrongUsage
from modelyard_cli.kind_names import one_named
from modelyard_cli.predicting import rows, served_model
from modelyard_cli.predicting.served_model import Prediction
from modelyard_cli.printing import listing
from modelyard_cli.printing.terminal import counted_rows, note, say, say_table
from modelyard_cli.target import target


class Format(StrEnum):
    """``-o``."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    YAML = "yaml"


def predict(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The ModelDeployment.", autocompletion=completion.model_deployments)],
    row: Annotated[str, typer.Argument(help='A row or rows as JSON: \'{"hour": 7, "dest": "BOS"}\'.', show_default=False)] = "",
    file: Annotated[
        str,
        typer.Option("--filename", "-f", help="Rows: CSV, JSON, JSON lines or Parquet, also packed (gz, zip, zst), or - (standard input)."),
    ] = "",
    output: Annotated[Format, typer.Option("--output", "-o", help="Output format.")] = Format.TABLE,
) -> None:
    """Predict rows with a served model. Columns that it doesn't know are ignored.

    modelyard predict flights -f new.csv -o csv > scored.csv
    """
    if bool(row) == bool(file):
        raise WrongUsage("give rows: as JSON after the name, or a file with -f")
    connection = connect(target(ctx))
    connection.require_running()
    reference = one_named([name], default=MODEL_DEPLOYMENT)
    connection.kube.get(MODEL_DEPLOYMENT, connection.namespace, reference.name)  # says NotFound before rows are read
    requests = (
        rows.from_file(file, lambda: served_model.known_columns(connection, reference.name)) if file else rows.from_text(row, "the row")
    )
    with counted_rows(requests) as counted:
        predictions = [*served_model.predictions(connection, reference.name, counted)]
    _print(predictions, output)


def _print(predictions: Sequence[Prediction], output: Format) -> None:
    if not predictions:
        note("no rows, no predictions")
    if output is Format.JSON:
        say(listing.as_json({"predictions": predictions}))
    elif output is Format.YAML:
        say(listing.as_yaml({"predictions": predictions}))
    elif output is Format.CSV:
        say(served_model.as_csv(predictions))
    else:
        say_table(served_model.as_table(predictions))
