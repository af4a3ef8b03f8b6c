"""How the code lies in files: no circle of imports, files of a size that one reads whole, names that tell one file from another."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import grimp

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("api", "clients", "model", "jobs", "serving", "operator", "local", "cli", "dev", "bench")
PACKAGES = ("api", "clients", "model", "operator", "jobs", "serving", "local", "cli")
FEW_LINES, MOST_LINES, MOST_SMALL_FILES = 30, 400, 15
BY_PYTHON = {"__init__.py", "__main__.py"}


def files() -> Iterator[Path]:
    return (path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "__pycache__" not in path.parts)


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_circle_of_imports_even_by_imports_inside_functions() -> None:
    graph = grimp.build_graph("modelyard", *(f"modelyard_{name}" for name in PACKAGES), exclude_type_checking_imports=True)
    circles = []
    for module in sorted(graph.modules):
        imported = graph.find_modules_directly_imported_by(module)
        circles += [f"{module} -> {each}" for each in imported if graph.chain_exists(importer=each, imported=module)]
    assert circles == []


def test_sizes_of_files() -> None:
    sizes = {path: lines_of(path) for path in files() if path.name != "__init__.py"}
    assert median(sizes.values()) >= 100
    assert [path.name for path, lines in sizes.items() if lines > MOST_LINES] == []
    assert sum(lines < FEW_LINES for lines in sizes.values()) <= MOST_SMALL_FILES


def test_no_name_of_a_file_more_than_twice() -> None:
    names = Counter(path.name for path in files() if path.name not in BY_PYTHON)
    assert [name for name, count in names.items() if count > 2] == []


def test_an_import_inside_a_function_says_why() -> None:
    without = re.compile(r"^\s+(?:from|import) .*# noqa: PLC0415\s*$", re.MULTILINE)
    rooms = [ROOT / room for room in PACKAGES]
    assert [path.name for path in files() if set(path.parents) & set(rooms) and without.search(path.read_text(encoding="utf-8"))] == []
