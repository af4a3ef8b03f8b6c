"""``modelyard-job train``: from the manifest to a logged model and the evidence for its criteria. The registry is the operator's."""

from collections.abc import Callable
from pathlib import Path

from modelyard_api.catalogue.architectures import parameter_problems
from modelyard_api.conditions import Reason
from modelyard_api.labels import registered_model
from modelyard_api.pod_contract import TrainRequest, TrainResult
from modelyard_model.platform import Platform

from modelyard_jobs.failures import InvalidRequest
from modelyard_jobs.tracking import server

Clock = Callable[[], float]  # seconds since the epoch


def run(request: TrainRequest, platform: Platform, folder: Path, clock: Clock) -> TrainResult:
    """``folder`` is scratch space. What costs least is looked at first; raises InvalidRequest or Unavailable."""
    _require_parameters(request)
    server.configure(platform)
    server.require_answer(platform)
    from modelyard_jobs import attempt, questions, training_data  # noqa: PLC0415  polars, boto3
    from modelyard_jobs.tracking.versions import split_of  # noqa: PLC0415

    registered = registered_model(request.namespace, request.model)
    earlier = split_of(platform.mlflow_uri, request.split_run or "", folder / "champion-split")
    data = training_data.load(request.spec, registered, platform, folder, earlier)
    problem = questions.pose(data, request.spec)
    warnings = questions.look_for_leaks(data, request.spec)
    data = data.by_part()
    return attempt.Attempt(request, platform.mlflow_uri, folder, clock, registered, data, problem).carry_out(warnings)


def _require_parameters(request: TrainRequest) -> None:
    given = {parameter.name: parameter.value for parameter in request.spec.model.parameters or []}
    if problems := parameter_problems(request.spec.model.architecture, given):
        raise InvalidRequest(Reason.INVALID_SPEC, "; ".join(problems))
