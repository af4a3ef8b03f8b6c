"""How the client behaves in a notebook: errors say what the command would print, and texts are shown as printed."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from modelyard_cli.errors import CommandError, ending

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


def with_command_errors(function: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """``function``, raising CommandError for every error that the command has words for."""

    @wraps(function)
    def called(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Result:
        try:
            return function(*args, **kwargs)
        except CommandError:
            raise
        except Exception as error:
            end = ending(error)
            if end is None:
                raise
            raise CommandError(end.message) from error

    return called


class NotebookText(str):
    """A text that a notebook shows as it would be printed."""

    __slots__ = ()

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(str(self))
