"""A place that plays its part from a script: states move on each time they are read."""

import gzip
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import pytest

from dev.demo import flights, traffic
from dev.platform.kubectl import Object

ROWS = 12_000
DRIFT: Object = {"type": "io.modelyard.drift.detected", "data": {"columns": ["temp"]}}
HELD: Object = {
    "metric": "roc_auc",
    "bound": "AtLeast",
    "limit": 0.6,
    "value": 0.66,
    "low": 0.62,
    "high": 0.7,
    "rows": 900,
    "state": "Held",
}


def conditions(**states: str) -> list[Object]:
    """``Promoted="True"`` or ``Registered="False CriteriaNotMet"``."""
    return [dict(zip(("type", "status", "reason"), (kind, *text.split()), strict=False)) for kind, text in states.items()]


@dataclass
class ScriptedS3:
    """Keeps what it is given; its report is packed as the monitor packs it."""

    uploaded: list[str] = field(default_factory=list)

    def upload_file(self, path: str, bucket: str, key: str) -> None:
        self.uploaded.append(f"{bucket}/{key} {pl.read_parquet(path).height}")

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        return {"Body": io.BytesIO(gzip.compress(f"{Bucket}/{Key}".encode())), "ContentEncoding": "gzip"}


@dataclass
class ScriptedPlace:
    """``windows`` is what the monitor has judged; ``drifted`` how many drift alerts July brings."""

    tool: str = "modelyard"
    namespace: str = "flights-1"
    worse: Object = field(default_factory=lambda: {"state": "CriteriaNotMet", "conditions": conditions(Registered="False CriteriaNotMet")})
    july_alerts: int = 1
    early_alert: bool = False
    windows: int = 0
    ran: list[tuple[str, ...]] = field(default_factory=list)
    bucket: ScriptedS3 = field(default_factory=ScriptedS3)
    received: list[Object] = field(default_factory=list)
    version: str = "1"
    _looked: int = 0

    def run(self, *arguments: str) -> str:
        self.ran.append(arguments)
        return "done"

    def get(self, kind: str, name: str) -> Object:
        return {"status": self._model_deployment() if kind == "md" else self._training_job(name)}

    def _training_job(self, name: str) -> Object:
        if name == "flights-worse":
            return self.worse
        self._looked += 1
        return {
            "state": "Promoted",
            "conditions": conditions(Promoted="True"),
            "result": {"verdict": [HELD], "modelVersion": self.version},
            "mlflow": {"url": "http://127.0.0.1:5000/#/experiments/1/runs/a"},
        }

    def _model_deployment(self) -> Object:
        monitoring: Object = {
            "windowsJudged": self.windows,
            "votes": "0 of 3",
            "reportUrl": "s3://modelyard/flights-1/report.html",
            "columns": [{"name": "temp", "distance": 3.2, "threshold": 0.2, "drifted": True}],
        }
        if self.received:
            monitoring["realized"] = {"metric": "roc_auc", "value": 0.63, "low": 0.62, "high": 0.64, "rows": 10_000}
        return {"version": self.version, "conditions": conditions(Available="True", Drifted="True"), "monitoring": monitoring}

    def s3(self) -> Any:
        return self.bucket

    def start_receiver(self) -> None:
        self.ran.append(("start receiver",))

    def alerts(self) -> list[Object]:
        return [DRIFT] if self.early_alert else self.received

    def served(self) -> str:
        return "http://127.0.0.1:8080/flights-1/flights"

    def predict(self, row: Mapping[str, object]) -> tuple[str, str]:
        return f"predict {sorted(row)}", "late: false"

    def explain(self, name: str) -> Sequence[str]:
        return f"explain {name}", "why not"

    def addresses(self) -> Sequence[tuple[str, str]]:
        return (("MLflow", "http://127.0.0.1:5000"), ("Stop", "modelyard down"))


def rows(count: int) -> pl.DataFrame:
    """Flights that look alike."""
    columns = {name: pl.Series([1.0] * count) for name in flights.FEATURES}
    return pl.DataFrame({**columns, "arr_delay": pl.Series([float(number % 40) for number in range(count)])})


@pytest.fixture
def scripted_flights() -> flights.Flights:
    return flights.Flights(training=rows(30), aside=rows(ROWS), july=rows(ROWS))


@dataclass
class Traffic:
    """What was sent, and what it does to the place."""

    place: ScriptedPlace
    sent: list[str] = field(default_factory=list)

    def send(self, url: str, batch: pl.DataFrame) -> list[str]:
        self.sent.append(f"{batch.height} rows to {url}")
        self.place.windows += batch.height // 5000
        return [str(number) for number in range(batch.height // traffic.BATCH)]

    def send_outcomes(self, url: str, request_ids: list[str], outcomes: list[str]) -> None:
        self.sent.append(f"{len(outcomes)} outcomes of {len(request_ids)} requests, {outcomes.count('true')} late")
        self.place.received = [DRIFT] * self.place.july_alerts


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> ScriptedPlace:
    monkeypatch.setattr(flights, "FOLDER", tmp_path)
    return ScriptedPlace()


@pytest.fixture
def sent(place: ScriptedPlace, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    scripted = Traffic(place)
    monkeypatch.setattr(traffic, "send", scripted.send)
    monkeypatch.setattr(traffic, "send_outcomes", scripted.send_outcomes)
    return scripted.sent
