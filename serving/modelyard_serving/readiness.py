"""Whether this server should get traffic, and if not, why."""

from modelyard_serving.errors import NotReady
from modelyard_serving.prediction_service import PredictionService


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
        """The model answers as it did when it was tested."""
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
