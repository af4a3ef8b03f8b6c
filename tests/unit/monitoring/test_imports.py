"""The monitoring image has no torch, and a wrong request fails before anything heavy is imported."""

import subprocess
import sys

HEAVY = {"torch", "evidently", "mlflow", "sklearn", "pandas"}


def test_importing_the_monitor_imports_nothing_heavy() -> None:
    code = f"import sys, modelyard_jobs.monitoring.run; print(sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"
