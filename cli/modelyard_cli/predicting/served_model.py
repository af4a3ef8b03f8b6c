"""Requests to a served model, and its predictions in tables or JSON."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from modelyard_operator.kube.interface import MODEL_DEPLOYMENT, KubeError, NotFound, Object, Refused, Unreachable

from modelyard_cli import clock
from modelyard_cli.connection import Connection
from modelyard_cli.errors import CommandError, WrongUsage, said
from modelyard_cli.predicting.rows import Request
from modelyard_cli.printing import listing
from modelyard_cli.waiting import condition

Prediction = Mapping[str, Any]
_ROUTED_WITHIN_SECONDS = 5.0
_AGAIN_AFTER_SECONDS = 0.1


def as_table(predictions: Sequence[Prediction]) -> Iterator[str]:
    """One line per row, counted from 0 as the server counts them in its messages."""
    columns = _columns(predictions)
    rows = [[str(number), *(_cell(each.get(column)) for column in columns)] for number, each in enumerate(predictions)]
    yield from listing.lines(["ROW", *(column.upper() for column in columns)], rows)


def as_csv(predictions: Sequence[Prediction]) -> str:
    """With a header; numbers in full."""
    text = io.StringIO()
    columns = _columns(predictions)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([each.get(column) for column in columns] for each in predictions)
    return text.getvalue().rstrip("\n")


def _columns(predictions: Sequence[Prediction]) -> list[str]:
    return list(dict.fromkeys(column for each in predictions for column in each))


def _cell(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def predictions(connection: Connection, name: str, requests: Iterator[Request]) -> Iterator[Prediction]:
    """One per row, in order. Raises CommandError: the rows are refused, or nothing is served."""
    answered = 0
    for request in requests:
        try:
            found = ask(connection, name, request)
        except Refused as error:
            first = f" (counted from row {answered} of the file)" if answered else ""
            raise WrongUsage(f"{name} refuses the rows: {said(error)}{first}") from error
        yield from found
        answered += len(found)


def known_columns(connection: Connection, name: str) -> tuple[str, ...]:
    """What the served model reads. Empty where nothing says so: the rows that are sent next find out why."""
    try:
        model = connection.kube.get(MODEL_DEPLOYMENT, connection.namespace, name)["spec"]["model"]["name"]
        inputs = json.loads(connection.look(connection.namespace, name, f"/v2/models/{quote(model, safe='')}"))["inputs"]
        return tuple(str(each["name"]) for each in inputs)
    except (KubeError, CommandError, LookupError, TypeError, ValueError):
        return ()


def ask(connection: Connection, name: str, request: Request, request_id: str = "") -> list[Prediction]:
    """One request. Raises Refused, or CommandError where nothing is served.

    A ModelDeployment can be Available a moment before the gateway has read where its pods are: that moment is waited for.
    """
    until = clock.elapsed() + _ROUTED_WITHIN_SECONDS
    while True:
        try:
            answer = connection.ask(connection.namespace, name, "/invocations", request.body, request.content_type, request_id)
        except (Unreachable, NotFound) as error:
            available = condition(connection.kube.get(MODEL_DEPLOYMENT, connection.namespace, name), "Available")
            if available.get("status") != "True" or clock.elapsed() >= until:
                raise CommandError(_why_unanswered(name, available, said(error))) from error
            clock.pause(_AGAIN_AFTER_SECONDS)
            continue
        found: list[Prediction] = json.loads(answer)["predictions"]
        return found


def _why_unanswered(name: str, available: Object, problem: str) -> str:
    """What the ModelDeployment says of itself tells more than a broken connection."""
    if available.get("status") != "True":
        return f"{name} doesn't answer yet: {available.get('message') or 'it was only just made'}"
    return f"{name} doesn't answer: {problem}"
