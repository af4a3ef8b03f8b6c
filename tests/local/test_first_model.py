"""From a CSV to a served and explained model, with the `modelyard` command alone."""

import json
from pathlib import Path

import polars as pl
import pytest
from palmerpenguins import load_penguins

from tests.local.conftest import Modelyard, Object


@pytest.fixture(scope="module")
def penguins() -> pl.DataFrame:
    return pl.from_pandas(load_penguins())


@pytest.fixture(scope="module")
def manifests(modelyard: Modelyard, penguins: pl.DataFrame) -> Path:
    """What `modelyard init` wrote for a file."""
    penguins.write_csv(modelyard.folder / "penguins.csv")
    modelyard("init", "penguins.csv", "--target", "species")
    return modelyard.folder


@pytest.fixture(scope="module")
def job(modelyard: Modelyard, manifests: Path) -> Object:
    said = modelyard("apply", "-f", "training-job.yaml", "-f", "model-deployment.yaml")
    assert "s3://datasets/uploads/" in said
    modelyard("wait", "tj/penguins", "--for", "condition=Promoted", "--timeout", "240s")
    return modelyard.get("tj", "penguins")


def test_it_is_trained_and_promoted(job: Object) -> None:
    assert job["status"]["state"] == "Promoted"
    assert job["status"]["result"]["modelVersion"] == "1"
    assert job["status"]["result"]["metrics"][0]["name"] == "f1_macro"  # what METRIC shows is what was optimised


def test_rows_are_answered(modelyard: Modelyard, job: Object, penguins: pl.DataFrame) -> None:
    modelyard("wait", "md/penguins", "--for", "condition=Available", "--timeout", "120s")
    rows = penguins.drop("species").drop_nulls().head(3)
    rows.write_csv(modelyard.folder / "rows.csv")
    answers = json.loads(modelyard("predict", "penguins", "-f", "rows.csv", "-o", "json"))
    predictions = answers["predictions"] if isinstance(answers, dict) else answers
    assert [each["prediction"] for each in predictions] == ["Adelie"] * 3


def test_the_story_is_told(modelyard: Modelyard, job: Object) -> None:
    assert "Promoted" in modelyard("get", "tj,md")
    assert "BetterThan" in modelyard("describe", "tj", "penguins")
    assert "How it did" in modelyard("explain", "tj", "penguins")
    assert "Promoted" in modelyard("events")
    assert modelyard("logs", "tj/penguins").strip()
