"""``modelyard-job train | compare | monitor``: reads its request from the environment, ends with a documented exit code and a termination message."""

import argparse
import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import TypeVar

from modelyard_api.base import ApiModel
from modelyard_api.conditions import Reason
from modelyard_api.pod_contract import REQUEST_VARIABLE, CompareRequest, ExitCode, MonitorRequest, TrainRequest
from modelyard_clients.platform import Platform, PlatformIncomplete, read_platform
from pydantic import BaseModel, ValidationError

from modelyard_jobs import termination
from modelyard_jobs.termination import InvalidRequest, JobFailure, Unavailable

RequestT = TypeVar("RequestT", bound=BaseModel)
_STOPPED = 128 + signal.SIGTERM
_log = logging.getLogger("modelyard_jobs")


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="modelyard-job", description="What runs in the pods of TrainingJobs and monitors.")
    parser.add_argument("command", choices=sorted(_COMMANDS))
    command = parser.parse_args().command
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stdout)
    _log.setLevel(logging.INFO)
    # As process 1 of a container a signal without a handler would be ignored, and suspension would wait for the kill.
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(_end(_COMMANDS[command]))


def _stop(_number: int, _frame: FrameType | None) -> None:
    _log.info("stopping: the pod is ending")
    sys.exit(_STOPPED)


def _end(command: Callable[[], ApiModel]) -> int:
    try:
        termination.write(command())
        return ExitCode.OK
    except JobFailure as failure:
        return _failed(failure)
    except PlatformIncomplete as error:
        return _failed(Unavailable(Reason.CONFIG_MISSING, str(error)))
    except Exception as error:
        traceback.print_exc()
        last = (str(error).strip().splitlines() or [""])[-1]
        termination.write(termination.failure(Reason.UNEXPECTED_ERROR, f"unexpected {type(error).__name__}: {last}"))
        return ExitCode.UNEXPECTED


def _failed(failure: JobFailure) -> int:
    _log.error("%s: %s", failure.reason, failure)
    termination.write(termination.failure(failure.reason, str(failure)))
    return failure.exit_code


def _request(kind: type[RequestT]) -> RequestT:
    text = os.environ.get(REQUEST_VARIABLE, "")
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        found = error.errors(include_input=False)
        if unknown := [".".join(map(str, item["loc"])) for item in found if item["type"] == "extra_forbidden"]:
            raise Unavailable(Reason.IMAGE_TOO_OLD, f"the operator asks for what this image doesn't know: {', '.join(unknown)}") from error
        problems = "; ".join(f"{'.'.join(map(str, item['loc'])) or 'request'}: {item['msg']}" for item in found)
        raise InvalidRequest(Reason.INVALID_SPEC, f"{REQUEST_VARIABLE} can't be read: {problems}") from error


def _platform() -> Platform:
    """Has to come before a command is imported: MLflow and Evidently read some settings only then."""
    platform = read_platform()
    platform.configure_mlflow()
    os.environ["DO_NOT_TRACK"] = "1"
    return platform


def _train() -> ApiModel:
    request, platform = _request(TrainRequest), _platform()
    from modelyard_jobs.commands import train  # noqa: PLC0415  # seconds, and only after the request was found to be one

    with TemporaryDirectory(prefix="train-") as folder:
        return train.run(request, platform, Path(folder), time.time)


def _compare() -> ApiModel:
    request, platform = _request(CompareRequest), _platform()
    from modelyard_jobs.commands import compare  # noqa: PLC0415  # seconds

    with TemporaryDirectory(prefix="compare-") as folder:
        return compare.run(request, platform, Path(folder))


def _monitor() -> ApiModel:
    request, platform = _request(MonitorRequest), _platform()
    from modelyard_jobs.commands import monitor  # noqa: PLC0415  # this image has no torch, the others no evidently

    return monitor.run(request, platform, datetime.now(UTC))


_COMMANDS: dict[str, Callable[[], ApiModel]] = {"train": _train, "compare": _compare, "monitor": _monitor}


if __name__ == "__main__":
    main()
