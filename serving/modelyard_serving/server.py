"""One server process: loads what it was ordered to serve, serves it, and on SIGTERM drains before it ends."""

import asyncio
import contextlib
import logging
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import uvicorn
from modelyard_api.labels import registered_model
from modelyard_api.pod_contract import ServeRequest
from modelyard_clients.platform import read_platform
from modelyard_model.model_folder import TOLERANCE, load_model, verify_expected

from modelyard_serving.application import Serving, create_app
from modelyard_serving.clock import Clock
from modelyard_serving.failures import ModelUnusable
from modelyard_serving.prediction_service import PredictionService, ServedVersion
from modelyard_serving.prometheus import ServingMetrics
from modelyard_serving.request_log.deployment_log import DeploymentLog
from modelyard_serving.request_log.writer import PlatformBucket
from modelyard_serving.served_model import download_version, require_accepted
from modelyard_serving.settings import Settings, usable_cores
from modelyard_serving.startup import Readiness, Startup

_log = logging.getLogger(__name__)


class ModelServer:
    """Everything of one process, put together."""

    def __init__(self, request: ServeRequest, settings: Settings, clock: Clock) -> None:
        self._request = request
        self._settings = settings
        self._clock = clock
        self._name = registered_model(request.namespace, request.model)
        self._metrics = ServingMetrics()
        self._readiness = Readiness()
        self._deployment_log: DeploymentLog | None = None
        self._inference = ThreadPoolExecutor(settings.threads or usable_cores(), thread_name_prefix="inference")

    def run(self) -> None:
        """Returns after a signal, when everything in flight is answered and the request log is written."""
        title = f"{self._name} version {self._request.version}"
        Startup(title, self._load, self._readiness, threading.Event().wait).start()
        config = self._uvicorn_config()
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(_serve(_Server(config), self._readiness, self._settings.drain_seconds))
        if self._deployment_log:
            self._deployment_log.close()
        _log.info("ended")

    def _uvicorn_config(self) -> uvicorn.Config:
        settings, request = self._settings, self._request
        serving = Serving(request.model, request.version, settings, self._readiness, self._metrics, self._clock, self._inference)
        return uvicorn.Config(
            create_app(serving),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=max(1, round(settings.finish_seconds)),
        )

    def _load(self) -> PredictionService:
        """One attempt; raises what ``Startup`` expects."""
        request, settings = self._request, self._settings
        folder = download_version(read_platform(), self._name, request.version, settings.scratch / "model")
        require_accepted(folder, request.digest)
        model = load_model(folder)
        difference = verify_expected(model, folder)
        if difference > TOLERANCE:
            raise ModelUnusable(
                f"its outputs differ by {difference:.2g} from those stored with it (at most {TOLERANCE:.0e} is accepted);"
                " this server's libraries are not those the model was tested with"
            )
        sink = DeploymentLog(request, model, PlatformBucket().put, settings, self._clock, self._metrics)
        self._deployment_log = sink
        self._metrics.model_info.labels(self._name, request.version).set(1)
        served = ServedVersion(request.model, request.version, request.request_log.sample_ratio, settings.max_rows)
        return PredictionService(model, served, sink, self._clock, self._metrics)


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own: it would stop accepting at once."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(server: uvicorn.Server, readiness: Readiness, drain_seconds: float) -> None:
    """Serves until SIGTERM or SIGINT, then ``drain_seconds`` longer while unready (a second signal ends that), then finishes what is in flight."""
    loop = asyncio.get_running_loop()
    signals: asyncio.Queue[int] = asyncio.Queue()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, signals.put_nowait, number)
    serving = asyncio.create_task(server.serve())
    stop = asyncio.create_task(signals.get())
    await asyncio.wait({serving, stop}, return_when=asyncio.FIRST_COMPLETED)
    if stop.done():
        _log.info("draining: unready for %.0f s, then ending", drain_seconds)
        readiness.drain()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(signals.get(), drain_seconds)
        server.should_exit = True
    stop.cancel()
    await serving
