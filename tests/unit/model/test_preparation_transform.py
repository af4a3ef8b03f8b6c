"""A fitted preparation turns raw rows into the features that its document promises."""

import json
from pathlib import Path

import numpy as np
import pytest
from modelyard_api.data import MissingMethod
from modelyard_model.columns.categorical import CategoricalColumn, FilledText
from modelyard_model.columns.datetime import DatetimeColumn
from modelyard_model.columns.numerical import FilledNumber, NumericalColumn
from modelyard_model.errors import InvalidInput, ModelFilesInvalid
from modelyard_model.preparation import Preparation, PreparationDocument

SECRET = "4111-1111"


def number(name: str, *, required: bool = False, indicator: bool = False) -> NumericalColumn:
    missing = FilledNumber(method=MissingMethod.MEDIAN, fill=6.0, indicator=indicator)
    return NumericalColumn(name=name, required=required, missing=missing, center=2.0, scale=4.0)


def category(name: str, *, required: bool = False, indicator: bool = False) -> CategoricalColumn:
    missing = FilledText(method=MissingMethod.MOST_FREQUENT, fill="b", indicator=indicator)
    return CategoricalColumn(name=name, required=required, missing=missing, categories=("a", "b"))


def preparation(*columns: NumericalColumn | CategoricalColumn | DatetimeColumn) -> Preparation:
    return Preparation(PreparationDocument(columns=columns))


def test_numbers_are_filled_then_scaled() -> None:
    features = preparation(number("x", indicator=True)).transform({"x": [2, 10.0, True, None, float("nan")]})
    assert features.tolist() == [[0.0, 0.0], [2.0, 0.0], [-0.25, 0.0], [1.0, 1.0], [1.0, 1.0]]


@pytest.mark.parametrize("kind", [np.int64, np.float32, np.bool_, np.uint8])
def test_numeric_arrays_are_numbers(kind: type[np.generic]) -> None:
    assert preparation(number("x")).transform({"x": np.array([1, 0], dtype=kind)}).ravel().tolist() == [-0.25, -0.5]


def test_single_numpy_numbers_in_a_list_are_numbers() -> None:
    assert preparation(number("x")).transform({"x": [np.float64(2.0), np.int32(6), np.bool_(True)]}).ravel().tolist() == [0.0, 1.0, -0.25]


def test_categories_that_are_missing_take_the_fill_and_unseen_ones_are_zero_everywhere() -> None:
    features = preparation(category("c", indicator=True)).transform({"c": ["a", None, "", float("nan"), "new"]})
    assert features.tolist() == [[0, 1, 0], [1, 0, 1], [1, 0, 1], [1, 0, 1], [0, 0, 0]]


def test_features_are_named_in_their_order() -> None:
    fitted = preparation(category("c", indicator=True), DatetimeColumn(name="t", required=False), number("x", indicator=True))
    assert fitted.feature_names[:6] == ("x", "x is missing", "c is missing", "c = a", "c = b", "t hour sin")
    features = fitted.transform({"c": ["b"], "t": ["2026-01-05T00:00:00"], "x": [None]})
    assert features.shape == (1, len(fitted.feature_names))
    assert dict(zip(fitted.feature_names, features[0], strict=True))["c = b"] == 1.0


def test_an_optional_column_that_is_absent_is_missing_in_every_row() -> None:
    fitted = preparation(number("x", indicator=True), category("c"))
    assert fitted.transform({"c": ["a", "b"]}).tolist() == [[1, 1, 1, 0], [1, 1, 0, 1]]


def test_columns_that_the_model_does_not_know_are_ignored() -> None:
    assert preparation(number("x")).transform({"x": [2.0], "other": object()}).tolist() == [[0.0]]  # type: ignore[dict-item]


def test_no_rows_give_no_features() -> None:
    assert preparation(number("x"), category("c"), DatetimeColumn(name="t", required=False)).transform({"x": []}).shape == (0, 11)


def test_absurdly_large_numbers_stay_finite_in_float32() -> None:
    features = preparation(number("x")).transform({"x": [1e308, -1e308]})
    assert np.isfinite(features.astype(np.float32)).all()


@pytest.mark.parametrize(
    ("cell", "words"),
    [(SECRET, "got text"), ([1.0], "got a list"), ({"a": SECRET}, "got an object"), (10**400, "too large")],
)
def test_what_is_not_a_number_is_refused_without_being_quoted(cell: object, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as raised:
        preparation(number("amount")).transform({"amount": [1.0, cell]})
    assert raised.value.column == "amount"
    assert SECRET not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(("cell", "words"), [(41111111, "got a number"), (True, "got a truth value"), ([SECRET], "got a list")])
def test_what_is_not_text_is_refused_without_being_quoted(cell: object, words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as raised:
        preparation(category("card")).transform({"card": [None, cell]})
    assert raised.value.column == "card"
    assert "4111" not in str(raised.value)


def test_a_required_column_that_is_absent_is_named() -> None:
    with pytest.raises(InvalidInput, match="required") as raised:
        preparation(number("x"), category("c", required=True)).transform({"x": [1.0]})
    assert raised.value.column == "c"


def test_a_missing_value_in_a_required_column_is_still_answered() -> None:
    assert preparation(number("x", required=True)).transform({"x": [None]}).tolist() == [[1.0]]


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(InvalidInput, match="has 1 values, the columns before it have 2") as raised:
        preparation(number("x"), category("c")).transform({"x": [1.0, 2.0], "c": ["a"]})
    assert raised.value.column == "c"


def test_a_request_without_any_known_column_is_refused() -> None:
    with pytest.raises(InvalidInput, match="none of the model's input columns"):
        preparation(number("x")).transform({"y": [1.0]})


def test_the_document_survives_its_file(tmp_path: Path) -> None:
    written = preparation(number("x", indicator=True), category("c"), DatetimeColumn(name="t", required=True))
    written.save(tmp_path)
    assert Preparation.load(tmp_path).document == written.document
    first = json.loads((tmp_path / "preparation.json").read_text())["columns"][0]
    assert first == {
        "kind": "Numerical",
        "name": "x",
        "required": False,
        "missing": {"method": "Median", "fill": 6.0, "indicator": True},
        "center": 2.0,
        "scale": 4.0,
        "reading": None,
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [({"format": 4}, "format"), ({"columns": [{"kind": "Numerical", "name": "x"}]}, "Numerical.required"), ({"surprise": 1}, "surprise")],
)
def test_a_document_of_another_shape_is_refused_in_words(tmp_path: Path, change: dict[str, object], words: str) -> None:
    (tmp_path / "preparation.json").write_text(json.dumps({"format": 1, "columns": []} | change))
    with pytest.raises(ModelFilesInvalid, match=words):
        Preparation.load(tmp_path)


def test_many_rows_are_answered_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    import modelyard_model.preparation as module  # noqa: PLC0415  the function above has its name

    fitted = preparation(number("x", indicator=True), category("c"))
    rows = {"x": [1.0, None, 3.0, 4.0, 5.0], "c": ["a", "b", None, "a", "b"]}
    monkeypatch.setattr(module, "_CELLS_AT_ONCE", 8)
    parts = list(fitted.batches(rows))
    assert [len(part) for part in parts] == [2, 2, 1]
    np.testing.assert_array_equal(np.concatenate(parts), fitted.transform(rows))
    with pytest.raises(InvalidInput, match="row 3") as raised:
        list(fitted.batches(rows | {"x": [1.0, None, 3.0, "no number", 5.0]}))
    assert raised.value.row == 3
    with pytest.raises(InvalidInput, match="has 1 values"):
        list(fitted.batches(rows | {"c": ["a"]}))
    assert [part.shape for part in fitted.batches({"x": []})] == [(0, 4)]
