"""A small model with known answers, a server application around it, and a client that needs no socket."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from modelyard_model.cells.input_column import InputColumn
from modelyard_model.cells.reading import NumberReading, TextReading, TimeReading, Unreadable
from modelyard_model.signature import DType, Field, PlainColumns, Signature
from modelyard_model.text_files import Separator
from modelyard_serving.application import Serving, create_app
from modelyard_serving.prediction_service import PredictionService, ServedVersion
from modelyard_serving.prometheus import ServingMetrics
from modelyard_serving.request_log.records import AnsweredRequest, Outcomes
from modelyard_serving.settings import Settings
from modelyard_serving.startup import Readiness
from starlette.types import ASGIApp

INPUTS = (InputColumn("distance", DType.FP64, True), InputColumn("carrier", DType.STRING, False), InputColumn("visib", DType.FP64, False))
RULED = (
    InputColumn("distance", DType.FP64, False, NumberReading(thousands=",", sign="$")),
    InputColumn("visib", DType.FP64, False, NumberReading(decimal=",", missing=("-9",), unreadable=Unreadable.MISSING)),
    InputColumn("carrier", DType.STRING, False, TextReading(missing=("NA", "null"))),
    InputColumn("code", DType.STRING, False, TextReading(numbers=True)),
    InputColumn("member", DType.STRING, False, TextReading(truth=("no", "yes"))),
    InputColumn("day", DType.STRING, False, TimeReading(form="D.M.Y")),
)


@dataclass(frozen=True)
class KnownAnswers:
    """Late if far: the probability is the distance by a thousand."""

    columns: Mapping[str, Sequence[Any]]

    def as_columns(self) -> dict[str, list[Any]]:
        late = [(value or 0.0) / 1000 for value in self.columns["distance"]]
        return {
            "prediction": ["yes" if p >= 0.5 else "no" for p in late],
            "probability_no": [1 - p for p in late],
            "probability_yes": late,
        }


@dataclass
class DistanceModel:
    inputs: tuple[InputColumn, ...] = INPUTS
    classes: tuple[str, ...] = ("no", "yes")
    separator: Separator = ","
    seen: list[Mapping[str, Sequence[Any]]] = field(default_factory=list)
    failure: Exception | None = None

    @property
    def logged(self) -> tuple[Field, ...]:
        return self.signature.inputs

    def summarise(self, columns: PlainColumns) -> PlainColumns:
        return columns

    @property
    def signature(self) -> Signature:
        answers = [Field("prediction", DType.STRING if self.classes else DType.FP64)]
        answers += [Field(f"probability_{name}", DType.FP64) for name in self.classes]
        return Signature(tuple(column.field for column in self.inputs), tuple(answers))

    def predict(self, columns: Mapping[str, Sequence[object]]) -> KnownAnswers:
        if self.failure:
            raise self.failure
        self.seen.append(columns)
        return KnownAnswers(columns)


class FixedClock:
    """Stands still; every look at the stopwatch takes a millisecond."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def elapsed(self) -> float:
        self.seconds += 0.001
        return self.seconds


@dataclass
class KeptRecords:
    requests: list[AnsweredRequest] = field(default_factory=list)
    outcomes: list[Outcomes] = field(default_factory=list)
    full: bool = False

    def log(self, request: AnsweredRequest) -> bool:
        self.requests.append(request)
        return not self.full

    def feedback(self, outcomes: Outcomes) -> bool:
        if not self.full:
            self.outcomes.append(outcomes)
        return not self.full


class AppClient:
    """httpx against an ASGI application, one call at a time."""

    def __init__(self, app: ASGIApp, runner: asyncio.Runner) -> None:
        self._runner = runner
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://server")

    def get(self, path: str, **arguments: Any) -> httpx.Response:
        return self._runner.run(self._client.get(path, **arguments))

    def post(self, path: str, **arguments: Any) -> httpx.Response:
        return self._runner.run(self._client.post(path, **arguments))

    def close(self) -> None:
        self._runner.run(self._client.aclose())


@dataclass
class RunningApp:
    client: AppClient
    model: DistanceModel
    records: KeptRecords
    readiness: Readiness
    metrics: ServingMetrics

    def metric(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0


MakeApp = Callable[..., RunningApp]


@pytest.fixture
def make_app() -> Iterator[MakeApp]:
    """Applications with other settings: ``make_app(sample_ratio=0.5, max_rows=3, loaded=False, inputs=RULED, …)``."""
    runner, pool, clients = asyncio.Runner(), ThreadPoolExecutor(1), list[AppClient]()

    def make(
        *,
        sample_ratio: float = 1.0,
        loaded: bool = True,
        inputs: Sequence[InputColumn] = INPUTS,
        separator: Separator = ",",
        **settings: Any,
    ) -> RunningApp:
        model, records, readiness, metrics, clock = (
            DistanceModel(tuple(inputs), separator=separator),
            KeptRecords(),
            Readiness(),
            ServingMetrics(),
            FixedClock(),
        )
        chosen = Settings(**settings)
        if loaded:
            served = ServedVersion("flights", "7", sample_ratio, chosen.max_rows)
            readiness.loaded(PredictionService(model, served, records, clock, metrics))
        app = create_app(Serving("flights", "7", chosen, readiness, metrics, clock, pool))
        clients.append(AppClient(app, runner))
        return RunningApp(clients[-1], model, records, readiness, metrics)

    try:
        yield make
    finally:
        for client in clients:
            client.close()
        pool.shutdown()
        runner.close()


@pytest.fixture
def app(make_app: MakeApp) -> RunningApp:
    return make_app()


@pytest.fixture
def client(app: RunningApp) -> AppClient:
    return app.client
