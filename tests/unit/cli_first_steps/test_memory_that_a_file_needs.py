"""`modelyard init` asks for as much memory as a table of its size needs."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from modelyard_api.training_job import TrainingJobSpec
from modelyard_cli.init.report import report
from modelyard_cli.init.table import proposed_workers
from modelyard_cli.init.training_job_text import training_job_text

from tests.unit.cli_first_steps.test_init_writes_manifests import start


@pytest.mark.parametrize(
    ("rows", "columns", "memory"),
    [(1000, 10, None), (60_000, 20, None), (100_000, 20, "2Gi"), (300_000, 50, "2Gi"), (1_000_000, 20, "3Gi"), (10_000_000, 20, "13Gi")],
)
def test_by_rows_and_columns(rows: int, columns: int, memory: str | None) -> None:
    workers = proposed_workers(rows, columns)
    assert (workers.resources.requests if workers else None) == (memory and {"cpu": "250m", "memory": memory})


def test_the_manifest_and_the_report_say_it(tmp_path: Path) -> None:
    made = start(tmp_path)
    assert "workers" not in training_job_text(made.seen, "my", "./my.csv")
    assert "memory" not in report(made)
    large = replace(made.seen, rows=5_000_000)
    written = training_job_text(large, "my", "./my.csv")
    assert TrainingJobSpec.model_validate(yaml.safe_load(written)["spec"]) == large.spec("./my.csv")
    memory = (large.spec("./my.csv").workers.resources.requests or {})["memory"]
    assert f"memory: {memory}" in written
    assert f"more memory than the 1Gi that a pod asks for by default: the TrainingJob requests {memory}" in report(
        replace(made, seen=large)
    )
