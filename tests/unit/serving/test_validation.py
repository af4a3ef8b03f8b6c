"""What is refused, in which words; and that no word of it is the sender's data."""

import json

import pytest
from modelyard_model.cells.input_column import InputColumn
from modelyard_model.signature import DType
from modelyard_serving.failures import InvalidRequest
from modelyard_serving.validation import Validator

CANARY = "k3ep-this-secret"
GOOD = {"distance": 1.0, "carrier": "UA", "visib": 2.0}
JSON = {"content-type": "application/json"}


def validator(max_rows=100):
    inputs = (InputColumn("distance", DType.FP64, True), InputColumn("carrier", DType.STRING, False))
    return Validator(inputs, max_rows)


@pytest.mark.parametrize(
    ("columns", "reason", "words"),
    [
        ({}, "missing_column", "none of the model's columns is in the request; it reads distance, carrier"),
        ({"carrier": ["a"]}, "missing_column", "column 'distance' is required"),
        ({"distance": [1], "carrier": ["a", "b"]}, "wrong_length", "column 'carrier' has 2 values, column 'distance' has 1"),
        ({"distance": []}, "no_rows", "no rows"),
        ({"distance": [1, "2"]}, "wrong_type", "column 'distance', row 1: expected a number, got text"),
        ({"distance": [{}]}, "wrong_type", "column 'distance', row 0: expected a number, got an object"),
        ({"distance": [[1, 2]]}, "wrong_type", "expected a number, got a list"),
        ({"distance": [10**400]}, "not_finite", "column 'distance', row 0: the number is too large"),
        ({"distance": [1], "carrier": [5]}, "wrong_type", "column 'carrier', row 0: expected text, got a number"),
        ({"distance": [1], "carrier": [True]}, "wrong_type", "expected text, got a truth value"),
        ({"distance": [1], "carrier": ["\ud800"]}, "wrong_type", "column 'carrier', row 0: the text is not valid Unicode"),
        ({"distance": [1] * 101}, "too_many_rows", "101 rows, at most 100"),
    ],
)
def test_refused(columns, reason, words):
    with pytest.raises(InvalidRequest) as caught:
        validator().columns(columns)
    assert caught.value.reason == reason
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("given", "checked"),
    [
        ([1.5, 2.5], [1.5, 2.5]),
        ([1, True, None, float("nan")], [1.0, 1.0, None, None]),
        ([1.7e308, 1.7e308], [1.7e308, 1.7e308]),  # their sum is infinite, they are not
        ([1.0, float("inf"), float("-inf")], [1.0, None, None]),  # as in training
    ],
)
def test_numbers_that_are_taken(given, checked):
    assert validator().columns({"distance": given}) == {"distance": checked, "carrier": [None] * len(given)}


def test_texts_that_are_taken():
    given = {"distance": [1, 2, 3, 4], "carrier": ["", None, "Zürich ✈", float("nan")], "more": [object()]}
    assert validator().columns(given)["carrier"] == [None, None, "Zürich ✈", None]


def test_a_required_column_that_only_some_rows_have_is_named_with_the_row(client):
    answer = client.post("/invocations", json={"dataframe_records": [GOOD, {"carrier": "UA"}]})
    assert answer.status_code == 400
    assert answer.json()["message"] == "column 'distance' is required and is not in row 1; send null where a value is missing"


def tensor(name, datatype, data, **more):
    return {"name": name, "datatype": datatype, "shape": [len(data)], "data": data} | more


DISTANCE = tensor("distance", "FP64", [1.0])
SPOILED = [
    ("/invocations", {"dataframe_records": [GOOD | {"distance": CANARY}]}),
    ("/invocations", {"dataframe_records": [GOOD | {"carrier": [CANARY]}]}),
    ("/invocations", {"dataframe_records": [GOOD | {"carrier": {CANARY: CANARY}}]}),
    ("/invocations", {"dataframe_records": [GOOD | {"carrier": CANARY + "\ud800"}]}),
    ("/invocations", {"dataframe_records": [{CANARY: CANARY}]}),
    ("/invocations", {"dataframe_records": [GOOD, CANARY]}),
    ("/invocations", {"dataframe_records": [GOOD, {CANARY: 1}]}),
    ("/invocations", {"dataframe_records": CANARY}),
    ("/invocations", {"dataframe_split": {"columns": [CANARY, CANARY], "data": [[CANARY, CANARY]]}}),
    ("/invocations", {"dataframe_split": {"columns": ["distance"], "data": [[1, CANARY]]}}),
    ("/invocations", {"inputs": {"distance": CANARY}}),
    ("/invocations", {"inputs": {"distance": [1], "carrier": [CANARY, CANARY]}}),
    ("/invocations", {"inputs": CANARY}),
    ("/invocations", {CANARY: [GOOD]}),
    ("/invocations", {"inputs": {"distance": [1]}, "params": CANARY}),
    ("/invocations", CANARY),
    ("/v2/models/flights/infer", {"inputs": [tensor("distance", "FP64", [CANARY])]}),
    ("/v2/models/flights/infer", {"inputs": [tensor("distance", CANARY, [1.0])]}),
    ("/v2/models/flights/infer", {"inputs": [tensor("distance", "FP64", [1.0], shape=[CANARY])]}),
    ("/v2/models/flights/infer", {"inputs": [tensor(CANARY, "FP64", [1.0])]}),
    ("/v2/models/flights/infer", {"inputs": CANARY}),
    ("/v2/models/flights/infer", {"inputs": [DISTANCE], "outputs": [{"name": CANARY}]}),
    ("/v2/models/flights/infer", {"inputs": [DISTANCE], "id": [CANARY]}),
    ("/v2/models/flights/infer", {"inputs": [DISTANCE], "parameters": CANARY}),
    ("/feedback", {"request_id": "a", "outcome": CANARY}),
    ("/feedback", {"request_id": "!" + CANARY, "outcome": "yes"}),
    ("/feedback", {"request_id": "a", "row": CANARY, "outcome": "yes"}),
    ("/feedback", {"outcomes": [{CANARY: CANARY}]}),
    ("/feedback", {"outcomes": CANARY}),
]


@pytest.mark.parametrize(("path", "body"), SPOILED)
def test_no_error_repeats_the_data(client, app, path, body):
    answer = client.post(path, content=json.dumps(body), headers=JSON)
    assert answer.status_code == 400
    assert CANARY not in answer.text + str(answer.headers)
    assert client.post("/invocations", json={"dataframe_records": [GOOD]}).status_code == 200
    assert app.records.outcomes == []


@pytest.mark.parametrize("body", [f'{{"{CANARY}": ', f'"{CANARY}', f"{CANARY}", f'{{"inputs": {{"distance": [1]}}, "{CANARY}": 1 1}}'])
@pytest.mark.parametrize("path", ["/invocations", "/v2/models/flights/infer", "/feedback"])
def test_no_error_repeats_json_that_cannot_be_read(client, path, body):
    answer = client.post(path, content=body, headers=JSON)
    assert answer.status_code == 400
    assert CANARY not in answer.text


@pytest.mark.parametrize(
    "body",
    [f"distance\n{CANARY}\n", f"distance,carrier\n1\n{CANARY},2,3\n", f'distance\n"{CANARY}', f'distance\n"1"{CANARY}\n', f"{CANARY}\n1\n"],
)
def test_no_error_repeats_csv(client, body):
    answer = client.post("/invocations", content=body, headers={"content-type": "text/csv"})
    assert answer.status_code == 400
    assert CANARY not in answer.text


def test_a_failure_of_the_model_is_a_500_without_its_words(client, app, caplog):
    app.model.failure = RuntimeError(f"can't handle {CANARY}")
    answer = client.post("/invocations", json={"dataframe_records": [GOOD]}, headers={"x-request-id": "r-1"})
    assert answer.status_code == 500
    assert answer.json()["error_code"] == "INTERNAL_ERROR"
    assert "r-1" in answer.json()["message"]
    assert "RuntimeError" in caplog.text
    assert CANARY not in answer.text + caplog.text
    app.model.failure = None
    assert client.post("/invocations", json={"dataframe_records": [GOOD]}).status_code == 200
