"""Writes the tables of docs/training.md that are derived from the catalogue, between their markers; ``--check`` only says whether they are stale."""

import sys
from collections.abc import Iterator
from pathlib import Path

from modelyard_api.catalogue.architectures import ARCHITECTURES
from modelyard_api.catalogue.metrics import METRICS, metrics_of
from modelyard_api.catalogue.parameters import Choice, Integer, Parameter
from modelyard_api.catalogue.tasks import TASKS

PAGE = Path(__file__).resolve().parent.parent / "docs/training.md"


def architectures() -> Iterator[str]:
    """One line per parameter, the simplest architecture first."""
    yield "| architecture | parameter | default | allowed |"
    yield "|---|---|---|---|"
    for name, spec in ARCHITECTURES.items():
        for index, parameter in enumerate(spec.parameters):
            yield f"| {f'**{name}**: {spec.summary}' if not index else ''} | `{parameter.name}` | {_default(parameter)} | {_allowed(parameter)} |"


def _default(parameter: Parameter) -> str:
    if isinstance(parameter, Integer) and parameter.rows_each:
        return f"{parameter.default}; where that is more, one for {parameter.rows_each:,} rows"
    return parameter.default if isinstance(parameter, Choice) else f"{parameter.default:g}"


def _allowed(parameter: Parameter) -> str:
    if isinstance(parameter, Choice):
        return ", ".join(parameter.options)
    return f"{parameter.low:g} to {parameter.high:,g}"


def metrics() -> Iterator[str]:
    """By task."""
    yield "| task | metrics | of two classes only |"
    yield "|---|---|---|"
    for task in TASKS:
        each = [name for name in METRICS if name in metrics_of(task)]
        for_all = " ".join(name for name in each if not METRICS[name].binary_only)
        binary = " ".join(name for name in each if METRICS[name].binary_only)
        yield f"| {task} | `{for_all}` | {f'`{binary}`' if binary else ''} |"


TABLES = {"architectures": architectures, "metrics": metrics}


def rendered(page: str) -> str:
    """The page with its tables as they should be."""
    for name, lines in TABLES.items():
        start, end = f"<!-- {name}: written by `make manifests` -->\n", f"<!-- end of {name} -->"
        before, rest = page.split(start)
        page = before + start + "\n" + "\n".join(lines()) + "\n\n" + end + rest.split(end)[1]
    return page


def main() -> int:
    """Write, or with ``--check`` compare."""
    page = PAGE.read_text()
    if "--check" in sys.argv:
        if page != rendered(page):
            print(f"docs/{PAGE.name} is stale: run `make manifests`")
            return 1
        return 0
    PAGE.write_text(rendered(page))
    return 0


if __name__ == "__main__":
    sys.exit(main())
