"""``python -m tests.simulation [name …]``: checks what judgments promise on data whose truth is known, and writes their tables in docs/statistics.md."""

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.simulation.chains import chains
from tests.simulation.codes import codes
from tests.simulation.drift import drift
from tests.simulation.gates import gates, rare_disagreement
from tests.simulation.intervals import differences, rare_classes, single_metrics
from tests.simulation.splits import fair_splits, kept_places
from tests.simulation.tables import Outcome, write

DRAWS = 2000
PAGE = Path(__file__).parents[2] / "docs" / "statistics.md"
SIMULATIONS: Mapping[str, Callable[[int], Outcome]] = {
    "single-metrics": single_metrics,
    "differences": differences,
    "rare-classes": rare_classes,
    "gates": gates,
    "rare-disagreement": rare_disagreement,
    "chains": chains,
    "splits": fair_splits,
    "places": kept_places,
    "codes": codes,
    "drift": drift,
}


def main(names: list[str]) -> int:
    """1 if any requirement is missed."""
    if unknown := set(names) - set(SIMULATIONS):
        print(f"no simulation named {', '.join(sorted(unknown))}; there are {', '.join(SIMULATIONS)}", file=sys.stderr)
        return 2
    failures: list[str] = []
    for name in names or SIMULATIONS:
        start = time.monotonic()
        outcome = SIMULATIONS[name](DRAWS)
        print(f"{name}: {time.monotonic() - start:.0f} s\n\n{outcome.markdown()}", flush=True)
        write(name, outcome, PAGE)
        failures += [f"{name}: {failure}" for failure in outcome.failures]
    for failure in failures:
        print(f"missed: {failure}")
    print(f"{len(failures)} requirements missed; the tables are in {PAGE.relative_to(Path.cwd())}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
