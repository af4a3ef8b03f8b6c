"""Both streams of a deployment, the request log and the feedback, from their buffers to the bucket."""

import hashlib

from modelyard_api.pod_contract import ServeRequest
from modelyard_api.request_log import feedback_prefix, requests_prefix

from modelyard_serving.clock import Clock
from modelyard_serving.prometheus import ServingMetrics
from modelyard_serving.request_log.records import AnsweredRequest, Outcomes, RequestTable, encode_outcomes
from modelyard_serving.request_log.writer import Destination, ParquetWriter, Put, RecordBuffer, pod_name
from modelyard_serving.served_model import ServedModel
from modelyard_serving.settings import Settings


class DeploymentLog:
    """The sink of one loaded version; its writers run from the start."""

    def __init__(
        self, request: ServeRequest, model: ServedModel, put: Put, settings: Settings, clock: Clock, metrics: ServingMetrics
    ) -> None:
        limits = (settings.log_buffer_rows, settings.log_buffer_bytes, settings.log_rows_per_file)
        interval = settings.log_interval_seconds
        where = (request.namespace, request.name)
        pod = pod_name()
        requests = Destination(requests_prefix(*where), pod, put, metrics.log_written.inc, metrics.log_dropped.inc)
        outcomes = Destination(feedback_prefix(*where), pod, put, metrics.feedback_written.inc, metrics.feedback_dropped.inc)
        table = RequestTable(model, request.version)
        self._requests = ParquetWriter(RecordBuffer[AnsweredRequest](*limits), table.encode, requests, clock, interval)
        self._feedback = ParquetWriter(RecordBuffer[Outcomes](*limits), encode_outcomes, outcomes, clock, interval)
        self._clock = clock
        self._seconds = settings.flush_seconds
        self._requests.start()
        self._feedback.start()

    def log(self, request: AnsweredRequest) -> bool:
        """For the request log; False and counted when there is no room."""
        return self._requests.offer(request)

    def feedback(self, outcomes: Outcomes) -> bool:
        """For the feedback; False and counted when there is no room."""
        return self._feedback.offer(outcomes)

    def close(self) -> None:
        """Writes what is left of both streams within ``settings.flush_seconds``."""
        deadline = self._clock.elapsed() + self._seconds
        for writer in (self._requests, self._feedback):
            writer.finish()
        for writer in (self._requests, self._feedback):
            writer.close(deadline - self._clock.elapsed())


def is_sampled(request_id: str, ratio: float) -> bool:
    """The same answer for the same id everywhere, so that a request that is tried again is logged both times or never."""
    if ratio >= 1.0:
        return True
    digest = hashlib.blake2b(request_id.encode("ascii", "replace"), digest_size=8).digest()
    return int.from_bytes(digest) < ratio * 2**64
