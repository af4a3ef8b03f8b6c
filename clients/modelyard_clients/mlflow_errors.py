"""The one translation of what MLflow's client raises: what went wrong, as far as that decides what is done about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

from mlflow.exceptions import MlflowException
from requests.exceptions import RequestException

_LOGIN = frozenset({"UNAUTHENTICATED", "PERMISSION_DENIED", "CUSTOMER_UNAUTHORIZED"})
_WRONG = frozenset({"INVALID_PARAMETER_VALUE", "BAD_REQUEST", "INVALID_STATE"})
_PROBLEMS_SHOWN = 600  # characters of the server's words


class MlflowProblem(Enum):
    """By MLflow's error codes; what isn't known to be somebody's mistake is worth another try."""

    MISSING = "there is no such thing"
    EXISTS = "what should be made is there already"
    LOGIN = "the login is refused, or may not do that"
    WRONG_REQUEST = "the request can't be right"
    UNAVAILABLE = "the server doesn't answer, or failed; another try may help"


class MlflowError(Exception):
    """The message is the server's, on one line; ``code`` is MLflow's, or the name of the client's error."""

    def __init__(self, problem: MlflowProblem, code: str, message: str) -> None:
        super().__init__(" ".join(message.split())[:_PROBLEMS_SHOWN])
        self.problem = problem
        self.code = code


@contextmanager
def translated() -> Iterator[None]:
    """Raises MlflowError in place of what MLflow's client raises; files that can't be written stay an OSError."""
    try:
        yield
    except MlflowException as error:
        raise MlflowError(problem_of(error.error_code, str(error.message)), str(error.error_code), str(error.message)) from error
    except RequestException as error:
        raise MlflowError(MlflowProblem.UNAVAILABLE, type(error).__name__, str(error)) from error


def problem_of(code: str, message: str = "") -> MlflowProblem:
    """Some versions of the server tell a refused login by its HTTP status alone."""
    if code in {"RESOURCE_DOES_NOT_EXIST", "NOT_FOUND"}:
        return MlflowProblem.MISSING
    if code == "RESOURCE_ALREADY_EXISTS":
        return MlflowProblem.EXISTS
    if code in _LOGIN or " 401 " in message or " 403 " in message:
        return MlflowProblem.LOGIN
    return MlflowProblem.WRONG_REQUEST if code in _WRONG else MlflowProblem.UNAVAILABLE
