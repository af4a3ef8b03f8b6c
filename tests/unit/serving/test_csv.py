"""``text/csv`` as people have it: encodings, separators, lines before the header, and errors that name the line."""

import codecs
import gzip

import pytest
import zstandard
from modelyard_model.cells.input_column import InputColumn
from modelyard_model.signature import DType
from modelyard_serving.failures import InvalidRequest
from modelyard_serving.protocols.bodies import LARGEST, unpacked

from tests.unit.serving.conftest import RULED
from tests.unit.written_files import zipped

BODY = "distance,carrier,visib\n100,Zürich,\n900,UA,2\n"
PACKED = b"distance,carrier\n1,AA\n"
SEEN = {"distance": [100.0, 900.0], "carrier": ["Zürich", "UA"], "visib": [None, 2.0]}


def post(app, body, content_type="text/csv"):
    return app.client.post("/invocations", content=body, headers={"content-type": content_type})


@pytest.mark.parametrize(
    ("body", "parameters"),
    [
        (BODY.encode(), ""),
        (codecs.BOM_UTF8 + BODY.encode(), "; charset=utf-8"),
        (BODY.encode("cp1252"), ""),
        (BODY.encode("latin-1"), "; charset=ISO-8859-1"),
        (BODY.encode("latin-1"), '; charset="windows-1252"'),
        (BODY.encode("utf-16"), ""),
        (BODY.encode("utf-16-be"), "; charset=utf-16"),
        (BODY.replace(",", ";").encode(), "; header=present"),
        (BODY.replace(",", "\t").encode(), ""),
        (BODY.replace(",", "|").replace("\n", "\r\n").encode(), ""),
        (BODY.replace("Zürich", ' "Zürich"').encode(), ""),
        (("# made today\nsep=,\n" + BODY).encode(), ""),
        (BODY.replace("900", "\n\n900").encode(), ""),
        (("," + BODY.replace("\n1", "\n0,1").replace("\n9", "\n1,9")).encode(), ""),  # an index, as pandas writes it
    ],
)
def test_each_way_to_write_a_table_gives_the_same_rows(app, body, parameters):
    answer = post(app, body, "text/csv" + parameters)
    assert answer.status_code == 200, answer.text
    assert app.model.seen == [SEEN]


@pytest.mark.parametrize("parameters", ["; header=absent", "; charset=koi8-r", "; boundary=x"])
def test_other_parameters_are_415(client, parameters):
    answer = client.post("/invocations", content=BODY.encode(), headers={"content-type": "text/csv" + parameters})
    assert answer.status_code == 415
    assert "text/csv header=present and charset=utf-8, utf-16, iso-8859-1, latin-1, windows-1252" in answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "parameters", "words"),
    [
        (b"distance,carrier\n1,UA\n2,U,A\n", "", "row 1, line 3: 3 fields, the header has 2; put a field that holds ','"),
        (b"distance,carrier\n1,UA\n2\n", "", "row 1, line 3: 1 field, the header has 2; give every column a field"),
        (b'distance,carrier\n1,"UA\n2,AA\n', "", 'line 2: a quote (") that begins here is never closed'),
        (BODY.encode("latin-1"), "; charset=utf-8", "the body is not text in UTF-8; name its charset"),
        (b"", "", "no rows"),
        (b"distance,carrier\n", "", "no rows"),
        (b"a,b\n1,2\n", "", "none of the model's columns is in the request"),
    ],
)
def test_errors_name_the_line_and_the_fix(app, body, parameters, words):
    answer = post(app, body, "text/csv" + parameters)
    assert answer.status_code == 400
    assert words in answer.json()["message"]


def test_the_separator_of_the_training_file_is_meant_where_nothing_separates(make_app):
    app = make_app(inputs=RULED, separator=";")
    assert post(app, b"visib\n0,5\n1,5\n").status_code == 200
    assert app.model.seen[0]["visib"] == [0.5, 1.5]


def test_columns_without_a_name_or_with_a_repeated_one_are_called_as_in_training(make_app):
    columns = ["distance", "column_2", "x", "x_duplicated_0"]
    app = make_app(inputs=[InputColumn(name, DType.FP64, True) for name in columns])
    assert post(app, b"distance,,x,x\n1,2,3,4\n").status_code == 200
    assert app.model.seen == [{"distance": [1.0], "column_2": [2.0], "x": [3.0], "x_duplicated_0": [4.0]}]


@pytest.mark.parametrize(
    ("cell", "wanted"), [("True", 1.0), ("TRUE", 1.0), ("false", 0.0), ("inf", None), ("-Infinity", None), ("NA", None), (" 7 ", 7.0)]
)
def test_a_model_without_rules_reads_plain_numbers_and_truth_values(app, cell, wanted):
    assert post(app, f"distance\n{cell}\n1\n").status_code == 200
    assert app.model.seen[0]["distance"] == [wanted, 1.0]


@pytest.mark.parametrize("cell", ["1_000", '"1,000"', "unknown", "$5", " NA"])
def test_a_model_without_rules_refuses_other_texts_as_before(app, cell):
    answer = post(app, f"distance,carrier\n{cell},UA\n")
    assert answer.status_code == 400
    assert "column 'distance', row 0: expected a number, got text" in answer.json()["message"]


@pytest.mark.parametrize(
    "body",
    [gzip.compress(PACKED), zstandard.compress(PACKED), zipped({"a.csv": PACKED}), zipped({"a.csv": PACKED, "__MACOSX/._a.csv": b"x"})],
)
def test_a_packed_file_is_unpacked(body: bytes) -> None:
    assert unpacked(body) == PACKED


@pytest.mark.parametrize(
    ("body", "words", "status"),
    [
        (gzip.compress(b"distance\n1\n")[:-6], "can't be unpacked", 400),
        (zipped({"a.csv": PACKED, "b.csv": PACKED}), "a zip file of 2 files", 400),
        (b"PK\x03\x04 and no more", "can't be unpacked", 400),
        (gzip.compress(bytes(LARGEST + 1)), "when it is unpacked", 413),
    ],
)
def test_a_packed_file_that_is_damaged_or_a_bomb_is_refused(body: bytes, words: str, status: int) -> None:
    with pytest.raises(InvalidRequest, match=words) as found:
        unpacked(body)
    assert found.value.status == status
