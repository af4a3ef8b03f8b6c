"""What a failure of MLflow's client means for the operator."""

from collections.abc import Iterator
from contextlib import contextmanager

from modelyard_clients import mlflow_errors
from modelyard_clients.mlflow_errors import MlflowError, MlflowProblem, problem_of

from modelyard_operator.registry.interface import RegistryError, RegistryRefused, RegistryUnavailable

_LONGEST_MESSAGE = 600
_LOGIN_HINT = "; check the operator's MLflow user and password (it has to be an administrator) and the server's --allowed-hosts"


class Missing(RegistryRefused):
    """There is no such thing."""


class Present(RegistryRefused):
    """What should be made is there already."""


_ERRORS = {MlflowProblem.MISSING: Missing, MlflowProblem.EXISTS: Present, MlflowProblem.WRONG_REQUEST: RegistryRefused}


@contextmanager
def translated(server: str, doing: str) -> Iterator[None]:
    """Raise RegistryUnavailable, Missing, Present or RegistryRefused in place of what MLflow's client raises."""
    try:
        with mlflow_errors.translated():
            yield
    except MlflowError as error:
        raise _failure(server, doing, error.problem, str(error)) from error
    except OSError as error:
        raise _failure(server, doing, MlflowProblem.UNAVAILABLE, str(error)) from error


def failure(server: str, doing: str, code: str, why: str) -> RegistryError:
    """The error for one of MLflow's error codes. What isn't known to be a wrong request is worth another try."""
    return _failure(server, doing, problem_of(code), why)


def _failure(server: str, doing: str, problem: MlflowProblem, why: str) -> RegistryError:
    message = (
        f"MLflow at {server}, {doing}: {' '.join(why.split())[:_LONGEST_MESSAGE]}{_LOGIN_HINT if problem is MlflowProblem.LOGIN else ''}"
    )
    return _ERRORS.get(problem, RegistryUnavailable)(message)
