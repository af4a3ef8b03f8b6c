"""The built-in architectures and the parameters each one takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Architecture(StrEnum):
    """Built-in models for tabular data, the simplest first."""

    AUTO = "Auto"
    LINEAR = "Linear"
    RANDOM_FOREST = "RandomForest"
    MLP = "MLP"


@dataclass(frozen=True)
class Range:
    """The values a parameter may have; ``integer`` excludes fractions, bounds are inclusive."""

    low: float
    high: float
    default: float
    integer: bool = False

    def problem(self, value: object) -> str | None:
        """What is wrong with ``value``, or None."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "has to be a number"
        if self.integer and float(value) != int(value):
            return "has to be a whole number"
        if not self.low <= value <= self.high:
            return f"has to be between {self.low:g} and {self.high:g}"
        return None


PARAMETERS: Mapping[Architecture, Mapping[str, Range]] = {
    Architecture.AUTO: {},
    Architecture.LINEAR: {"C": Range(1e-6, 1e6, 1.0)},
    Architecture.RANDOM_FOREST: {
        "n_estimators": Range(1, 5000, 200, integer=True),
        "max_depth": Range(1, 200, 24, integer=True),
        "min_samples_leaf": Range(1, 100000, 5, integer=True),
    },
    Architecture.MLP: {
        "hidden_layers": Range(1, 16, 2, integer=True),
        "hidden_width": Range(1, 8192, 64, integer=True),
        "dropout": Range(0, 0.95, 0.1),
        "weight_decay": Range(0, 10, 0.01),
    },
}


def is_trained_in_epochs(architecture: Architecture) -> bool:
    """Whether it needs rows that tell it when to stop."""
    return architecture is Architecture.MLP


def parameter_problems(architecture: Architecture, values: Mapping[str, object]) -> list[str]:
    """Sentences on what is wrong with ``values``; empty when all is well."""
    known = PARAMETERS[architecture]
    problems = []
    for name, value in values.items():
        if name not in known:
            problems.append(
                f"spec.model.parameters: {architecture} has no parameter {name!r}; it takes {', '.join(sorted(known)) or 'none'}"
            )
        elif problem := known[name].problem(value):
            problems.append(f"spec.model.parameters[{name}].value {problem}")
    return problems


def resolve_parameters(architecture: Architecture, values: Mapping[str, object]) -> dict[str, float]:
    """Given values over the defaults; whole-number parameters become ``int``."""
    merged: dict[str, float] = {}
    for name, allowed in PARAMETERS[architecture].items():
        value = values.get(name, allowed.default)
        assert isinstance(value, int | float)
        merged[name] = int(value) if allowed.integer else float(value)
    return merged
