"""What ends a command, in words, and with which exit code.

0: done. 1: the command failed (a wait timed out, a TrainingJob failed). 2: wrong usage, or a manifest that is refused.
3: the platform doesn't run, or can't be reached.
"""

import re
from dataclasses import dataclass

from modelyard_operator.kube.interface import KubeError, Refused, Throttled, Unreachable
from modelyard_operator.registry.interface import RegistryError, RegistryUnavailable

FAILED, WRONG_USAGE, NOT_REACHABLE = 1, 2, 3
_REQUEST = re.compile(r"^(GET|POST|PUT|PATCH|DELETE|watch) \S+: ")


class CommandError(Exception):
    """The message is for the person who typed the command: what is wrong, where, what to do."""

    exit_code = FAILED


class WrongUsage(CommandError):
    """Something in the command line or in a manifest."""

    exit_code = WRONG_USAGE


class NotReachable(CommandError):
    """No platform can be reached."""

    exit_code = NOT_REACHABLE


@dataclass(frozen=True)
class Ending:
    """How a command ends that failed."""

    message: str
    exit_code: int


def ending(error: Exception) -> Ending | None:
    """None: an error that nobody foresaw, which deserves its traceback."""
    if isinstance(error, CommandError):
        return Ending(str(error), error.exit_code)
    if isinstance(error, KubeError):
        return Ending(said(error), _kube_exit_code(error))
    if isinstance(error, RegistryError):
        return Ending(str(error), NOT_REACHABLE if isinstance(error, RegistryUnavailable) else FAILED)
    if isinstance(error, OSError) and error.filename:
        return Ending(f"{error.filename}: {error.strerror}", WRONG_USAGE)
    return None


def said(error: KubeError) -> str:
    """The words of the API server without the request that it answered; of one that gave no answer, with it."""
    return str(error) if isinstance(error, Unreachable) else _REQUEST.sub("", str(error))


def _kube_exit_code(error: KubeError) -> int:
    if isinstance(error, Refused):
        return WRONG_USAGE
    return NOT_REACHABLE if isinstance(error, (Unreachable, Throttled)) else FAILED
