"""Heads: what is encoded is decoded again, what is answered fits the columns that are announced, and documents of earlier releases find theirs."""

from pathlib import Path

import numpy as np
import pytest
from modelyard_api.catalogue.tasks import TASKS, Task
from modelyard_model.errors import ModelFilesInvalid
from modelyard_model.heads import Head, TargetScale, head_of
from modelyard_model.model_folder import MODEL_FILE, ModelDocument, load_model, save_model, verify_expected
from modelyard_model.signature import DType, Field

from tests.unit.model.fitted_models import ROWS, model

TARGETS = {Task.CLASSIFICATION: np.array([0, 1, 2, 1, 1]), Task.REGRESSION: np.array([10.0, 20.0, 30.0, 20.0, 25.0])}
OUTPUTS = {Task.CLASSIFICATION: np.array([[0.2, 0.5, 0.3], [0.6, 0.2, 0.2]]), Task.REGRESSION: np.array([0.5, -1.0])}


def head(task: Task) -> Head:
    return head_of(task, ("a", "b", "c") if TASKS[task].has_classes else ()).fit(TARGETS[task])


@pytest.mark.parametrize("task", list(TASKS))
def test_encoding_is_taken_back(task: Task) -> None:
    np.testing.assert_allclose(head(task).decode(head(task).encode(TARGETS[task])), TARGETS[task])


@pytest.mark.parametrize("task", list(TASKS))
def test_answers_have_the_announced_columns(task: Task) -> None:
    answer = head(task).answer(head(task).restore(OUTPUTS[task]))
    dtypes = {str: DType.STRING, float: DType.FP64}
    assert tuple(Field(name, dtypes[type(values[0])]) for name, values in answer.items()) == head(task).outputs
    assert head(task).nothing().shape == (0, *OUTPUTS[task].shape[1:])
    assert head(task).baseline(TARGETS[task]).shape == OUTPUTS[task].shape[1:]


def test_a_number_is_standardised_and_restored_in_its_own_units() -> None:
    fitted = head(Task.REGRESSION)
    assert fitted.scale == TargetScale(21.0, float(TARGETS[Task.REGRESSION].std()))
    assert fitted.encode(TARGETS[Task.REGRESSION]).mean() == pytest.approx(0)
    np.testing.assert_allclose(fitted.restore(OUTPUTS[Task.REGRESSION]), 21.0 + fitted.scale.scale * OUTPUTS[Task.REGRESSION])
    assert head_of(Task.REGRESSION).fit(np.full(5, 3.0)).scale == TargetScale(3.0, 1.0)  # a constant target


def test_networks_are_fitted_to_what_the_head_says() -> None:
    import torch  # noqa: PLC0415

    raw = torch.tensor([[1.0, 2.0, 0.0], [0.0, 0.0, 0.0]])
    classes, number = head(Task.CLASSIFICATION), head(Task.REGRESSION)
    np.testing.assert_allclose(classes.activate(raw)[1], [1 / 3] * 3, rtol=1e-6)
    assert number.activate(raw[:, :1]).shape == (2,)
    for each, width in ((classes, 3), (number, 1)):
        target = torch.from_numpy(np.asarray(each.encode(TARGETS[Task("Classification" if width == 3 else "Regression")])[:2])).to(
            each.dtype()
        )
        assert each.width == width
        assert torch.isfinite(each.loss()(each.squeeze(raw[:, :width]), target))


@pytest.mark.parametrize(
    ("text", "restored"),
    [
        (
            '{"format": 1, "architecture": "Linear", "task": "Regression", "classes": [], "target_mean": 5.0, "target_scale": 2.0}',
            [6.0, 3.0],
        ),
        ('{"format": 1, "architecture": "MLP", "task": "Regression", "classes": []}', [0.5, -1.0]),
    ],
)
def test_a_document_of_an_earlier_release_finds_its_head(text: str, restored: list[float]) -> None:
    document = ModelDocument.model_validate_json(text)
    found = head_of(document.task, document.classes, TargetScale(document.target_mean, document.target_scale))
    assert found.restore(OUTPUTS[Task.REGRESSION]).tolist() == restored
    assert document.task is Task.REGRESSION


@pytest.mark.parametrize("kind", ["Linear", "RandomForest", "GradientBoosting", "MLP"])
@pytest.mark.parametrize("task", list(TASKS))
def test_documents_are_written_as_before(kind: str, task: Task, tmp_path: Path) -> None:
    save_model(model(kind, task), tmp_path, ROWS)
    written = (tmp_path / MODEL_FILE).read_text()
    assert f'"task": "{task}"' in written
    assert f'"architecture": "{kind}"' in written
    assert verify_expected(load_model(tmp_path), tmp_path) <= 1e-12


def test_an_architecture_of_a_later_release_is_named(tmp_path: Path) -> None:
    save_model(model("Linear"), tmp_path, ROWS)
    path = tmp_path / MODEL_FILE
    path.write_text(path.read_text().replace('"Linear"', '"Transformer"'))
    with pytest.raises(ModelFilesInvalid, match="names the architecture 'Transformer'"):
        load_model(tmp_path)
