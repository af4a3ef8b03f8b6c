"""Fetches, loads and checks the model while the server already responds to probes; says what it waits for and tries again."""

import logging
import threading
from collections.abc import Callable

from modelyard_clients.platform import PlatformIncomplete
from modelyard_model.errors import ModelFilesInvalid

from modelyard_serving.failures import ModelUnusable, NotReady, RegistryUnavailable
from modelyard_serving.prediction_service import PredictionService

_log = logging.getLogger(__name__)
_FIRST_RETRY_SECONDS = 1.0
_LAST_RETRY_SECONDS = 30.0


class Readiness:
    """Starting, then ready or failed, in the end draining (unready, but still answering). Each change is one assignment."""

    def __init__(self) -> None:
        self._service: PredictionService | None = None
        self._why = "the model is being loaded"
        self.draining = False

    def waiting(self, why: str) -> None:
        """Not ready, and what for."""
        self._why = why

    def loaded(self, service: PredictionService) -> None:
        """The model predicts as it did when it was tested."""
        self._service = service

    def drain(self) -> None:
        """No new traffic, please."""
        self.draining = True

    def why_unready(self) -> str:
        """Empty when ready."""
        if self.draining:
            return "the server is shutting down"
        return "" if self._service else self._why

    def service(self) -> PredictionService:
        """The service, also while draining; raises NotReady before the model is loaded."""
        if self._service is None:
            raise NotReady(self._why)
        return self._service


class Startup:
    """One attempt after the other until there is a service, or until it is clear that there can't be one."""

    def __init__(self, model: str, build: Callable[[], PredictionService], readiness: Readiness, pause: Callable[[float], object]) -> None:
        self._model = model
        self._build = build
        self._readiness = readiness
        self._pause = pause

    def start(self) -> None:
        """Runs in a thread of its own."""
        threading.Thread(target=self.run, name="startup", daemon=True).start()

    def run(self) -> None:
        """Returns when the model is loaded or can't be."""
        delay = _FIRST_RETRY_SECONDS
        while not self._attempt():
            self._pause(delay)
            delay = min(2 * delay, _LAST_RETRY_SECONDS)

    def _attempt(self) -> bool:
        """False: worth another one."""
        try:
            service = self._build()
        except (RegistryUnavailable, PlatformIncomplete) as error:
            self._unready(f"{error}; trying again")
            return False
        except (ModelUnusable, ModelFilesInvalid) as error:
            self._unready(f"{self._model} can't be served: {error}")
        except Exception as error:  # unready and in words, whatever it is
            _log.exception("loading %s failed", self._model)
            self._unready(f"{self._model} can't be loaded ({type(error).__name__}); the server's log says more")
        else:
            self._readiness.loaded(service)
            _log.info("ready: %s", self._model)
        return True

    def _unready(self, why: str) -> None:
        self._readiness.waiting(why)
        _log.warning("not ready: %s", why)
