"""A loaded version in service: bytes of a request in, bytes of its answer out, a record for the log. Runs in inference threads."""

from dataclasses import dataclass
from typing import Protocol

from modelyard_model.errors import InvalidInput

from modelyard_serving.clock import Clock
from modelyard_serving.failures import InvalidRequest, NotReady
from modelyard_serving.prometheus import ServingMetrics
from modelyard_serving.protocols import invocations, open_inference
from modelyard_serving.protocols.feedback import OutcomeReader
from modelyard_serving.request_log.deployment_log import is_sampled
from modelyard_serving.request_log.records import AnsweredRequest, Outcomes
from modelyard_serving.served_model import PlainColumns, ServedModel, datatype
from modelyard_serving.validation import Validator


class RequestLogSink(Protocol):
    """Takes records without waiting; False when there is no room."""

    def log(self, request: AnsweredRequest) -> bool:
        """For the request log."""

    def feedback(self, outcomes: Outcomes) -> bool:
        """For the feedback."""


@dataclass(frozen=True)
class ServedVersion:
    """What this server serves, and how much of it is logged."""

    model: str
    version: str
    sample_ratio: float
    max_rows: int


class PredictionService:
    """Serves requests of both protocols with one model."""

    def __init__(self, model: ServedModel, served: ServedVersion, sink: RequestLogSink, clock: Clock, metrics: ServingMetrics) -> None:
        self.model = model
        self._served = served
        self._sink = sink
        self._clock = clock
        self._metrics = metrics
        self._validator = Validator(model.inputs, served.max_rows)
        self._datatypes = {field.name: datatype(field) for field in model.signature.outputs}
        self._outputs = tuple(self._datatypes)
        self._outcomes = OutcomeReader(model.classes, served.max_rows)

    def invocations(self, body: bytes, content_type: str, request_id: str) -> bytes:
        """``POST /invocations``; raises InvalidRequest."""
        columns = invocations.read(body, content_type, self.model, self._validator)
        return invocations.write(self._answer(columns, request_id, len(body)))

    def infer(self, body: bytes, _content_type: str, request_id: str) -> bytes:
        """``POST …/infer``; raises InvalidRequest."""
        request = open_inference.read(body, self._validator, self._outputs)
        outputs = self._answer(request.columns, request_id, len(body))
        return open_inference.write(self._served.model, self._served.version, request, outputs, self._datatypes)

    def feedback(self, body: bytes, _content_type: str, _request_id: str) -> bytes:
        """``POST /feedback``; raises InvalidRequest, or NotReady when S3 has been away for so long that no more can be kept."""
        outcomes = self._outcomes.read(body)
        if not self._sink.feedback(Outcomes(self._clock.now(), outcomes, len(body))):
            raise NotReady("the feedback can't be stored at the moment; send it again later")
        return b'{"accepted":%d}' % len(outcomes)

    def metadata(self) -> dict[str, object]:
        """The model in the words of the Open Inference Protocol."""
        return open_inference.metadata(self._served.model, self._served.version, self.model)

    def _answer(self, columns: PlainColumns, request_id: str, size: int) -> PlainColumns:
        begun = self._clock.elapsed()
        try:
            outputs = self.model.predict(columns).as_columns()
        except InvalidInput as error:
            raise InvalidRequest("refused_by_model", str(error)) from None
        self._metrics.predict.observe(self._clock.elapsed() - begun)
        if is_sampled(request_id, self._served.sample_ratio):
            rows = len(next(iter(outputs.values())))
            self._sink.log(AnsweredRequest(request_id, self._clock.now(), self.model.summarise(columns), outputs, rows, size))
        return outputs
