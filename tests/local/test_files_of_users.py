"""Files as users have them, by the `modelyard` command: proposed, trained, served, and every row of the same file answered."""

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.local.conftest import Modelyard

FILES = Path(__file__).parents[1] / "data" / "files"
NAMES = ("semicolon", "questionmark", "types")


@dataclass(frozen=True)
class Served:
    """A file, and the name of the ModelDeployment that answers for it."""

    path: Path
    name: str


def _start(modelyard: Modelyard, path: Path) -> Served:
    """Both manifests, with a model that trains fast and a criterion that it meets."""
    name = path.stem
    folder = modelyard.folder / name
    modelyard("init", str(path), "--target", "y", "--name", name, "--out", str(folder))
    manifest = folder / "training-job.yaml"
    job: dict[str, Any] = yaml.safe_load(manifest.read_text())
    job["spec"]["model"] = {"architecture": "Linear"}
    job["spec"]["objective"]["require"] = [{"metric": job["spec"]["objective"]["metric"], "atLeast": 0.01}]
    manifest.write_text(yaml.safe_dump(job))
    modelyard("apply", "-f", str(manifest), "-f", str(folder / "model-deployment.yaml"))
    return Served(path, name)


@pytest.fixture(scope="module")
def served(modelyard: Modelyard) -> list[Served]:
    """All at once: they train side by side."""
    files = [next(FILES.glob(f"{name}.*")) for name in NAMES]
    found = [_start(modelyard, path) for path in files]
    for each in found:
        modelyard("wait", f"tj/{each.name}", "--for", "condition=Promoted", "--timeout", "240s")
        modelyard("wait", f"md/{each.name}", "--for", "condition=Available", "--timeout", "240s")
    return found


def test_every_row_of_the_file_is_answered(modelyard: Modelyard, served: list[Served]) -> None:
    for each in served:
        predicted = modelyard("predict", each.name, "-f", str(each.path), "-o", "csv")
        assert len(list(csv.DictReader(io.StringIO(predicted)))) == 400


def test_the_file_itself_is_a_request(modelyard: Modelyard, served: list[Served]) -> None:
    for each in served:
        if each.path.suffix != ".csv":
            continue
        address = modelyard.get("md", each.name)["status"]["url"]
        answer = httpx.post(f"{address}/invocations", content=each.path.read_bytes(), headers={"content-type": "text/csv"}, timeout=30)
        assert answer.status_code == 200, answer.text
        predicted = json.loads(modelyard("predict", each.name, "-f", str(each.path), "-o", "json"))["predictions"]
        assert answer.json()["predictions"] == predicted


def test_what_reading_changed_is_told(modelyard: Modelyard, served: list[Served]) -> None:
    for each in served:
        warnings = modelyard.get("tj", each.name)["status"].get("warnings", [])
        assert bool(warnings) is (each.path.suffix == ".csv")  # of the Parquet file, init has named what is left out in the manifest
        told = " ".join(modelyard("explain", "tj", each.name).lower().split())
        assert all(warning[:40].lower() in told for warning in warnings)
