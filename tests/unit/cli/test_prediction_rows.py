"""Rows in every form that people have them, as requests."""

import gzip
import io
import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from modelyard_cli.errors import WrongUsage
from modelyard_cli.predicting import answers
from modelyard_cli.predicting.rows import BATCH, from_file, from_text


def test_one_row_and_several_as_json() -> None:
    (one,) = from_text('{"a": 1}', "the row")
    assert json.loads(one.body) == {"dataframe_records": [{"a": 1}]}
    (two,) = from_text('[{"a": 1}, {"a": null}]', "the row")
    assert (json.loads(two.body), two.rows) == ({"dataframe_records": [{"a": 1}, {"a": None}]}, 2)


def test_a_body_of_the_protocol_is_sent_as_it_is() -> None:
    body = {"dataframe_split": {"columns": ["a"], "data": [[1]]}}
    (request,) = from_text(json.dumps(body), "the row")
    assert json.loads(request.body) == body


@pytest.mark.parametrize("text", ["[1, 2]", "[]", "3", "{", '"a"'])
def test_what_is_no_row(text: str) -> None:
    with pytest.raises(WrongUsage, match="the row"):
        list(from_text(text, "the row"))


def test_csv_is_cut_into_requests_that_each_have_the_header(tmp_path: Path) -> None:
    lines = ["name,note", *(f'n{number},"say ""hi"", {number}"' for number in range(BATCH + 1))]
    (tmp_path / "rows.csv").write_text("\ufeff" + "\n".join(lines) + "\n")
    first, second = from_file(str(tmp_path / "rows.csv"))
    assert (first.rows, second.rows) == (BATCH, 1)
    assert second.body.decode() == f'name,note\nn{BATCH},"say ""hi"", {BATCH}"\n'
    assert first.content_type == "text/csv"


def test_gzip_json_lines_and_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with gzip.open(tmp_path / "rows.csv.gz", "wt") as file:
        file.write("a\n1\n")
    assert next(from_file(str(tmp_path / "rows.csv.gz"))).body == b"a\n1\n"
    (tmp_path / "rows.jsonl").write_text('{"a": 1}\n\n{"a": 2}\n')
    assert next(from_file(str(tmp_path / "rows.jsonl"))).rows == 2
    monkeypatch.setattr("sys.stdin", io.StringIO(' [{"a": 1}]'))
    assert next(from_file("-")).content_type == "application/json"
    monkeypatch.setattr("sys.stdin", io.StringIO("a,b\n1,2\n"))
    assert next(from_file("-")).content_type == "text/csv"


def test_parquet_keeps_numbers_and_writes_dates_as_text(tmp_path: Path) -> None:
    table = pl.DataFrame({"day": [date(2026, 1, 2)], "x": [float("nan")], "n": [3], "t": ["a"]})
    table.write_parquet(tmp_path / "rows.parquet")
    (request,) = from_file(str(tmp_path / "rows.parquet"))
    assert json.loads(request.body)["dataframe_split"] == {"columns": ["day", "x", "n", "t"], "data": [["2026-01-02", None, 3, "a"]]}


def test_files_that_hold_no_rows(tmp_path: Path) -> None:
    for name, content in {"a.csv": b"", "b.csv": b"\xff\xff\n", "c.parquet": b"no", "d.txt": b"", "e.csv.gz": b"no"}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(WrongUsage, match=name):
            list(from_file(str(tmp_path / name)))
    with pytest.raises(WrongUsage, match="no file"):
        from_file(str(tmp_path / "none.csv"))


def test_answers_as_table_and_csv() -> None:
    predictions = [{"prediction": "yes", "probability_yes": 0.12345678}, {"prediction": "no", "probability_yes": 0.5}]
    assert list(answers.as_table(predictions)) == [
        "ROW   PREDICTION   PROBABILITY_YES",
        "0     yes          0.123457",
        "1     no           0.5",
    ]
    assert answers.as_csv(predictions) == "prediction,probability_yes\nyes,0.12345678\nno,0.5"
