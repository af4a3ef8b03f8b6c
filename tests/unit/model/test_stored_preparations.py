"""Preparations that earlier releases stored make the same features, in the same request, from the same cells.

The matrices were computed by the release before columns became types of their own.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from modelyard_model.columns.column import Columns
from modelyard_model.preparation import Preparation, PreparationDocument

INF = float("inf")
COLOR = {"kind": "Categorical", "name": "color", "required": False, "missing": {"method": "MostFrequent", "fill": "red", "indicator": True}}
SIZE = {"kind": "Numerical", "name": "size", "required": True, "missing": {"method": "Median", "fill": 2.5, "indicator": False}}
SHOP = {"kind": "Categorical", "name": "shop", "required": True, "missing": {"method": "Constant", "fill": "none", "indicator": True}}
AGE = {"kind": "Numerical", "name": "age", "required": False, "missing": {"method": "Mean", "fill": 40.1, "indicator": True}}
AT = {"kind": "Datetime", "name": "at", "required": False}
PLAIN: list[dict[str, Any]] = [
    {**COLOR, "categories": ["blue", "red"]},
    {**SIZE, "center": 1.25, "scale": 3.0},
    AT,
    {**SHOP, "categories": ["a", "b", "none"]},
    {**AGE, "center": 39.7, "scale": 12.3},
]
EURO = {"decimal": ",", "thousands": ".", "sign": "€", "missing": ["-999"], "unreadable": "Missing"}
POINT = {"decimal": ".", "thousands": "", "sign": "", "missing": [], "unreadable": "Refused"}
RULED: list[dict[str, Any]] = [
    {**PLAIN[0], "reading": {"missing": ["NA"], "numbers": False, "truth": None}},
    {**PLAIN[1], "reading": EURO},
    {**PLAIN[2], "reading": {"form": "D.M.Y", "missing": [], "unreadable": "Refused"}},
    {**PLAIN[3], "categories": ["1", "2.5", "none"], "reading": {"missing": [], "numbers": True, "truth": None}},
    {**PLAIN[4], "reading": POINT},
]
DOCUMENTS: dict[int, dict[str, Any]] = {
    1: {"format": 1, "columns": PLAIN, "notes": ["shop: 3 of 4 categories"]},
    2: {"format": 2, "columns": RULED, "separator": ";", "notes": []},
}
ROWS: dict[int, Columns] = {
    1: {
        "color": ["red", None, "green", "blue"],
        "size": [1.0, None, -7.25, 1e300],
        "at": ["2026-03-01T05:30:15", None, "not a time", "2026-12-31 23:59:59+01:00"],
        "shop": ["b", "", "new", "a"],
        "age": [None, 33, True, INF],
    },
    2: {
        "color": [" red ", "NA", "green", "blue"],
        "size": ["1.234,5 €", "-999", "?", 7],
        "at": ["31.12.2026", None, "2026-03-01", "1.2.2025 05:00"],
        "shop": [1, "2.50", "1.0", None],
        "age": ["12", None, "1e2", True],
    },
}
MATRICES = {
    1: [
        [
            -0.08333333333333333,
            0.03252032520325192,
            1.0,
            0.0,
            0.0,
            0.0,
            1.0,
            0.0,
            1.0,
            0.0,
            0.9915866534680597,
            0.1294446162032784,
            -0.7818314824680299,
            0.6234898018587334,
            0.8494504794814806,
            0.527668345562516,
            0.8660254037844386,
            0.5000000000000001,
        ],
        [0.4166666666666667, -0.5447154471544717, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [-2.8333333333333335, -3.1463414634146343, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [
            1e30,
            0.03252032520325192,
            1.0,
            0.0,
            0.0,
            1.0,
            0.0,
            1.0,
            0.0,
            0.0,
            -0.2588892885264056,
            0.9659070018828373,
            0.43388373911755823,
            -0.900968867902419,
            -0.021501372740813793,
            0.999768818762748,
            -0.5000000000000004,
            0.8660254037844384,
        ],
    ],
    2: [
        [
            411.0833333333333,
            -2.252032520325203,
            0.0,
            0.0,
            0.0,
            0.0,
            1.0,
            1.0,
            0.0,
            0.0,
            0.0,
            1.0,
            0.43388373911755823,
            -0.900968867902419,
            -0.021501372740813793,
            0.999768818762748,
            -0.5000000000000004,
            0.8660254037844384,
        ],
        [0.4166666666666667, 0.03252032520325192, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [
            0.4166666666666667,
            4.902439024390244,
            0.0,
            0.0,
            0.0,
            0.0,
            0.0,
            1.0,
            0.0,
            0.0,
            0.0,
            1.0,
            -0.7818314824680299,
            0.6234898018587334,
            0.8494504794814806,
            0.527668345562516,
            0.8660254037844386,
            0.5000000000000001,
        ],
        [
            1.9166666666666667,
            -3.1463414634146343,
            0.0,
            0.0,
            1.0,
            1.0,
            0.0,
            0.0,
            0.0,
            1.0,
            0.9659258262890682,
            0.25881904510252096,
            -0.9749279121818236,
            -0.2225209339563146,
            0.5083564379375122,
            0.8611467540480452,
            0.49999999999999994,
            0.8660254037844387,
        ],
    ],
}
NAMES = [
    *("size", "age", "age is missing", "color is missing", "shop is missing"),
    *("color = blue", "color = red", "shop = a", "shop = b", "shop = none"),
    *(f"at {feature} {part}" for feature in ("hour", "day_of_week", "day_of_year", "month") for part in ("sin", "cos")),
]


def stored(version: int, folder: Path) -> Preparation:
    (folder / "preparation.json").write_text(json.dumps(DOCUMENTS[version]))
    return Preparation.load(folder)


@pytest.mark.parametrize("version", DOCUMENTS)
def test_a_stored_preparation_makes_the_same_features(version: int, tmp_path: Path) -> None:
    features = stored(version, tmp_path).transform(ROWS[version])
    np.testing.assert_allclose(features, MATRICES[version], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("version", DOCUMENTS)
def test_a_row_alone_makes_the_same_features(version: int, tmp_path: Path) -> None:
    fitted = stored(version, tmp_path)
    alone = [fitted.transform({name: cells[row : row + 1] for name, cells in ROWS[version].items()})[0] for row in range(4)]
    np.testing.assert_allclose(alone, MATRICES[version], rtol=1e-12, atol=1e-12)


def test_features_keep_their_names_and_order(tmp_path: Path) -> None:
    assert list(stored(1, tmp_path).feature_names) == NAMES


@pytest.mark.parametrize("version", DOCUMENTS)
def test_every_column_alone_makes_its_part_of_the_matrix(version: int, tmp_path: Path) -> None:
    fitted, matrix = stored(version, tmp_path), np.array(MATRICES[version])
    for column in fitted.document.columns:
        places = fitted.features_of(column.name)
        np.testing.assert_allclose(column.encode(ROWS[version][column.name]).dense(), matrix[:, places], rtol=1e-12, atol=1e-12)
        assert [feature.name for feature in column.features] == [fitted.feature_names[place] for place in places]


@pytest.mark.parametrize("version", DOCUMENTS)
def test_a_document_is_written_as_it_was(version: int) -> None:
    document = PreparationDocument.model_validate(DOCUMENTS[version])
    written = json.loads(document.model_dump_json())
    assert [list(column) for column in written["columns"]][:2] == [
        ["kind", "name", "required", "missing", "categories", "reading"],
        ["kind", "name", "required", "missing", "center", "scale", "reading"],
    ]
    wanted = {"separator": ",", **DOCUMENTS[version], "columns": [{"reading": None, **column} for column in DOCUMENTS[version]["columns"]]}
    assert written == wanted
