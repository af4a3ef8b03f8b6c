"""Open Inference Protocol v2."""

import pytest

INFER = "/v2/models/flights/infer"


def tensor(name, datatype, data, shape=None):
    return {"name": name, "datatype": datatype, "shape": shape or [len(data)], "data": data}


def infer(client, *tensors, path=INFER, **more):
    return client.post(path, json={"inputs": list(tensors)} | more)


def test_the_server_and_its_model_introduce_themselves(client):
    assert client.get("/v2").json().keys() == {"name", "version", "extensions"}
    assert client.get("/v2/health/live").json() == {"live": True}
    assert client.get("/v2/health/ready").json() == {"ready": True}
    assert client.get("/v2/models").json() == {"models": ["flights"]}
    for path in ("/v2/models/flights", "/v2/models/flights/versions/7"):
        assert client.get(f"{path}/ready").json() == {"name": "flights", "ready": True}
        assert client.get(path).json() == {
            "name": "flights",
            "versions": ["7"],
            "platform": "modelyard",
            "inputs": [
                {"name": "distance", "datatype": "FP64", "shape": [-1, 1]},
                {"name": "carrier", "datatype": "BYTES", "shape": [-1, 1]},
                {"name": "visib", "datatype": "FP64", "shape": [-1, 1]},
            ],
            "outputs": [
                {"name": "prediction", "datatype": "BYTES", "shape": [-1, 1]},
                {"name": "probability_no", "datatype": "FP64", "shape": [-1, 1]},
                {"name": "probability_yes", "datatype": "FP64", "shape": [-1, 1]},
            ],
        }


def test_infer_answers_all_outputs_and_repeats_the_id(client, app):
    answer = infer(
        client, tensor("distance", "FP32", [100.0, 900.0]), tensor("carrier", "BYTES", ["UA", None]), id="r 1", parameters={"a": 1}
    )
    assert answer.status_code == 200
    assert answer.json() == {
        "model_name": "flights",
        "model_version": "7",
        "id": "r 1",
        "outputs": [
            {"name": "prediction", "shape": [2, 1], "datatype": "BYTES", "data": ["no", "yes"]},
            {"name": "probability_no", "shape": [2, 1], "datatype": "FP64", "data": [0.9, pytest.approx(0.1)]},
            {"name": "probability_yes", "shape": [2, 1], "datatype": "FP64", "data": [0.1, 0.9]},
        ],
    }
    assert app.model.seen == [{"distance": [100.0, 900.0], "carrier": ["UA", None], "visib": [None, None]}]


def test_only_requested_outputs_are_answered_without_an_id_if_none_was_given(client):
    answer = infer(
        client, tensor("distance", "INT32", [900]), path="/v2/models/flights/versions/7/infer", outputs=[{"name": "probability_yes"}]
    )
    assert answer.json()["outputs"] == [{"name": "probability_yes", "shape": [1, 1], "datatype": "FP64", "data": [0.9]}]
    assert "id" not in answer.json()


@pytest.mark.parametrize(("data", "shape"), [([1, 2], [2]), ([1, 2], [2, 1]), ([[1], [2]], [2, 1])])
def test_shapes_that_are_understood(client, app, data, shape):
    assert infer(client, tensor("distance", "UINT8", data, shape)).status_code == 200
    assert app.model.seen[0]["distance"] == [1.0, 2.0]


@pytest.mark.parametrize(
    ("datatype", "good", "bad"),
    [
        ("BOOL", True, 1),
        ("INT8", -128, 128),
        ("INT64", -(2**63), 2**63),
        ("UINT8", 255, 256),
        ("UINT64", 2**64 - 1, -1),
        ("INT32", 1, 1.5),
        ("FP16", 65504, 70000),
        ("FP32", 3.4e38, 3.5e38),
        ("FP64", 1.7e308, "1"),
    ],
)
def test_values_have_to_fit_their_datatype(client, datatype, good, bad):
    assert infer(client, tensor("distance", datatype, [good])).status_code == 200
    answer = infer(client, tensor("distance", datatype, [good, bad]))
    assert answer.status_code == 400
    assert answer.json() == {"error": f"column 'distance', row 1: the value is not {datatype}"}


@pytest.mark.parametrize(
    ("tensors", "words"),
    [
        ([], "inputs has to be a list of tensors"),
        ([{"datatype": "FP64"}], "inputs[0] has to be an object with a name"),
        ([tensor("carrier", "BYTES", ["UA"])], "column 'distance' is required"),
        ([tensor("distance", "BYTES", ["1"])], "column 'distance', row 0: expected a number, got text"),
        ([tensor("distance", "FP64", [1.0])] * 2, "column 'distance' is in inputs twice"),
        ([tensor("distance", "FP65", [1.0])], "column 'distance': datatype has to be one of BOOL"),
        ([tensor("distance", "FP64", [1.0], [2])], "column 'distance': data has 1 values, its shape says 2"),
        ([tensor("distance", "FP64", [1.0, 2.0], [1, 2])], "column 'distance': shape has to be [n] or [n, 1]"),
        ([tensor("distance", "FP64", [], [0])], "no rows"),
        (
            [{"name": "distance", "shape": [1], "datatype": "FP64", "parameters": {"binary_data_size": 8}}],
            "binary tensors are not supported",
        ),
        ([tensor("distance", "FP64", [1.0]), tensor("carrier", "BYTES", ["a", "b"])], "column 'carrier' has 2 values"),
    ],
)
def test_tensors_that_are_refused(client, tensors, words):
    answer = infer(client, *tensors)
    assert answer.status_code == 400
    assert answer.json().keys() == {"error"}
    assert words in answer.json()["error"]


@pytest.mark.parametrize(
    ("outputs", "words"),
    [
        ([{"name": "probability"}], "outputs[0]: the model's outputs are prediction, probability_no, probability_yes"),
        ([{"name": "prediction", "parameters": {"binary_data": True}}], "outputs[0]: binary tensors"),
        ("prediction", "outputs has to be a list"),
    ],
)
def test_outputs_that_are_refused(client, outputs, words):
    assert words in infer(client, tensor("distance", "FP64", [1.0]), outputs=outputs).json()["error"]


@pytest.mark.parametrize(
    "path",
    [
        "/v2/models/other/infer",
        "/v2/models/flights/versions/8/infer",
        "/v2/models/other",
        "/v2/models/flights/versions/8/ready",
        "/v2/nowhere",
    ],
)
def test_other_models_and_paths_are_404(client, path):
    answer = client.post(path, json={}) if path.endswith("infer") else client.get(path)
    assert (answer.status_code, answer.json().keys()) == (404, {"error"})
