"""Files as one table: what they are is told by their content, and several are one set."""

import gzip
import io
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest
import zstandard
from modelyard_api.reading_notes import ReadingNote, ReadingRule
from modelyard_jobs.data.beginnings import Glance, glance_at, require_seen
from modelyard_jobs.data.raw_table import RawTable
from modelyard_jobs.data.reading import read
from modelyard_jobs.data.source import SourceFile, SourceFiles
from modelyard_jobs.termination import InvalidRequest

from tests.unit.written_files import zipped

TEXT = "a,b\n1,x\n,y\n"


def files(folder: Path, contents: Mapping[str, str | bytes | pl.DataFrame]) -> SourceFiles:
    found = []
    for name, content in contents.items():
        path = folder / name
        if isinstance(content, pl.DataFrame):
            content.write_parquet(path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        found.append(SourceFile(path.name, path, path.stat().st_size, "0" * 64))
    return SourceFiles("s3://bucket/*", tuple(found))


def table(folder: Path, content: str | bytes | pl.DataFrame, name: str = "rows.csv") -> RawTable:
    return read(files(folder, {name: content}))


def zip_of(*names: str) -> bytes:
    return zipped(dict.fromkeys(names, TEXT))


PACKED = {
    "gzip": gzip.compress(TEXT.encode()),
    "zip": zip_of("rows.csv"),
    "zip of a Mac": zip_of("rows.csv", "__MACOSX/._rows.csv"),
    "zstd": zstandard.compress(TEXT.encode()),
    "zstd in frames": zstandard.compress(TEXT[:6].encode()) + zstandard.compress(TEXT[6:].encode()),
}


@pytest.mark.parametrize("packed", PACKED.values(), ids=PACKED)
def test_packed_files_are_told_by_content(tmp_path: Path, packed: bytes) -> None:
    found = table(tmp_path, packed, "ROWS.CSV")
    assert found.cells.rows() == [("1", "x"), ("", "y")]
    assert [note.rule for note in found.notes] == [ReadingRule.COMPRESSION]
    assert seen(tmp_path, packed) == Glance(("a", "b"), are_all=True)


@pytest.mark.parametrize(("packing", "name"), [("gzip", "rows.csv.gz"), ("zip", "Rows.ZIP"), ("zstd", "rows.csv.zst")])
def test_a_name_that_says_how_a_file_is_packed_needs_no_note(tmp_path: Path, packing: str, name: str) -> None:
    assert table(tmp_path, PACKED[packing], name).notes == ()


@pytest.mark.parametrize("name", ["rows.csv", "ROWS.CSV.GZ", "rows.tsv", "rows.txt", "rows.parquet", "rows.jsonl"])
def test_a_name_decides_nothing(tmp_path: Path, name: str) -> None:
    assert table(tmp_path, TEXT, name).cells.rows() == [("1", "x"), ("", "y")]
    assert table(tmp_path, pl.DataFrame({"a": [1, None]}), name).cells.rows() == [(1,), (None,)]


def test_packed_parquet_and_json_lines(tmp_path: Path) -> None:
    frame, content = pl.DataFrame({"a": [1, None]}), io.BytesIO()
    frame.write_parquet(content)
    for packed in (gzip.compress(content.getvalue()), gzip.compress(b'{"a": 1}\n{"a": null}\n')):
        assert table(tmp_path, packed, "rows.gz").cells.equals(frame)
        assert seen(tmp_path, packed).columns == ("a",)


def test_files_are_brought_together_by_column_name_each_with_its_own_form(tmp_path: Path) -> None:
    source = files(tmp_path, {"1.csv": "a;b\n1,5;x\n", "2.csv": "b,a\ny,2.5\n", "3.csv": "a\tb\n\tz\n", "4.csv": "# one\na;b\n1;x\n"})
    found = read(source)
    assert found.cells.rows() == [("1,5", "x"), ("2.5", "y"), ("", "z"), ("1", "x")]
    assert found.separator == ";"
    assert found.notes == (
        ReadingNote(rule=ReadingRule.SEPARATOR, detail=";"),
        ReadingNote(rule=ReadingRule.SEPARATOR, detail="\t"),
        ReadingNote(rule=ReadingRule.PREAMBLE, count=1),
    )


def test_parquet_files_are_brought_to_common_types(tmp_path: Path) -> None:
    parts = [pl.DataFrame({"a": [1], "b": ["x"]}), pl.DataFrame({"a": [2.5], "b": ["y"]}), pl.DataFrame({"a": [None], "b": [None]})]
    found = read(files(tmp_path, {f"{at}.parquet": part for at, part in enumerate(parts)}))
    assert found.cells.rows() == [(1.0, "x"), (2.5, "y"), (None, None)]
    assert found.as_first_read is found.cells


def test_lines_of_json_may_lack_keys_in_any_file(tmp_path: Path) -> None:
    found = read(files(tmp_path, {"1.jsonl": '{"a": 1}\n', "2.jsonl": '{"b": "x"}\n{"a": 2.5}\n'}))
    assert found.cells.rows() == [(1.0, None), (None, "x"), (2.5, None)]


def test_names_that_polars_takes_for_patterns(tmp_path: Path) -> None:
    found = table(tmp_path, "*,^b.*$,b,a*,\n1,x,y,2,\n")
    assert found.as_first_read.rows(named=True) == [{"*": 1, "^b.*$": "x", "b": "y", "a*": 2}]
    frame = pl.DataFrame({"*": [1], "^b.*$": [None], "b": [2.5]})
    parts = files(tmp_path, {"1": frame, "2": frame.with_columns(pl.Series("b", [1]), pl.Series("*", [0.5]))})
    assert read(parts).cells.rows() == [(1.0, None, 2.5), (0.5, None, 1.0)]


OLE, XLSX = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), zip_of("[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml")
NO_TABLES: dict[str, tuple[str | bytes, str]] = {
    "nothing": ("", "is empty"),
    "blank": ("\n \n", "is empty"),
    "header alone": ("a,b\n", r"has no rows \(columns: a, b\)"),
    "xlsx": (XLSX, "is an Excel workbook; save the rows as CSV"),
    "xls": (OLE, "is an Excel workbook or another Office file; save its rows as CSV"),
    "JSON array": ('[\n  {"a": 1},\n  {"a": 2}\n]\n', "is a JSON array; write JSON lines"),
    "JSON of many lines": ('{\n  "a": 1\n}\n', r"line 1: not valid JSON \(column 2\); every line has to be a whole object"),
    "broken JSON line": ('{"a": 1}\n\n{"a": \n', "line 3: not valid JSON"),
    "JSON line of another kind": ('{"a": 1}\n[1]\n', "line 2: no object"),
    "web page": ("<!DOCTYPE html>\n<html><body>Log in</body></html>", "is a web page"),
    "table of a page": ('<table border="1">\n<tr><td>1</td></tr>\n</table>\n', "is a web page"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(100), "is a picture"),
    "bytes": (bytes(range(256)) * 8, "is neither text nor Parquet"),
    "bzip2": (b"BZh91AY&SY" + bytes(range(60)), "is packed with bzip2; pack the table itself with gzip, zip or zstd"),
    "packed twice": (gzip.compress(gzip.compress(TEXT.encode())), "is packed twice"),
    "gzip cut off": (gzip.compress(TEXT.encode() * 99)[:-9], "ends too early: it is packed with gzip and was cut off"),
    "zstd cut off": (zstandard.compress(TEXT.encode() * 99)[:-3], "ends too early: it is packed with zstd"),
    "zip cut off": (zip_of("rows.csv")[:-9], "is packed with zip and can't be unpacked"),
    "gzip damaged": (gzip.compress(TEXT.encode())[:-8] + bytes(8), "is packed with gzip and can't be unpacked"),
    "zip of two": (zip_of("1.csv", "2.csv"), "is a zip file of 2 files, one is wanted"),
    "Parquet cut off": (b"PAR1" + bytes(50), "has no footer: it was cut off"),
    "Parquet damaged": (b"PAR1" + bytes(50) + b"\x08\0\0\0PAR1", "is a damaged Parquet file"),
    "Git LFS": ("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "is a pointer of Git LFS"),
    "not what its mark says": (b"\xef\xbb\xbfa,b\n1,\xff\n", "line 2: bytes that aren't UTF-8"),
}


@pytest.mark.parametrize(("content", "words"), NO_TABLES.values(), ids=NO_TABLES)
def test_what_is_no_table_is_said_with_what_to_do(tmp_path: Path, content: str | bytes, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        table(tmp_path, content)


def test_a_database_is_no_table(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "rows.db")
    connection.execute("create table rows (a)")
    connection.close()
    with pytest.raises(InvalidRequest, match="is an SQLite database"):
        table(tmp_path, (tmp_path / "rows.db").read_bytes(), "rows.csv")


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        ({"1.csv": "a,b\n1,x\n", "2.csv": "a,c\n1,x\n"}, "2.csv lacks b and has c besides, compared with 1.csv"),
        ({"1.csv": "a\n1\n", "2.csv": pl.DataFrame({"a": [1]})}, "1.csv is a text file and 2.csv is a Parquet file"),
        ({"1": pl.DataFrame({"a": [1]}), "2": pl.DataFrame({"a": ["x"]})}, "column 'a' is a number in 1 and text in 2"),
        ({"1.csv": "a,b\n1,2\n", "2.csv": "a,b\n1,2\n1,2,3\n"}, "2.csv: line 3: 3 fields, the header has 2"),
    ],
    ids=["columns", "kinds", "types", "line"],
)
def test_files_that_do_not_fit_together(tmp_path: Path, contents: dict[str, str | pl.DataFrame], words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        read(files(tmp_path, contents))


def test_a_glance_reads_the_beginning_alone(tmp_path: Path) -> None:
    long = "a,b\n" + "1,größer\n" * 200_000
    for content in (long.encode(), long.encode("utf-16"), gzip.compress(long.encode()), long.encode() + b"1,2,3\n"):
        assert seen(tmp_path, content) == Glance(("a", "b"), are_all=True)
    assert seen(tmp_path, '{"a": 1, "b": "ö"}\n' * 100_000) == Glance(("a", "b"), are_all=False)
    assert seen(tmp_path, 'a,b\n1,"' + "x\n" * 1_000_000 + '"\n') == Glance(("a", "b"), are_all=True)
    with pytest.raises(InvalidRequest, match="line 3: 1 field"):
        seen(tmp_path, "a,b\n1,2\n3\n" + long)


GLANCED = NO_TABLES | {"header alone": ("a,b\n", "has no rows below its header")}


@pytest.mark.parametrize(("content", "words"), GLANCED.values(), ids=GLANCED)
def test_a_glance_sees_what_is_no_table(tmp_path: Path, content: str | bytes, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        seen(tmp_path, content)


def test_a_glance_at_several_files(tmp_path: Path) -> None:
    def at(contents: Mapping[str, str | bytes | pl.DataFrame]) -> Glance:
        return glance_at([(file.key, file.path) for file in files(tmp_path, contents).files])

    assert at({"1": "a,b\n1,2\n", "2": "b;a\n1;2\n"}) == Glance(("a", "b"), are_all=True)
    assert at({"1": '{"a": 1}\n', "2": '{"b": 1}\n'}) == Glance(("a", "b"), are_all=True)
    with pytest.raises(InvalidRequest, match="2 lacks b"):
        at({"1": "a,b\n1,2\n", "2": "a\n1\n"})
    with pytest.raises(InvalidRequest, match="must be of one kind"):
        at({"1": "a,b\n1,2\n", "2": pl.DataFrame({"a": [1], "b": [2]})})


def test_columns_that_cannot_be_there() -> None:
    require_seen("spec.objective.target", "late", Glance(("a", "late"), are_all=True))
    require_seen("spec.objective.target", "late", Glance(("a",), are_all=False))
    with pytest.raises(InvalidRequest, match=r"spec.objective.target names column 'lat', .* did you mean 'late'"):
        require_seen("spec.objective.target", "lat", Glance(("a", "late"), are_all=True))


def seen(folder: Path, content: str | bytes | pl.DataFrame) -> Glance:
    return glance_at([(file.key, file.path) for file in files(folder, {"rows.csv": content}).files])
