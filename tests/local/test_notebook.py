"""The quickstart notebook, executed cell by cell as somebody would who opens it."""

import re
from collections.abc import Iterator
from pathlib import Path

import nbclient
import nbformat
import pytest

from tests.local.conftest import Modelyard

NOTEBOOK = Path(__file__).parents[2] / "notebooks/quickstart.ipynb"


@pytest.fixture(scope="module")
def executed(modelyard: Modelyard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[nbformat.NotebookNode]:
    """In an empty folder, against the platform that runs."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    folder = tmp_path_factory.mktemp("notebook")
    client = nbclient.NotebookClient(notebook, timeout=900, resources={"metadata": {"path": str(folder)}})
    client.execute(env=dict(modelyard.environment))
    yield notebook
    modelyard("delete", "tj/palmer-penguins", "md/palmer-penguins")


def said(executed: nbformat.NotebookNode, cell: str) -> str:
    """All that the cell printed or showed."""
    outputs = next(each for each in executed.cells if each.id == cell).outputs
    shown = (output.get("data", {}) for output in outputs)
    return "".join(each.get("text/html", "") if cell == "manifest" else each.get("text/plain", "") for each in shown)


def test_the_committed_notebook_holds_no_outputs() -> None:
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    assert not any(each.get("outputs") or each.get("execution_count") for each in cells)


def test_it_trains_and_explains(executed: nbformat.NotebookNode) -> None:
    assert "TrainingJob" in said(executed, "manifest")
    assert " ".join(said(executed, "wait").split()).startswith("('Promoted', 'http://127.0.0.1:")
    explained = said(executed, "explain")
    assert "TrainingJob palmer-penguins in default: Promoted" in explained
    assert "On the test split of" in explained


def test_it_predicts_penguins_that_it_never_saw(executed: nbformat.NotebookNode) -> None:
    rows = re.findall(r"│ (\w+)\s+┆ (\w+)\s+┆ [01]\.", said(executed, "predict"))
    assert len(rows) == 10
    assert sum(true == predicted for true, predicted in rows) >= 8
    assert said(executed, "feedback") == "10"


def test_it_says_what_the_monitor_sees(executed: nbformat.NotebookNode) -> None:
    text = said(executed, "watch")
    assert "ModelDeployment palmer-penguins in default: Available" in text
    assert "No window of version 1 was judged yet." in text.replace("\n    ", " ")
