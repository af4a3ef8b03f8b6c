"""Requests to a served model. Each carries an id of its own, by which true outcomes are joined later."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from modelyard_cli.connection import Connection
from modelyard_cli.errors import CommandError, said
from modelyard_cli.predicting.rows import Request
from modelyard_cli.waiting import condition
from modelyard_operator.kube.answers import error_of
from modelyard_operator.kube.interface import MODEL_DEPLOYMENT, NotFound, Unreachable

_ANSWER_WITHIN_SECONDS = 60
_JSON = "application/json"


def answers(connection: Connection, namespace: str, name: str, requests: Iterator[Request]) -> Iterator[dict[str, Any]]:
    """One per row; with request_id and row where the request could carry an id. Raises CommandError or KubeError."""
    for request in requests:
        request_id = uuid4().hex if connection.is_local else ""  # the API server's proxy is asked without headers of ours
        try:
            text = _post(connection, namespace, name, "/invocations", request, request_id)
        except (Unreachable, NotFound) as error:
            raise CommandError(_why_unanswered(connection, namespace, name, said(error))) from error
        for row, prediction in enumerate(json.loads(text)["predictions"]):
            yield {**prediction, "request_id": request_id, "row": row} if request_id else prediction


def tell(connection: Connection, namespace: str, name: str, body: str) -> int:
    """True outcomes; how many were accepted."""
    text = connection.ask(namespace, name, "/feedback", body.encode(), _JSON)
    return int(json.loads(text)["accepted"])


def _post(connection: Connection, namespace: str, name: str, path: str, request: Request, request_id: str) -> bytes:
    if not request_id:
        return connection.ask(namespace, name, path, request.body, request.content_type)
    import httpx  # noqa: PLC0415  # a tenth of a second

    connection.require_running()
    url = connection.page(namespace, name, path)
    headers = {"content-type": request.content_type, "x-request-id": request_id}
    try:
        with httpx.Client(trust_env=False, timeout=_ANSWER_WITHIN_SECONDS) as client:
            answer = client.post(url, content=request.body, headers=headers)
    except httpx.TransportError as error:
        raise Unreachable(f"{url}: {error or type(error).__name__}") from error
    if answer.is_success:
        return answer.content
    raise error_of(f"POST {url}", answer.status_code, answer.content, answer.headers)


def _why_unanswered(connection: Connection, namespace: str, name: str, problem: str) -> str:
    """What the ModelDeployment says of itself tells more than a broken connection."""
    available = condition(connection.kube.get(MODEL_DEPLOYMENT, namespace, name), "Available")
    if available.get("status") != "True":
        return f"{name} doesn't answer yet: {available.get('message') or 'it was only just made'}"
    return f"{name} doesn't answer: {problem}"
