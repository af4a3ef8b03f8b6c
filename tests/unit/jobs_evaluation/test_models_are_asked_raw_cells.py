"""A stored model reads the raw cells of the test rows by its own rules; one without rules gets them as they were first read."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from modelyard_jobs.data.dataset import RawRows
from modelyard_jobs.evaluation.fresh_process import outputs
from modelyard_model.columns.categorical import CategoricalColumn, FilledText
from modelyard_model.columns.numerical import FilledNumber, NumericalColumn
from modelyard_model.errors import InvalidInput
from modelyard_model.preparation import Preparation, PreparationDocument
from modelyard_model.tabular_model import TabularModel
from numpy.typing import NDArray


class First:
    """Answers with the first feature."""

    def outputs(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        return features[:, 0]

    def save(self, folder: Path) -> None:
        """Nothing to keep."""


def model(number: dict[str, Any] | None, text: dict[str, Any] | None) -> TabularModel:
    columns = (
        NumericalColumn.model_validate(
            {"name": "x", "required": False, "missing": FilledNumber(method="Median", fill=-1), "center": 0, "scale": 1, "reading": number}
        ),
        CategoricalColumn.model_validate(
            {"name": "c", "required": True, "missing": FilledText(method="Constant", fill="?"), "categories": ("a", "b"), "reading": text}
        ),
    )
    return TabularModel("Linear", "Regression", (), Preparation(PreparationDocument(columns=columns)), First())  # type: ignore[arg-type]


def asked(folder: Path, cells: list[str]) -> Path:
    rows = RawRows(
        pl.DataFrame({"x": cells, "c": ["a"] * len(cells), "target": ["y"] * len(cells)}),
        pl.DataFrame({"x": [7.0] * len(cells), "c": ["a"] * len(cells)}),
    )
    rows.cells.write_parquet(folder / "cells.parquet")
    rows.first_read.write_parquet(folder / "first-read.parquet")
    return folder


def test_rules_read_raw_cells(tmp_path: Path) -> None:
    answers, unreadable = outputs(model({"decimal": ","}, {}), asked(tmp_path, ["1,5", " 2", ""]), is_strict=True)
    assert (answers.tolist(), unreadable) == ([1.5, 2.0, -1.0], 0)


def test_a_model_without_rules_gets_what_releases_before_read(tmp_path: Path) -> None:
    answers, _ = outputs(model(None, None), asked(tmp_path, ["1,5", " 2", ""]), is_strict=False)
    assert answers.tolist() == [7.0, 7.0, 7.0]


def test_of_a_champion_a_few_cells_that_it_would_refuse_are_missing(tmp_path: Path) -> None:
    folder = asked(tmp_path, [*map(str, range(98)), "soon", "soon"])
    answers, unreadable = outputs(model({}, {}), folder, is_strict=False)
    assert (answers[-3:].tolist(), unreadable) == ([97.0, -1.0, -1.0], 2)
    with pytest.raises(InvalidInput, match="column 'x', row 98: expected a number"):
        outputs(model({}, {}), folder, is_strict=True)


def test_a_champion_that_refuses_many_cells_is_not_asked(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="column 'x', row 1"):
        outputs(model({}, {}), asked(tmp_path, ["1", "1,5"]), is_strict=False)
