"""The server's Prometheus metrics, in a registry of their own."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class ServingMetrics:
    """What is counted. Probes and ``/metrics`` itself are not among the requests: ``protocol`` is mlflow, v2 or feedback."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter("modelyard_requests", "Answered requests.", ["code", "protocol"], registry=self.registry)
        self.duration = Histogram(
            "modelyard_request_duration_seconds",
            "From a request's first byte to its answer.",
            ["protocol"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.inflight = Gauge("modelyard_inflight_requests", "Requests that are being answered.", registry=self.registry)
        self.predict = Histogram("modelyard_predict_seconds", "The model alone, per request.", buckets=_SECONDS, registry=self.registry)
        self.validation_errors = Counter("modelyard_validation_errors", "Requests that were refused.", ["reason"], registry=self.registry)
        self.log_written = Counter("modelyard_request_log_rows_written", "Rows of the request log in S3.", registry=self.registry)
        self.log_dropped = Counter("modelyard_request_log_rows_dropped", "Sampled rows that were not logged.", registry=self.registry)
        self.feedback_written = Counter("modelyard_feedback_rows_written", "True outcomes in S3.", registry=self.registry)
        self.feedback_dropped = Counter(
            "modelyard_feedback_rows_dropped", "True outcomes that were lost or refused.", registry=self.registry
        )
        self.model_info = Gauge("modelyard_model_info", "1: this version is loaded.", ["model", "version"], registry=self.registry)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)
