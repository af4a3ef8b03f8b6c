"""Categories as codes and as means of the target; numbers that stay missing."""

import math
from pathlib import Path

import numpy as np
import pytest
from modelyard_api.catalogue.column_types import BlockKind
from modelyard_api.data import MissingMethod
from modelyard_model.columns.categorical import CategoricalColumn, Codes, FilledText, Target
from modelyard_model.columns.numerical import FilledNumber, NumericalColumn
from modelyard_model.preparation import Preparation, PreparationDocument

NUMBER = NumericalColumn(
    name="x", required=False, missing=FilledNumber(method=MissingMethod.MEDIAN, fill=6.0, indicator=True), center=2.0, scale=4.0
)


def codes(*, other: bool = False, keeps_missing: bool = True, indicator: bool = False) -> CategoricalColumn:
    missing = FilledText(method=MissingMethod.MOST_FREQUENT, fill="b", indicator=indicator)
    encoding = Codes(other=other, keeps_missing=keeps_missing)
    return CategoricalColumn(name="c", required=False, missing=missing, categories=("a", "b"), encoding=encoding)


def preparation(*columns: CategoricalColumn | NumericalColumn) -> Preparation:
    return Preparation(PreparationDocument.of(columns, ",", ()))


@pytest.mark.parametrize(
    ("column", "wanted"),
    [
        (codes(), [0, 1, math.nan, math.nan]),
        (codes(other=True), [0, 1, math.nan, 2]),
        (codes(keeps_missing=False), [0, 1, 1, math.nan]),
    ],
)
def test_a_code_is_the_position_in_the_list(column: CategoricalColumn, wanted: list[float]) -> None:
    block = column.encode(["a", "b", None, "new"])
    assert (block.kind, block.width) == (BlockKind.CODES, 1)
    np.testing.assert_array_equal(block.dense().ravel(), wanted)


def test_the_preparation_says_which_features_are_codes() -> None:
    one_hot = codes().model_copy(update={"name": "d", "encoding": None})
    fitted = preparation(codes(), NUMBER, one_hot)
    assert fitted.feature_names == ("x", "x is missing", "d = a", "d = b", "c")
    assert fitted.categorical == (False, False, False, False, True)
    features = fitted.transform({"c": ["b", None], "x": [2.0, None], "d": ["a", "b"]})
    np.testing.assert_array_equal(features, [[0, 0, 1, 0, 1], [1, 1, 0, 1, math.nan]])


def test_a_number_may_stay_missing() -> None:
    fitted = preparation(NUMBER.model_copy(update={"missing": None}), NUMBER.model_copy(update={"name": "y"}))
    np.testing.assert_array_equal(fitted.transform({"x": [None, 6], "y": [None, 2]}), [[math.nan, 1, 1], [1, 0, 0]])


def test_encodings_are_written_in_the_third_format_and_read_again(tmp_path: Path) -> None:
    fitted = preparation(codes(other=True), NUMBER.model_copy(update={"missing": None}))
    assert fitted.document.format == 3
    fitted.save(tmp_path)
    assert Preparation.load(tmp_path).document == fitted.document


def test_what_earlier_formats_can_hold_is_written_in_theirs() -> None:
    document = preparation(NUMBER, codes().model_copy(update={"encoding": None})).document
    assert document.format == 2
    assert "encoding" not in document.model_dump_json()


def test_no_rows_have_no_codes() -> None:
    assert preparation(codes()).transform({"c": []}).shape == (0, 1)


def test_an_indicator_goes_before_the_code_of_a_column_alone() -> None:
    np.testing.assert_array_equal(codes(indicator=True).encode(["a", None]).dense(), [[0, 0], [1, math.nan]])


def means(*, outputs: tuple[str, ...] = (), indicator: bool = False) -> CategoricalColumn:
    width = len(outputs) or 1
    encoding = Target(outputs=outputs, means=((0.5,) * width, (0.1,) * width), prior=(0.3,) * width, scale=(0.1,) * width)
    return codes(indicator=indicator).model_copy(update={"encoding": encoding})


def test_a_mean_is_less_the_prior_in_units_of_its_scale_and_missing_takes_its_fill() -> None:
    block = means().encode(["a", "b", None, "new"])
    assert (block.kind, block.width) == (BlockKind.VECTOR, 1)
    np.testing.assert_allclose(block.values.ravel(), [2, -2, -2, 0])


def test_there_is_a_mean_per_class_of_more_than_two() -> None:
    fitted = preparation(means(outputs=("k", "l", "m"), indicator=True))
    assert fitted.feature_names == ("c is missing", *(f"c mean of target = {name}" for name in "klm"))
    np.testing.assert_allclose(fitted.transform({"c": ["a", None]}), [[0, 2, 2, 2], [1, -2, -2, -2]])
    assert fitted.categorical == (False,) * 4


def test_means_survive_their_file_to_the_last_digit(tmp_path: Path) -> None:
    encoding = Target(outputs=(), means=((1 / 3,), (2 / 7,)), prior=(0.1 + 0.2,), scale=(1e-3 / 7,))
    fitted = preparation(codes().model_copy(update={"encoding": encoding}))
    fitted.save(tmp_path)
    rows = {"c": ["a", "b", None, "new"]}
    np.testing.assert_array_equal(Preparation.load(tmp_path).transform(rows), fitted.transform(rows))


def test_means_without_a_category_are_the_prior() -> None:
    encoding = Target(outputs=(), means=(), prior=(0.3,), scale=(1.0,))
    column = codes().model_copy(update={"categories": (), "encoding": encoding})
    np.testing.assert_array_equal(column.encode(["a", None]).values, [[0.0], [0.0]])
