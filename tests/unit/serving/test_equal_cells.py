"""Any rows, sent as CSV in any form, as JSON in each of its shapes, as tensors or by ``predict -f``: the model is given the same."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from modelyard_cli.predicting.rows import from_file
from modelyard_model.text_files import encoding_of
from modelyard_serving.failures import InvalidRequest
from modelyard_serving.protocols import invocations, open_inference
from modelyard_serving.validation import Validator

from tests.unit.serving.conftest import RULED, DistanceModel
from tests.unit.written_files import Written

NAMES = [column.name for column in RULED]
MODEL, VALIDATOR = DistanceModel(RULED), Validator(RULED, 100)
WRITTEN = [
    "1",
    "1,5",
    "1.5",
    "$1,234",
    "1.234,5",
    "-0",
    "7 %",
    "NA",
    "null",
    "?",
    "True",
    "no",
    " Y",
    "inf",
    "1e999",
    "None",
    "01",
    "31.12.2023",
]
WRITTEN += ["2023-12-31T10:00", "12/31/2023", 'say "hi"', "two\nlines", "a;b", "a|b", "tab\there", "Zürich", "", " "]
CELLS = st.sampled_from(WRITTEN) | st.text(st.characters(codec="cp1252", exclude_categories=["Cc", "Cs"]), max_size=5)
ROWS = st.lists(st.fixed_dictionaries(dict.fromkeys(NAMES, CELLS)), min_size=1, max_size=4)
OK_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "distance": st.sampled_from(["1", "$1,234", "(5)", "NA", "", "true", "inf"]),
            "visib": CELLS,
            "carrier": CELLS,
            "code": CELLS,
            "member": CELLS,
            "day": st.sampled_from(["31.12.2023", "2023-12-31", "?", ""]),
        }
    ),
    min_size=1,
    max_size=4,
)


FORMS = st.builds(
    Written,
    separator=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    newline=st.sampled_from(["\n", "\r\n"]),
    before=st.sampled_from(["", "# made today\n", "\n\n", "Flights of 2023\n\n", "sep=;\n"]),
)


def read(read_columns: Callable[[], dict[str, Any]]) -> object:
    try:
        return read_columns()
    except InvalidRequest as error:
        return error.reason, error.message


def written(rows: list[dict[str, str]], form: Written) -> bytes:
    return form.bytes_of(["id", *NAMES], [[number, *(row[name] for name in NAMES)] for number, row in enumerate(rows)])


def as_csv(rows: list[dict[str, str]], form: Written) -> object:
    charset = {"cp1252": "; charset=windows-1252", "utf-16-le": "; charset=utf-16"}.get(form.encoding, "")
    return read(lambda: invocations.read(written(rows, form), "text/csv" + charset, MODEL, VALIDATOR))


def by_predict(rows: list[dict[str, str]], form: Written) -> object:
    content = written(rows, form)
    assume(content.decode(encoding_of(content)) == content.decode(form.encoding))  # no charset says which of two it is
    with NamedTemporaryFile() as file:
        Path(file.name).write_bytes(content)
        (request,) = from_file(file.name, lambda: NAMES)
    return read(lambda: invocations.read(request.body, request.content_type, MODEL, VALIDATOR))


def as_json(form: str, rows: object) -> object:
    return read(lambda: invocations.read(json.dumps({form: rows}).encode(), "application/json", MODEL, VALIDATOR))


def as_tensors(rows: list[dict[str, str]]) -> object:
    tensors = [{"name": name, "shape": [len(rows)], "datatype": "BYTES", "data": [row[name] for row in rows]} for name in NAMES]
    return read(lambda: open_inference.read(json.dumps({"inputs": tensors}).encode(), VALIDATOR, ()).columns)


@settings(max_examples=150, deadline=None)
@given(ROWS | OK_ROWS, FORMS)
def test_equal_cells_are_read_alike(rows: list[dict[str, str]], form: Written) -> None:
    wanted = as_json("dataframe_records", rows)
    assert as_json("instances", rows) == wanted
    assert as_json("dataframe_split", {"columns": NAMES, "data": [[row[name] for name in NAMES] for row in rows]}) == wanted
    assert as_json("inputs", {name: [row[name] for row in rows] for name in NAMES}) == wanted
    assert as_tensors(rows) == wanted
    assert as_csv(rows, form) == wanted


@settings(max_examples=100, deadline=None)
@given(ROWS | OK_ROWS, FORMS)
def test_a_file_is_answered_as_its_cells_are(rows: list[dict[str, str]], form: Written) -> None:
    assert by_predict(rows, form) == as_json("dataframe_records", rows)


@settings(max_examples=50, deadline=None)
@given(OK_ROWS)
def test_what_was_read_is_read_as_itself(rows: list[dict[str, str]]) -> None:
    """The model reads again what the server checked."""
    once = as_json("dataframe_records", rows)
    assert isinstance(once, dict)
    assert VALIDATOR.columns(once) == once
