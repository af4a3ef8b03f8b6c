"""`modelyard predict`."""

import json
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated

import typer
from modelyard_operator.kube.interface import MODEL_DEPLOYMENT, NotFound, Object, Refused, Unreachable

from modelyard_cli import completion
from modelyard_cli.connection import Connection, connect
from modelyard_cli.errors import CommandError, WrongUsage, said
from modelyard_cli.kind_names import one_named
from modelyard_cli.predicting import answers, rows
from modelyard_cli.predicting.answers import Prediction
from modelyard_cli.predicting.rows import Request
from modelyard_cli.printing import structured
from modelyard_cli.printing.terminal import note, say, say_table
from modelyard_cli.target import target
from modelyard_cli.waiting import condition


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
        str, typer.Option("--filename", "-f", help="Rows: .csv, .csv.gz, .json, .jsonl, .parquet, or - (standard input).")
    ] = "",
    output: Annotated[Format, typer.Option("--output", "-o", help="How to print.")] = Format.TABLE,
) -> None:
    """Ask a served model about rows. Columns that it doesn't know are ignored.

    modelyard predict flights -f new.csv -o csv > scored.csv
    """
    if bool(row) == bool(file):
        raise WrongUsage("give rows: as JSON after the name, or a file with -f")
    connection = connect(target(ctx))
    connection.require_running()
    reference = one_named([name], default=MODEL_DEPLOYMENT)
    deployment = connection.kube.get(MODEL_DEPLOYMENT, connection.namespace, reference.name)
    requests = rows.from_file(file) if file else rows.from_text(row, "the row")
    _print(_answered(connection, deployment, requests), output)


def _answered(connection: Connection, deployment: Object, requests: Iterator[Request]) -> list[Prediction]:
    found: list[Prediction] = []
    for request in requests:
        try:
            found += _ask(connection, deployment, request)
        except Refused as error:
            first = f" (counted from row {len(found)} of the file)" if found else ""
            raise WrongUsage(f"{deployment['metadata']['name']} refuses the rows: {said(error)}{first}") from error
    return found


def _ask(connection: Connection, deployment: Object, request: Request) -> Sequence[Prediction]:
    metadata = deployment["metadata"]
    try:
        answer = connection.ask(metadata["namespace"], metadata["name"], "/invocations", request.body, request.content_type)
    except (Unreachable, NotFound) as error:
        raise CommandError(_why_unanswered(connection, deployment, said(error))) from error
    predictions: list[Prediction] = json.loads(answer)["predictions"]
    return predictions


def _why_unanswered(connection: Connection, deployment: Object, problem: str) -> str:
    """What the ModelDeployment says of itself tells more than a broken connection."""
    metadata = deployment["metadata"]
    newest = connection.kube.get(MODEL_DEPLOYMENT, metadata["namespace"], metadata["name"])
    available = condition(newest, "Available")
    if available.get("status") != "True":
        return f"{metadata['name']} doesn't answer yet: {available.get('message') or 'it was only just made'}"
    return f"{metadata['name']} doesn't answer: {problem}"


def _print(predictions: Sequence[Prediction], output: Format) -> None:
    if not predictions:
        note("no rows, no predictions")
    if output is Format.JSON:
        say(structured.as_json({"predictions": predictions}))
    elif output is Format.YAML:
        say(structured.as_yaml({"predictions": predictions}))
    elif output is Format.CSV:
        say(answers.as_csv(predictions))
    else:
        say_table(answers.as_table(predictions))
