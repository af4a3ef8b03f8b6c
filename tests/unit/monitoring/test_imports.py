"""The monitoring image has no torch, and a wrong request fails before anything heavy is imported."""

import subprocess
import sys

import pytest

HEAVY = {"torch", "evidently", "mlflow", "sklearn", "pandas", "polars"}


@pytest.mark.parametrize(("module", "left_out"), [("__main__", HEAVY), ("commands.monitor", {"torch", "evidently", "sklearn"})])
def test_what_is_not_imported_before_it_is_needed(module: str, left_out: set[str]) -> None:
    code = f"import sys, modelyard_jobs.{module}; print(sorted({left_out!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"
