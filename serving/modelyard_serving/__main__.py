"""``modelyard-serve``: serves the version that the request in ``MODELYARD_REQUEST`` names."""

import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from modelyard_api.conditions import Reason
from modelyard_api.pod_contract import (
    REQUEST_VARIABLE,
    TERMINATION_MESSAGE_PATH,
    TERMINATION_PATH_VARIABLE,
    ExitCode,
    PodError,
    ServeRequest,
)
from pydantic import ValidationError

from modelyard_serving.clock import SystemClock
from modelyard_serving.settings import InvalidSetting, Settings, usable_cores


class InvalidRequest(ValueError):
    """The request can't be read."""


def main() -> int:
    """Returns 0 after a signal, 65 when the request or a setting can't be read."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        request, settings = read_request(os.environ), Settings.from_environment(os.environ)
    except (InvalidRequest, InvalidSetting) as error:
        return _refuse(str(error))
    _limit_threads(settings)
    from modelyard_serving.server import ModelServer  # noqa: PLC0415  after the limits were set

    ModelServer(request, settings, SystemClock()).run()
    return ExitCode.OK


def read_request(environment: Mapping[str, str]) -> ServeRequest:
    """Raises InvalidRequest naming the field."""
    try:
        return ServeRequest.model_validate_json(environment.get(REQUEST_VARIABLE, ""))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join([REQUEST_VARIABLE, *map(str, first["loc"])])
        too_old = "; the operator asks for what this image doesn't know" if first["type"] == "extra_forbidden" else ""
        raise InvalidRequest(f"{where}: {first['msg']}{too_old}") from None


def _limit_threads(settings: Settings) -> None:
    """Before NumPy and torch are imported: requests run side by side, so that each gets its share of the cores, not all of them."""
    cores = usable_cores()
    share = max(1, cores // (settings.threads or cores))
    os.environ.setdefault("OMP_NUM_THREADS", str(share))


def _refuse(message: str) -> int:
    print(message, file=sys.stderr)
    path = Path(os.environ.get(TERMINATION_PATH_VARIABLE) or TERMINATION_MESSAGE_PATH)
    if path.exists():
        path.write_text(PodError(reason=Reason.INVALID_SPEC, message=message[:2048]).model_dump_json(by_alias=True), encoding="utf-8")
    return ExitCode.INVALID


if __name__ == "__main__":
    sys.exit(main())
