"""The Common Expression Language (https://cel.dev), evaluated by its C++ implementation."""

from functools import cache
from typing import Any

from cel_expr_python import cel

Value = dict[str, Any]


class ExpressionFailed(Exception):
    """The expression has no value for this object, such as when it reads a field that isn't there."""


class Expression:
    """Compiled once; may be evaluated from several threads."""

    def __init__(self, text: str) -> None:
        """Raises ValueError if the text is no expression."""
        self.text = text
        try:
            self._compiled = _environment().compile(text)
        except Exception as error:
            raise ValueError(f"{text!r} is no CEL expression: {error}") from error

    def evaluate(self, variables: Value) -> Any:
        """The plain value. Raises ExpressionFailed."""
        result = self._compiled.eval(data=variables)
        if result.type() == cel.Type.ERROR:
            raise ExpressionFailed(str(result.value()))
        return result.plain_value()


def matches(text: str, pattern: str) -> bool:
    """Whether an RE2 pattern is found in the text."""
    return bool(_matcher().evaluate({"self": text, "oldSelf": pattern}))


@cache
def _matcher() -> Expression:
    return Expression("self.matches(oldSelf)")


@cache
def _environment() -> Any:
    return cel.NewEnv(variables={"self": cel.Type.DYN, "oldSelf": cel.Type.DYN})
