"""Who names a concrete task, column type, architecture, format or metric in code. Everybody else asks the catalogue; a line more here needs a reason."""

import ast
from collections.abc import Iterator
from pathlib import Path

from modelyard_api.catalogue.architectures import Architecture
from modelyard_api.catalogue.column_types import ColumnType
from modelyard_api.catalogue.formats import Format
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.catalogue.tasks import Task

ROOT = Path(__file__).parents[3]
PACKAGES = (
    "api/modelyard_api",
    "model/modelyard_model",
    "jobs/modelyard_jobs",
    "operator/modelyard_operator",
    "serving/modelyard_serving",
    "local/modelyard_local",
    "cli/modelyard_cli",
)
NAMES = {
    kind.__name__: {name for name in vars(kind) | kind.__annotations__ if name.isupper()}
    for kind in (Architecture, ColumnType, Format, Metric, Task)
}
ALLOWED = {
    # what a column is called once it was read
    "jobs/columns/numerical.py": {"ColumnType.NUMERICAL"},
    "jobs/columns/categorical.py": {"ColumnType.CATEGORICAL"},
    "jobs/columns/datetime.py": {"ColumnType.DATETIME"},
    # data.time and prepare.features.timestamps say that a column holds times
    "jobs/data/column_rules.py": {"ColumnType.DATETIME"},
    # what releases did before there were rules of reading, which stays as it was
    "jobs/data/first_reading.py": {"ColumnType.CATEGORICAL", "ColumnType.NUMERICAL"},
    # no architecture, but that nobody chose one
    "api/training_job.py": {"Architecture.AUTO"},
    "jobs/commands/train.py": {"Architecture.AUTO"},
    "jobs/fitting/fit.py": {"Architecture.AUTO"},
    "cli/explanation/training_job.py": {"Architecture.AUTO"},
    "cli/init/training_job_text.py": {"Architecture.AUTO", "Metric.AVERAGE_PRECISION"},
    # measures of their own, not those of a manifest
    "jobs/evaluation/leakage.py": {"Metric.ROC_AUC", "Metric.R2"},
    "jobs/evaluation/jackknife.py": {"Metric.AVERAGE_PRECISION"},
    # text goes to the server as it is
    "cli/predicting/rows.py": {"Format.CSV"},
    # whole numbers that are names
    "cli/init/columns.py": {"ColumnType.CATEGORICAL"},
}


def _named(path: Path) -> Iterator[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    catalogue = [node for node in nodes if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("modelyard_api.catalogue")]
    imported = {alias.name for node in catalogue for alias in node.names}
    for node in nodes:
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in imported
            and node.attr in NAMES.get(node.value.id, ())
        ):
            yield f"{node.value.id}.{node.attr}"


def test_nobody_else_does() -> None:
    found: dict[str, set[str]] = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if names := set(_named(path)):
                found[f"{package.split('/')[0]}/{path.relative_to(ROOT / package)}"] = names
    assert {path: names for path, names in found.items() if not path.startswith("api/catalogue/")} == ALLOWED
