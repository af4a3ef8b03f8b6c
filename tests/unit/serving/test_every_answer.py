"""Request ids, versions, readiness, metrics: what holds for every request, whatever the protocol."""

import re

import pytest

GOOD = {"dataframe_records": [{"distance": 900}]}


def test_answers_carry_the_request_id_that_was_sent(client, app):
    answer = client.post("/invocations", json=GOOD, headers={"x-request-id": "order-5:a.b_C"})
    assert answer.headers["x-request-id"] == "order-5:a.b_C"
    assert answer.headers["x-model-version"] == "7"
    assert app.records.requests[0].request_id == "order-5:a.b_C"


@pytest.mark.parametrize("sent", [None, "", "with space", "-a", "a" * 129, "semi;colon"])
def test_an_id_that_is_missing_or_strange_is_replaced(client, sent):
    answer = client.post("/invocations", json=GOOD, headers={"x-request-id": sent} if sent is not None else {})
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])


@pytest.mark.parametrize("path", ["/invocations", "/v2/models/flights/infer", "/feedback", "/nowhere", "/v2/health/ready", "/metrics"])
def test_errors_and_probes_carry_id_and_version_too(client, path):
    answer = client.post(path, json={}) if path not in {"/v2/health/ready", "/metrics"} else client.get(path)
    assert answer.headers["x-request-id"]
    assert answer.headers["x-model-version"] == "7"


def test_what_was_answered_is_handed_to_the_log(client, app):
    client.post("/invocations", json={"dataframe_records": [{"distance": 900, "carrier": "UA"}, {"distance": 100}]})
    (logged,) = app.records.requests
    assert logged.inputs == {"distance": [900.0, 100.0], "carrier": ["UA", None], "visib": [None, None]}
    assert logged.outputs["prediction"] == ["yes", "no"]
    assert (logged.rows, logged.time.isoformat()) == (2, "2026-03-01T12:00:00+00:00")


def test_refused_requests_are_not_logged(client, app):
    client.post("/invocations", json={"dataframe_records": [{}]})
    assert app.records.requests == []


def test_a_full_log_changes_no_answer(client, app):
    app.records.full = True
    assert client.post("/invocations", json=GOOD).status_code == 200


def test_only_the_sampled_share_is_logged(make_app):
    app = make_app(sample_ratio=0.25)
    for number in range(400):
        app.client.post("/invocations", json=GOOD, headers={"x-request-id": f"r{number}"})
    assert 60 < len(app.records.requests) < 140
    again = [request.request_id for request in app.records.requests]
    app.records.requests.clear()
    for number in range(400):
        app.client.post("/invocations", json=GOOD, headers={"x-request-id": f"r{number}"})
    assert [request.request_id for request in app.records.requests] == again


def test_before_the_model_is_loaded_everything_says_what_it_waits_for(make_app):
    app = make_app(loaded=False)
    app.readiness.waiting("the registry is away; trying again")
    assert app.client.get("/v2/health/live").status_code == 200
    for path in ("/v2/health/ready", "/v2/models/flights/ready"):
        answer = app.client.get(path)
        assert (answer.status_code, answer.json()["error"]) == (503, "the registry is away; trying again")
    assert [app.client.get(path).status_code for path in ("/ping", "/health")] == [503, 503]
    for path in ("/invocations", "/v2/models/flights/infer", "/feedback"):
        answer = app.client.post(path, json=GOOD)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "the registry is away" in answer.text
    assert app.client.get("/v2/models/flights").status_code == 503


def test_a_draining_server_is_unready_but_answers_and_lets_connections_go(client, app):
    assert "connection" not in client.post("/invocations", json=GOOD).headers
    app.readiness.drain()
    assert client.get("/v2/health/ready").json() == {"ready": False, "error": "the server is shutting down"}
    assert client.get("/v2/health/live").status_code == 200
    answer = client.post("/invocations", json=GOOD)
    assert (answer.status_code, answer.headers["connection"]) == (200, "close")


def test_metrics_count_requests_by_protocol_and_code(client, app):
    client.post("/invocations", json=GOOD)
    client.post("/invocations", json={})
    client.post("/v2/models/flights/infer", json={"inputs": [{"name": "distance", "datatype": "FP64", "shape": [1], "data": ["x"]}]})
    client.post("/feedback", json={"request_id": "r", "outcome": "yes"})
    client.get("/v2/health/ready")
    assert app.metric("modelyard_requests_total", code="200", protocol="mlflow") == 1
    assert app.metric("modelyard_requests_total", code="400", protocol="mlflow") == 1
    assert app.metric("modelyard_requests_total", code="400", protocol="v2") == 1
    assert app.metric("modelyard_requests_total", code="202", protocol="feedback") == 1
    assert app.metric("modelyard_request_duration_seconds_count", protocol="mlflow") == 2
    assert app.metric("modelyard_predict_seconds_count") == 1
    assert app.metric("modelyard_validation_errors_total", reason="missing_form") == 1
    assert app.metric("modelyard_validation_errors_total", reason="wrong_type") == 1
    assert app.metric("modelyard_inflight_requests") == 0
    text = client.get("/metrics")
    assert text.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'modelyard_requests_total{code="200",protocol="mlflow"} 1.0' in text.text


def test_openapi_speaks_of_the_models_columns(client):
    document = client.get("/openapi.json").json()
    row = document["components"]["schemas"]["Row"]
    assert row["properties"] == {
        "distance": {"type": ["number", "null"]},
        "carrier": {"type": ["string", "null"]},
        "visib": {"type": ["number", "null"]},
    }
    assert row["required"] == ["distance"]
    assert document["components"]["schemas"]["Prediction"]["properties"]["prediction"] == {"type": "string", "enum": ["no", "yes"]}
    bodies = {"/invocations": "Invocation", "/v2/models/{model}/infer": "InferRequest", "/feedback": "Feedback"}
    for path, schema in bodies.items():
        content = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        assert content["schema"] == {"$ref": f"#/components/schemas/{schema}"}


def test_the_openapi_schema_takes_what_the_server_takes(client):
    import jsonschema  # noqa: PLC0415

    document = client.get("/openapi.json").json()

    def takes(name, value):
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        return jsonschema.Draft202012Validator(schema).is_valid(value)

    split = {"columns": ["distance"], "data": [[1]]}
    for body in ({"dataframe_records": [{"distance": 1, "carrier": None}]}, {"dataframe_split": split}, {"inputs": {"distance": [1]}}):
        assert takes("Invocation", body)
        answer = client.post("/invocations", json=body)
        assert takes("Predictions", answer.json())
    assert not takes("Invocation", {"dataframe_records": [{"carrier": "UA"}]})
    assert takes("Feedback", {"request_id": "r", "outcome": "yes"})
    assert not takes("Feedback", {"request_id": "r", "outcome": "perhaps"})


def test_openapi_without_a_model_has_the_paths_alone(make_app):
    document = make_app(loaded=False).client.get("/openapi.json").json()
    assert "/invocations" in document["paths"]
    assert "Row" not in document.get("components", {}).get("schemas", {})
