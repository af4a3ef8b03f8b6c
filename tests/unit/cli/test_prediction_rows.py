"""Rows in every form that people have them, as requests."""

import csv
import gzip
import io
import json
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
import zstandard
from modelyard_cli.errors import WrongUsage
from modelyard_cli.predicting import served_model
from modelyard_cli.predicting.rows import BATCH, from_file, from_text

from tests.unit.written_files import zipped


def body_of(tmp_path: Path, name: str, content: bytes, known: Sequence[str] = ()) -> str:
    (tmp_path / name).write_bytes(content)
    (request,) = from_file(str(tmp_path / name), lambda: known)
    return request.body.decode()


def sent(tmp_path: Path, name: str, content: bytes, known: Sequence[str] = ()) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body_of(tmp_path, name, content, known))))


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
    assert second.body.decode() == f'"name","note"\n"n{BATCH}","say ""hi"", {BATCH}"\n'
    assert first.content_type == "text/csv"


def test_gzip_json_lines_and_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with gzip.open(tmp_path / "rows.csv.gz", "wt") as file:
        file.write("a\n1\n")
    assert next(from_file(str(tmp_path / "rows.csv.gz"))).body == b'"a"\n"1"\n'
    (tmp_path / "rows.jsonl").write_text('{"a": 1}\n\n{"a": 2}\n')
    assert next(from_file(str(tmp_path / "rows.jsonl"))).rows == 2
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b' [{"a": 1}]')))
    assert next(from_file("-")).content_type == "application/json"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a,b\n1,2\n")))
    assert next(from_file("-")).content_type == "text/csv"


def test_parquet_keeps_numbers_and_writes_dates_as_text(tmp_path: Path) -> None:
    table = pl.DataFrame({"day": [date(2026, 1, 2)], "x": [float("nan")], "n": [3], "t": ["a"]})
    table.write_parquet(tmp_path / "rows.parquet")
    (request,) = from_file(str(tmp_path / "rows.parquet"))
    assert json.loads(request.body)["dataframe_split"] == {"columns": ["day", "x", "n", "t"], "data": [["2026-01-02", None, 3, "a"]]}


NO_ROWS = {
    "a.csv": (b"", " is empty; it needs a line with the columns' names"),
    "b.csv": (b"a,b\n1,2\n1,2,3\n", r": line 3: 3 fields, the header has 2; put a field that holds ','"),
    "c.csv": (b'a,b\n1,"2\n', ": line 2: a quote .* that begins here is never closed"),
    "d.parquet": (b"PAR1 no", " begins as a Parquet file and has no footer"),
    "e.csv.gz": (gzip.compress(b"a\n" * 1000)[:-9], " ends too early: it is packed with gzip and was cut off"),
    "f.csv": (zstandard.compress(b"a\n1\n" * 99)[:-4] + b"\0" * 4, " is packed with zstd and can't be unpacked"),
    "g.xlsx": (zipped({"xl/workbook.xml": b""}), " is an Excel workbook; save the rows as CSV"),
    "h.zip": (zipped({"a.csv": b"a\n1\n", "b.csv": b"a\n1\n"}), " is a zip file of 2 files, one is wanted"),
    "i.bin": (bytes(range(256)), " is neither text nor Parquet"),
    "j.csv": (b"\xff\xfea\0,\0b", " begins as text in UTF-16 and isn't"),
    "k.jsonl": (b'{"a": 1}\n{"a": 1,\n', ": line 2: not valid JSON"),
    "l.jsonl": (b'{"a": 1}\n3\n', ": line 2: no object"),
    "m.json": (b"[[1, 2]]", ": a row is an object that names its columns"),
    "n.json": (b"[" * 100_000, " is not valid JSON"),
    "o.json": (b'{\n "a": 1,\n}', " is not valid JSON: .* line 3"),
    "p.csv": (b"<!DOCTYPE html><html></html>", " is a web page"),
}


def test_files_that_hold_no_rows(tmp_path: Path) -> None:
    for name, (content, words) in NO_ROWS.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(WrongUsage, match=name + words):
            list(from_file(str(tmp_path / name)))
    with pytest.raises(WrongUsage, match="no file"):
        from_file(str(tmp_path / "none.csv"))


ROWS = 'name,amount\nZürich,"1,5"\nBern,2\n'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.CSV", ROWS.encode()),
        ("rows.csv", ROWS.encode("cp1252")),
        ("rows.csv", ROWS.encode("utf-16")),
        ("rows.tsv", ROWS.replace(",", "\t").replace("1\t5", "1,5").encode()),
        ("rows.txt", ROWS.replace(",", ";").replace("1;5", "1,5").replace('"', "").replace("\n", "\r\n").encode()),
        ("rows.csv", b"# made today\n\n" + ROWS.replace("\n", "\n\n").encode()),
        ("rows.csv", gzip.compress(ROWS.encode())),
        ("rows.csv.zst", zstandard.compress(ROWS.encode())),
        ("rows.zip", zipped({"__MACOSX/._rows.csv": b"x", "rows.csv": ROWS.encode()})),
    ],
)
def test_text_files_are_sent_as_they_are_written_in_one_form(tmp_path: Path, name: str, content: bytes) -> None:
    assert sent(tmp_path, name, content) == [["name", "amount"], ["Zürich", "1,5"], ["Bern", "2"]]


def test_the_models_columns_tell_a_header_of_one_column(tmp_path: Path) -> None:
    assert sent(tmp_path, "rows.csv", b"amount\n1,5\n2,5\n", ["amount"]) == [["amount"], ["1,5"], ["2,5"]]


def test_columns_are_called_as_in_training(tmp_path: Path) -> None:
    assert sent(tmp_path, "rows.csv", b",x,x\n0,1,2\n")[0] == ["column_1", "x", "x_duplicated_0"]


def test_a_header_may_begin_with_a_bracket(tmp_path: Path) -> None:
    assert sent(tmp_path, "rows.csv", b"[id],[x]\n1,2\n") == [["[id]", "[x]"], ["1", "2"]]


def test_a_key_that_a_line_lacks_has_no_value_there(tmp_path: Path) -> None:
    body = body_of(tmp_path, "rows.ndjson", b'\n{"a": 1}\n{"b": "x"}\n')
    assert json.loads(body) == {"dataframe_split": {"columns": ["a", "b"], "data": [[1, None], [None, "x"]]}}


def test_each_type_of_parquet_is_sent_as_the_cell_that_was_trained_on(tmp_path: Path) -> None:
    berlin = datetime(2026, 7, 1, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    cells: dict[str, tuple[pl.Series, object]] = {
        "decimal": (pl.Series([Decimal("1.50")]), 1.5),
        "whole": (pl.Series([Decimal("9007199254740993.00")]), 9007199254740993),
        "at": (pl.Series([berlin]), "2026-07-01T12:00:00+02:00"),
        "day": (pl.Series([date(2026, 1, 2)]), "2026-01-02"),
        "hour": (pl.Series([time(12, 30)]), "12:30:00"),
        "category": (pl.Series(["a"], dtype=pl.Categorical), "a"),
        "unsigned": (pl.Series([2**64 - 1], dtype=pl.UInt64), 2**64 - 1),
        "truth": (pl.Series([True]), True),
        "infinite": (pl.Series([float("inf")]), None),
        "none": (pl.Series([None], dtype=pl.Null), None),
    }
    others = {"list": [["a"]], "struct": [{"a": 1}], "binary": [b"a"], "duration": [timedelta(1)]}
    table = pl.DataFrame({name: series for name, (series, _) in cells.items()} | others)
    table.write_parquet(tmp_path / "rows.bin")
    (request,) = from_file(str(tmp_path / "rows.bin"))
    split = json.loads(request.body)["dataframe_split"]
    assert dict(zip(split["columns"], split["data"][0], strict=True)) == {name: cell for name, (_, cell) in cells.items()}


def test_answers_as_table_and_csv() -> None:
    predictions = [{"prediction": "yes", "probability_yes": 0.12345678}, {"prediction": "no", "probability_yes": 0.5}]
    assert list(served_model.as_table(predictions)) == [
        "ROW   PREDICTION   PROBABILITY_YES",
        "0     yes          0.123457",
        "1     no           0.5",
    ]
    assert served_model.as_csv(predictions) == "prediction,probability_yes\nyes,0.12345678\nno,0.5"
