"""MLflow's scoring protocol."""

import json

import pytest

ROWS = [{"distance": 100, "carrier": "UA", "visib": 10.0}, {"distance": 900.0, "carrier": None, "visib": None}]
ANSWERS = [
    {"prediction": "no", "probability_no": 0.9, "probability_yes": 0.1},
    {"prediction": "yes", "probability_no": pytest.approx(0.1), "probability_yes": 0.9},
]
COLUMNS = ["distance", "carrier", "visib"]
FORMS = {
    "dataframe_records": ROWS,
    "dataframe_split": {"columns": COLUMNS, "index": [5, 6], "data": [[row[name] for name in COLUMNS] for row in ROWS]},
    "instances": ROWS,
    "inputs": {name: [row[name] for row in ROWS] for name in COLUMNS},
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_gives_the_same_answer(client, form):
    answer = client.post("/invocations", json={form: FORMS[form], "params": {}})
    assert answer.status_code == 200
    assert answer.json() == {"predictions": ANSWERS}


def test_inputs_may_be_a_column_of_one_value_lists(client):
    answer = client.post("/invocations", json={"inputs": {"distance": [[100], [900]]}})
    assert answer.json() == {"predictions": ANSWERS}


def test_csv_is_read_with_missing_values(client, app):
    body = 'carrier,distance,visib\n"U,A",100,\nNA,900,nan\n'
    answer = client.post("/invocations", content=body, headers={"content-type": "text/csv; charset=UTF-8"})
    assert answer.json() == {"predictions": ANSWERS}
    assert app.model.seen == [{"distance": [100.0, 900.0], "carrier": ["U,A", None], "visib": [None, None]}]


def test_values_reach_the_model_in_its_own_terms(client, app):
    body = '{"dataframe_records": [{"distance": 1, "visib": NaN, "more": "ignored"}, {"distance": true, "carrier": ""}]}'
    assert client.post("/invocations", content=body, headers={"content-type": "application/json"}).status_code == 200
    assert app.model.seen == [{"distance": [1.0, 1.0], "carrier": [None, None], "visib": [None, None]}]


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ("[1]", "BAD_REQUEST", "JSON object"),
        ("{", "BAD_REQUEST", "not valid JSON"),
        ("", "BAD_REQUEST", "not valid JSON"),
        ("[" * 100_000, "BAD_REQUEST", "deeply nested"),
        ('{"inputs": {"distance": [' + "1" * 5000 + "]}}", "BAD_REQUEST", "too long a number"),
        ("{}", "BAD_REQUEST", "exactly one of dataframe_split, dataframe_records, instances, inputs"),
        ('{"instances": [], "inputs": {}}', "BAD_REQUEST", "it has 2"),
        ('{"instances": {}}', "BAD_REQUEST", "instances has to be a list"),
        ('{"instances": [[1, 2]]}', "BAD_REQUEST", "row 0 has to be an object"),
        ('{"dataframe_records": []}', "INVALID_PARAMETER_VALUE", "no rows"),
        ('{"dataframe_split": {"columns": ["distance"]}}', "BAD_REQUEST", "columns and data"),
        ('{"dataframe_split": {"columns": ["distance"], "data": [[1], [1, 2]]}}', "INVALID_PARAMETER_VALUE", "row 1 has to be a list of 1"),
        ('{"dataframe_split": {"columns": ["distance", "distance"], "data": [[1, 2]]}}', "BAD_REQUEST", "twice"),
        ('{"inputs": {"distance": 5}}', "BAD_REQUEST", "column 'distance' has to be a list"),
        ('{"inputs": {"distance": [1]}, "params": [1]}', "BAD_REQUEST", "params"),
    ],
)
def test_a_malformed_body_is_refused_in_mlflows_words(client, body, code, words):
    answer = client.post("/invocations", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json().keys() == {"error_code", "message"}
    assert answer.json()["error_code"] == code
    assert words in answer.json()["message"]


@pytest.mark.parametrize(
    ("content_type", "words"),
    [("", "application/json or text/csv"), ("text/html", "application/json"), ("application/json; charset=latin-1", "charset=utf-8")],
)
def test_other_content_types_are_415(client, content_type, words):
    answer = client.post("/invocations", content=b"{}", headers={"content-type": content_type})
    assert (answer.status_code, words in answer.json()["message"]) == (415, True)


def test_more_rows_than_allowed_are_413(make_app):
    answer = make_app(max_rows=2).client.post("/invocations", json={"dataframe_records": [{}] * 3})
    assert answer.status_code == 413
    assert "3 rows, at most 2" in answer.json()["message"]


@pytest.mark.parametrize("announced", [True, False])
def test_a_larger_body_than_allowed_is_413(make_app, announced):
    body = json.dumps({"dataframe_records": ROWS}).encode()

    async def in_pieces():
        for byte in body:
            yield bytes([byte])

    content = body if announced else in_pieces()
    answer = make_app(max_body_bytes=50).client.post("/invocations", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert answer.json()["error_code"] == "REQUEST_LIMIT_EXCEEDED"


def test_ping_health_and_version(client):
    assert [client.get(path).status_code for path in ("/ping", "/health")] == [200, 200]
    assert client.get("/version").text.startswith("3.")
