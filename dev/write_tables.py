"""Writes the tables of docs/ that are derived from the catalogue, between their markers; ``--check`` only says whether they are stale."""

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from modelyard_api.catalogue.architectures import ARCHITECTURES
from modelyard_api.catalogue.checks import CHECKS
from modelyard_api.catalogue.column_types import COLUMN_TYPES
from modelyard_api.catalogue.formats import FORMATS, PACKED
from modelyard_api.catalogue.metrics import METRICS, metrics_of
from modelyard_api.catalogue.parameters import Choice, Integer, Parameter
from modelyard_api.catalogue.tasks import TASKS

DOCS = Path(__file__).resolve().parent.parent / "docs"
Tables = Mapping[str, Callable[[], Iterator[str]]]


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


def formats() -> Iterator[str]:
    """In the order of the catalogue."""
    yield "| format | names end in | cells are |"
    yield "|---|---|---|"
    for name, spec in FORMATS.items():
        cells = "texts, read by the rules below" if spec.is_text else "of types of their own"
        yield f"| {name} | {' '.join(f'`.{ending}`' for ending in spec.endings)} | {cells} |"
    yield f"| any of them, packed | {' '.join(f'`.{ending}`' for ending in PACKED)} | |"


def column_types() -> Iterator[str]:
    """In the order of the catalogue."""
    yield "| type | what becomes of it |"
    yield "|---|---|"
    for name, spec in COLUMN_TYPES.items():
        yield f"| {name} | {spec.summary} |"


def checks() -> Iterator[str]:
    """In the order in which a monitor runs them."""
    yield "| check | condition | Events | alert | where |"
    yield "|---|---|---|---|---|"
    for name, spec in CHECKS.items():
        where = f"`spec.monitoring.{spec.setting}` is set" if spec.setting else "always"
        yield f"| `{name}` | {spec.condition} | `{spec.began}`/`{spec.ended}` | `{spec.alert}`: {spec.title} on … | {where} |"


PAGES: Mapping[str, Tables] = {
    "training.md": {"architectures": architectures, "metrics": metrics},
    "monitoring.md": {"checks": checks},
    "data.md": {"formats": formats, "column types": column_types},
}


def rendered(page: str, tables: Tables) -> str:
    """The page with its tables as they should be."""
    for name, lines in tables.items():
        start, end = f"<!-- {name}: written by `make manifests` -->\n", f"<!-- end of {name} -->"
        before, rest = page.split(start)
        page = before + start + "\n" + "\n".join(lines()) + "\n\n" + end + rest.split(end)[1]
    return page


def main() -> int:
    """Write, or with ``--check`` compare."""
    texts = {DOCS / name: tables for name, tables in PAGES.items()}
    stale = [path for path, tables in texts.items() if path.read_text() != rendered(path.read_text(), tables)]
    if "--check" in sys.argv:
        for path in stale:
            print(f"docs/{path.name} is stale: run `make manifests`")
        return 1 if stale else 0
    for path in stale:
        path.write_text(rendered(path.read_text(), texts[path]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
