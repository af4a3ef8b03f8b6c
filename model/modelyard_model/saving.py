"""From a fitted model to a model folder: JSON, safetensors or skops; never pickle."""

import math
from pathlib import Path

from modelyard_model.columns.column import Columns
from modelyard_model.errors import InvalidInput, ModelFilesInvalid
from modelyard_model.loading import TOLERANCE, load_model, verify_expected
from modelyard_model.model_document import EXPECTED_FILE, MODEL_FILE, ExpectedDocument, ModelDocument, write_document
from modelyard_model.tabular_model import TabularModel


def save_model(model: TabularModel, folder: Path, example: Columns) -> None:
    """Writes the model's files and, for ``example`` (a few raw rows), the answers it gives.

    The folder is read back and has to answer the same, else ModelFilesInvalid: a model that can't be restored must not be logged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    document = ModelDocument(
        architecture=model.architecture,
        task=model.task,
        classes=model.classes,
        target_mean=model.target.mean,
        target_scale=model.target.scale,
    )
    write_document(document, folder / MODEL_FILE)
    model.preparation.save(folder)
    model.predictor.save(folder)
    rows = example_rows(model, example)
    outputs = {name: list(values) for name, values in model.predict(rows).as_columns().items()}
    write_document(ExpectedDocument(inputs=rows, outputs=outputs), folder / EXPECTED_FILE)
    difference = verify_expected(load_model(folder), folder)
    if difference > TOLERANCE:
        raise ModelFilesInvalid(f"the saved model answers differently from the fitted one, by {difference:.2g}")


def example_rows(model: TabularModel, example: Columns) -> dict[str, list[float | str | None]]:
    """The model's own inputs among ``example`` as JSON has them: numbers, texts, and null for missing."""
    rows: dict[str, list[float | str | None]] = {}
    for item in model.inputs:
        values = example.get(item.name)
        if values is None and item.required:
            raise InvalidInput(item.name, "is required and is not in the example")
        if values is None:
            continue
        cells = item.read(values)
        rows[item.name] = list(cells) if isinstance(cells, list) else [None if math.isnan(cell) else cell for cell in cells.tolist()]
    return rows
