"""A cell means the same in JSON, in CSV and in a tensor: what the model's rules of reading say, as in training."""

import json

import pytest

from tests.unit.serving.conftest import RULED

CSV = "text/csv"
TEXTS = [  # column, cell, what the model is given
    ("distance", "1234.5", 1234.5),
    ("distance", "1,234.50", 1234.5),
    ("distance", " $1,200 ", 1200.0),
    ("distance", "(12)", -12.0),
    ("distance", "true", 1.0),
    ("distance", "FALSE", 0.0),
    ("distance", "NA", None),
    ("distance", "unknown", None),
    ("distance", "inf", None),
    ("distance", "1e999", None),
    ("distance", "", None),
    ("visib", "0,5", 0.5),
    ("visib", "poor", None),
    ("visib", "-9,0", None),
    ("carrier", "NA", None),
    ("carrier", " UA ", "UA"),
    ("carrier", "None", "None"),
    ("carrier", "Zürich", "Zürich"),
    ("code", "1.0", "1"),
    ("code", "+7", "7"),
    ("member", "TRUE", "yes"),
    ("member", "N", "no"),
    ("day", "31.12.2023", "2023-12-31T00:00:00"),
    ("day", "2023-12-31", "2023-12-31"),
    ("day", "-", None),
]
TYPED = [  # column, cell of JSON, a datatype that holds it, what the model is given
    ("distance", 1234, "INT32", 1234.0),
    ("distance", True, "BOOL", 1.0),
    ("distance", float("nan"), "FP32", None),
    ("distance", float("-inf"), "FP16", None),
    ("distance", None, "FP64", None),
    ("visib", 0.5, "FP64", 0.5),
    ("visib", -9.0, "FP64", None),
    ("carrier", 7.0, "FP64", "7"),
    ("carrier", True, "BOOL", "true"),
    ("carrier", float("nan"), "FP64", None),
    ("carrier", None, "BYTES", None),
    ("code", 1.0, "FP32", "1"),
    ("code", 2**60 + 1, "INT64", str(2**60 + 1)),
    ("member", False, "BOOL", "no"),
    ("day", 20231231, "INT64", "20231231"),
    ("day", None, "BYTES", None),
]
UNREADABLE = [
    ("distance", "far", "expected a number, got text"),
    ("distance", "1.234,5", "expected a number, got text"),
    ("day", "not a date", "expected a timestamp (as in 2026-01-31T12:00:00Z), got other text"),
    ("day", "31.02.2023", "expected a timestamp"),
]


@pytest.fixture
def app(make_app):
    return make_app(inputs=RULED)


def tensor(name, datatype, cell):
    return {"inputs": [{"name": name, "datatype": datatype, "shape": [1], "data": [cell]}]}


def seen(app, answer, column):
    assert answer.status_code == 200, answer.text
    return app.model.seen.pop()[column]


def posted(app, path, body, content_type="application/json"):
    content = json.dumps(body) if content_type == "application/json" else body
    return app.client.post(path, content=content, headers={"content-type": content_type})


@pytest.mark.parametrize(("column", "cell", "wanted"), TEXTS)
def test_texts(app, column, cell, wanted):
    assert seen(app, posted(app, "/invocations", {"dataframe_records": [{column: cell}]}), column) == [wanted]
    assert seen(app, posted(app, "/invocations", f'other,{column}\nx,"{cell}"\n'.encode(), CSV), column) == [wanted]
    assert seen(app, posted(app, "/v2/models/flights/infer", tensor(column, "BYTES", cell)), column) == [wanted]


@pytest.mark.parametrize(("column", "cell", "datatype", "wanted"), TYPED)
def test_typed_cells(app, column, cell, datatype, wanted):
    assert seen(app, posted(app, "/invocations", {"inputs": {column: [cell]}}), column) == [wanted]
    assert seen(app, posted(app, "/v2/models/flights/infer", tensor(column, datatype, cell)), column) == [wanted]


@pytest.mark.parametrize(("column", "cell", "words"), UNREADABLE)
def test_what_cannot_be_read_is_named_by_column_and_row(app, column, cell, words):
    for path, body, content_type in (
        ("/invocations", {"dataframe_split": {"columns": [column], "data": [[None], [cell]]}}, "application/json"),
        ("/invocations", f'{column},other\n,x\n"{cell}",x\n'.encode(), CSV),
        ("/v2/models/flights/infer", {"inputs": [tensor(column, "BYTES", None)["inputs"][0] | {"shape": [2], "data": [None, cell]}]}, ""),
    ):
        answer = posted(app, path, body, content_type or "application/json")
        assert answer.status_code == 400
        assert f"column '{column}', row 1: {words}" in answer.text
        assert cell not in answer.text
    assert app.metric("modelyard_validation_errors_total", reason="wrong_type") == 3


@pytest.mark.parametrize("column", ["distance", "visib"])
@pytest.mark.parametrize(
    ("path", "datatype"), [("/invocations", ""), ("/v2/models/flights/infer", "FP64"), ("/v2/models/flights/infer", "FP32")]
)
def test_an_integer_that_no_float_holds_is_the_senders_fault(app, column, path, datatype):
    body = tensor(column, datatype, 10**400) if datatype else {"instances": [{column: 10**400}]}
    answer = posted(app, path, body)
    assert answer.status_code == 400
    assert f"column '{column}', row 0: " in answer.text


def test_what_mlflows_client_sends_for_missing_values_is_null(app):
    body = (
        '{"dataframe_split": {"index": [0, 1], "columns": ["distance", "carrier", "day"], "data": [[NaN, NaN, "NaT"], [null, null, null]]}}'
    )
    answer = app.client.post("/invocations", content=body, headers={"content-type": "application/json"})
    assert seen(app, answer, "carrier") == [None, None]


def test_the_log_holds_what_the_model_was_given(app):
    posted(app, "/invocations", {"inputs": {"distance": ["1,200"], "member": [True], "carrier": ["NA"]}})
    (logged,) = app.records.requests
    assert {name: logged.inputs[name] for name in ("distance", "member", "carrier")} == {
        "distance": [1200.0],
        "member": ["yes"],
        "carrier": [None],
    }


def test_the_schema_says_what_else_a_column_takes(app):
    row = app.client.get("/openapi.json").json()["components"]["schemas"]["Row"]["properties"]
    assert row["distance"] == {"type": ["number", "string", "boolean", "null"]}
    assert row["carrier"] == {"type": ["string", "number", "boolean", "null"]}
    assert row["day"] == {"type": ["string", "null"]}
    metadata = app.client.get("/v2/models/flights").json()["inputs"]
    assert [each["datatype"] for each in metadata] == ["FP64", "FP64", "BYTES", "BYTES", "BYTES", "BYTES"]
