"""Whole numbers of which it is known whether they are names: how often `modelyard init` proposes them as categories.

A smooth effect of an amount (an age, a year, a count) must not make categories of it; effects of values that have nothing to do with one another must.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from modelyard_jobs.evaluation.integer_codes import evidence_of_codes
from numpy.typing import NDArray

from tests.simulation.tables import Outcome

Array = NDArray[np.float64]
MOST_OF_AMOUNTS, LEAST_OF_CODES = 0.05, 0.8
# (values,): the effect of each, which are from 0 to 1 in their order; in logits, or in standard deviations of the noise
AMOUNTS: Mapping[str, Callable[[Array], Array]] = {
    "none": lambda at: 0 * at,
    "line": lambda at: 3 * at,
    "steep": lambda at: 8 * at,
    "there and back": lambda at: 10 * (at - 0.4) ** 2,
    "saturating": lambda at: 4 * np.log1p(10 * at),
    "line with a jump": lambda at: at + 2 * (at > 0.3),
    "the lowest stands out": lambda at: 2 * at + 3 * (at == 0),
    "a wave": lambda at: 1.5 * np.sin(2 * np.pi * at),
}


@dataclass(frozen=True)
class Design:
    """How many rows and distinct values."""

    rows: int
    values: int

    def __str__(self) -> str:
        return f"{self.rows:,} rows, {self.values} values"


DESIGNS = (Design(600, 60), Design(1_500, 25), Design(1_500, 60), Design(1_500, 400), Design(20_000, 100))
CODES = (Design(1_500, 25), Design(1_500, 60), Design(1_500, 400), Design(5_000, 1_000), Design(20_000, 100))


def codes(draws: int, designs: Sequence[Design] = DESIGNS, of_codes: Sequence[Design] = CODES) -> Outcome:
    """A fortieth of ``draws`` for each: every one takes five folds of five models."""
    draws, rows, failures = max(10, draws // 40), [], []
    for design in dict.fromkeys((*designs, *of_codes)):
        for classes in (2, 0):
            shares = [_share(design, classes, effect, draws) for effect in AMOUNTS.values()] if design in designs else []
            found = _share(design, classes, None, draws) if design in of_codes else None
            most = max(shares, default=None)
            rows.append((str(design), "two classes" if classes else "a number", _shown(most), _shown(found)))
            if most is not None and most > MOST_OF_AMOUNTS:
                failures.append(f"codes, {design}: {most:.3f} of the amounts are taken for codes, at most {MOST_OF_AMOUNTS} may")
            if found is not None and found < LEAST_OF_CODES:
                failures.append(f"codes, {design}: {found:.3f} of the codes are found, at least {LEAST_OF_CODES} should")
    return Outcome(
        "Whole numbers that are names",
        "How often `init` proposes a column of whole numbers as Categorical. Amounts (the worst of eight shapes: no effect, lines, curves, a jump, a lowest value that "
        "stands out, a wave) may be in at most 0.05 of the draws, codes whose effects are independent (standard deviation 1 in logits, or of the noise) should be in at least 0.80.",
        ("Table", "Target", "Amounts taken for codes", "Codes found"),
        rows,
        failures,
    )


def _shown(share: float | None) -> str:
    return "" if share is None else f"{share:.3f}"


def _share(design: Design, classes: int, effect: Callable[[Array], Array] | None, draws: int) -> float:
    """Of columns that are taken for codes; ``effect`` None: each value has an effect of its own."""
    found = []
    for draw in range(draws):
        random = np.random.default_rng((7, draw))
        value = random.choice(design.values, design.rows, p=_frequencies(design.values, draw))
        of_value = random.normal(size=design.values) if effect is None else effect(np.linspace(0, 1, design.values))
        truth = _truth(of_value[value], classes, random)
        evidence = evidence_of_codes(value.astype(np.float64), truth, classes, np.arange(design.rows))
        found.append(evidence is not None and evidence.are_codes)
    return float(np.mean(found))


def _frequencies(values: int, draw: int) -> Array:
    """Every other time the values are as frequent as one another, else as ages are."""
    place = np.linspace(0, 1, values)
    weight = np.ones(values) if draw % 2 else np.exp(-((place - 0.4) ** 2) / 0.1)
    result: Array = weight / weight.sum()
    return result


def _truth(effect: Array, classes: int, random: np.random.Generator) -> NDArray[np.generic]:
    effect = effect - effect.mean()
    if not classes:
        return effect + random.normal(size=len(effect))
    return (random.random(len(effect)) < 1 / (1 + np.exp(-effect))).astype(np.int64)
