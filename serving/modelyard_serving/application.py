"""The HTTP application: routes of both protocols, feedback, probes, metrics and OpenAPI."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp

from modelyard_serving import prometheus
from modelyard_serving.boundary import Boundary, error_body
from modelyard_serving.clock import Clock
from modelyard_serving.failures import InvalidRequest, NotReady
from modelyard_serving.openapi import typed_openapi
from modelyard_serving.prediction_service import PredictionService
from modelyard_serving.prometheus import ServingMetrics
from modelyard_serving.settings import Settings
from modelyard_serving.startup import Readiness

_Handle = Callable[[PredictionService], Callable[[bytes, str, str], bytes]]
_VERSIONED = ("/v2/models/{model}", "/v2/models/{model}/versions/{version}")


@dataclass(frozen=True)
class Serving:
    """Everything the routes need."""

    model: str
    version: str
    settings: Settings
    readiness: Readiness
    metrics: ServingMetrics
    clock: Clock
    inference: ThreadPoolExecutor


def create_app(serving: Serving) -> ASGIApp:
    """The application; it responds with 503 and the reason until ``serving.readiness`` has a loaded model."""
    app = FastAPI(title=f"{serving.model} version {serving.version}", version=serving.version, docs_url=None, redoc_url=None)
    _add_mlflow_routes(app, serving)
    _add_open_inference_routes(app, serving)
    _add_feedback_and_metrics(app, serving)
    _add_error_handlers(app, serving.metrics)
    app.openapi = lambda: typed_openapi(app, serving.readiness)  # type: ignore[method-assign]
    return Boundary(app, serving.version, serving.readiness, serving.metrics, serving.clock)


async def _in_thread(serving: Serving, request: Request, handle: _Handle) -> bytes:
    """Parses, predicts and writes in an inference thread, so that large requests hold up nobody else's."""
    service = serving.readiness.service()
    body = await _read_body(request, serving.settings.max_body_bytes)
    content_type = request.headers.get("content-type", "")
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(serving.inference, handle(service), body, content_type, request.state.request_id)


async def _read_body(request: Request, limit: int) -> bytes:
    too_large = InvalidRequest("too_large", f"the body has more than {limit} bytes; send several requests", 413)
    if (length := request.headers.get("content-length", "")).isdigit() and int(length) > limit:
        raise too_large
    chunks, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise too_large
            chunks.append(chunk)
    except ClientDisconnect:
        raise InvalidRequest("disconnected", "the connection was closed before the whole body had arrived") from None
    return b"".join(chunks)


def _add_mlflow_routes(app: FastAPI, serving: Serving) -> None:
    mlflow_version = installed_version("mlflow-skinny")

    @app.post("/invocations", summary="Predict (MLflow's protocol)")
    async def invocations(request: Request) -> Response:
        answer = await _in_thread(serving, request, lambda service: service.invocations)
        return Response(answer, media_type="application/json")

    @app.get("/ping", summary="200 when ready (MLflow's protocol)")
    @app.get("/health", summary="200 when ready (MLflow's protocol)")
    async def health() -> Response:
        return Response("\n", 503 if serving.readiness.why_unready() else 200, media_type="application/json")

    @app.get("/version", summary="MLflow's version (MLflow's protocol)")
    async def version() -> Response:
        return Response(mlflow_version, media_type="text/plain")


def _add_open_inference_routes(app: FastAPI, serving: Serving) -> None:
    @app.get("/v2", summary="The server")
    async def server() -> dict[str, Any]:
        return {"name": "modelyard", "version": installed_version("modelyard"), "extensions": []}

    @app.get("/v2/health/live", summary="200 while the process works")
    async def live() -> dict[str, bool]:
        return {"live": True}

    @app.get("/v2/health/ready", summary="200 when this server should get traffic, else 503 and why not")
    async def ready() -> Response:
        return _readiness(serving, {})

    @app.get("/v2/models", summary="The models")
    async def models() -> dict[str, list[str]]:
        return {"models": [serving.model]}

    for path in _VERSIONED:
        _add_model_routes(app, serving, path)


def _add_model_routes(app: FastAPI, serving: Serving, path: str) -> None:
    @app.get(path, summary="Inputs and outputs of the model")
    async def metadata(request: Request) -> dict[str, Any]:
        _check_model(serving, request)
        return serving.readiness.service().metadata()

    @app.get(f"{path}/ready", summary="200 when the model is ready, else 503 and why not")
    async def model_ready(request: Request) -> Response:
        _check_model(serving, request)
        return _readiness(serving, {"name": serving.model})

    @app.post(f"{path}/infer", summary="Predict (Open Inference Protocol)")
    async def infer(request: Request) -> Response:
        _check_model(serving, request)
        if "inference-header-content-length" in request.headers:
            raise InvalidRequest("unsupported_media_type", "binary tensors are not supported; send data in JSON")
        answer = await _in_thread(serving, request, lambda service: service.infer)
        return Response(answer, media_type="application/json")


def _check_model(serving: Serving, request: Request) -> None:
    if request.path_params["model"] != serving.model:
        raise InvalidRequest("unknown_model", f"this server has the model {serving.model!r} alone", 404)
    if request.path_params.get("version", serving.version) != serving.version:
        raise InvalidRequest("unknown_model", f"this server has version {serving.version} of {serving.model!r} alone", 404)


def _readiness(serving: Serving, answer: dict[str, Any]) -> Response:
    why = serving.readiness.why_unready()
    return JSONResponse(answer | ({"ready": False, "error": why} if why else {"ready": True}), 503 if why else 200)


def _add_feedback_and_metrics(app: FastAPI, serving: Serving) -> None:
    @app.post("/feedback", status_code=202, summary="What really happened, by request id and row")
    async def feedback(request: Request) -> Response:
        answer = await _in_thread(serving, request, lambda service: service.feedback)
        return Response(answer, 202, media_type="application/json")

    @app.get("/metrics", summary="Prometheus metrics")
    async def metrics() -> Response:
        return Response(serving.metrics.text(), headers={"content-type": prometheus.CONTENT_TYPE})


def _add_error_handlers(app: FastAPI, metrics: ServingMetrics) -> None:
    @app.exception_handler(InvalidRequest)
    async def invalid(request: Request, error: InvalidRequest) -> Response:
        metrics.validation_errors.labels(error.reason).inc()
        return _error(request, error.status, error.message, error.reason)

    @app.exception_handler(NotReady)
    async def not_ready(request: Request, error: NotReady) -> Response:
        response = _error(request, 503, str(error))
        response.headers["retry-after"] = "5"
        return response

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        return _error(request, error.status_code, str(error.detail))

    @app.exception_handler(Exception)
    async def failed(request: Request, _failure: Exception) -> Response:
        message = f"the server failed on this request; its log says more under request id {request.state.request_id}"
        return _error(request, 500, message)


def _error(request: Request, status: int, message: str, reason: str = "") -> Response:
    return Response(error_body(request.url.path, status, message, reason), status, media_type="application/json")
