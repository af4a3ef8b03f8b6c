"""What a failure of MLflow's client means for us."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from mlflow.exceptions import MlflowException

from modelyard_operator.registry.interface import RegistryError, RegistryRefused, RegistryUnavailable

MISSING = "RESOURCE_DOES_NOT_EXIST"
EXISTS = "RESOURCE_ALREADY_EXISTS"
_WRONG_REQUEST = {"INVALID_PARAMETER_VALUE", "BAD_REQUEST", "INVALID_STATE"}
_LONGEST_MESSAGE = 600


class Missing(RegistryRefused):
    """What was asked for isn't there."""


class Present(RegistryRefused):
    """What should be made is there already."""


@contextmanager
def translated(server: str, doing: str) -> Iterator[None]:
    """Raise RegistryUnavailable, Missing or RegistryRefused in place of what MLflow's client raises."""
    try:
        yield
    except MlflowException as error:
        raise failure(server, doing, error.error_code, str(error.message)) from error
    except (requests.RequestException, OSError) as error:
        raise RegistryUnavailable(_message(server, doing, str(error))) from error


def failure(server: str, doing: str, code: str, why: str) -> RegistryError:
    """The error for one of MLflow's error codes. What isn't known to be a wrong request is worth another try."""
    message = _message(server, doing, why)
    if code == MISSING:
        return Missing(message)
    if code == EXISTS:
        return Present(message)
    if code in _WRONG_REQUEST:
        return RegistryRefused(message)
    if code in ("UNAUTHENTICATED", "PERMISSION_DENIED", "CUSTOMER_UNAUTHORIZED"):
        message += "; check the operator's MLflow user and password (it has to be an administrator) and the server's --allowed-hosts"
    return RegistryUnavailable(message)


def _message(server: str, doing: str, why: str) -> str:
    return f"MLflow at {server}, {doing}: {' '.join(why.split())[:_LONGEST_MESSAGE]}"
