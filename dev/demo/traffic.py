"""Sends rows to a served model in batches, and later what really happened. To 127.0.0.1 only."""

import json
import time
from collections.abc import Iterator, Mapping

import httpx
import polars as pl

BATCH = 500


def send(url: str, rows: pl.DataFrame) -> list[str]:
    """One request id per batch of BATCH rows, in order."""
    with httpx.Client(base_url=url, timeout=60) as client:
        return [_predict(client, batch) for batch in _batches(rows)]


def send_outcomes(url: str, request_ids: list[str], outcomes: list[str]) -> None:
    """The true outcome of every row that was sent, by request id and row."""
    with httpx.Client(base_url=url, timeout=60) as client:
        for number, request_id in enumerate(request_ids):
            batch = outcomes[number * BATCH : (number + 1) * BATCH]
            body = {"outcomes": [{"request_id": request_id, "row": row, "outcome": outcome} for row, outcome in enumerate(batch)]}
            _post(client, "/feedback", body).raise_for_status()


def _predict(client: httpx.Client, batch: pl.DataFrame) -> str:
    body = {"dataframe_split": {"columns": batch.columns, "data": [list(row) for row in batch.iter_rows()]}}
    answer = _post(client, "/invocations", body)
    if answer.status_code != 200:
        raise httpx.HTTPStatusError(f"{answer.status_code}: {answer.text[:300]}", request=answer.request, response=answer)
    return answer.headers["x-request-id"]


def _post(client: httpx.Client, path: str, body: Mapping[str, object]) -> httpx.Response:
    """A port-forward drops its connection when its pod goes; one retry finds the next pod."""
    try:
        return client.post(path, content=json.dumps(body), headers={"content-type": "application/json"})
    except httpx.TransportError:
        time.sleep(1)
        return client.post(path, content=json.dumps(body), headers={"content-type": "application/json"})


def _batches(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    for start in range(0, rows.height, BATCH):
        yield rows.slice(start, BATCH)
