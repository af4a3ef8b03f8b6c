"""Files as one table."""

import gzip
from pathlib import Path

import polars as pl
import pytest
from modelyard_jobs.data.reading import read
from modelyard_jobs.data.source import SourceFile, SourceFiles
from modelyard_jobs.failures import InvalidOrder


def files(folder: Path, **contents: str | bytes | pl.DataFrame) -> SourceFiles:
    """Files by name; an underscore stands for the dot."""
    found = []
    for name, content in contents.items():
        path = folder / name.replace("_", ".")
        if isinstance(content, pl.DataFrame):
            content.write_parquet(path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        found.append(SourceFile(path.name, path, path.stat().st_size, "0" * 64))
    return SourceFiles("s3://bucket/*", tuple(found))


def test_csv_packed_or_not_and_parquet_give_the_same(tmp_path: Path) -> None:
    text = "a,b\n1,x\n,y\n"
    expected = pl.DataFrame({"a": [1, None], "b": ["x", "y"]})
    for source in (
        files(tmp_path, one_csv=text),
        files(tmp_path, two_csv_gz=gzip.compress(text.encode())),
        files(tmp_path, three_parquet=expected),
    ):
        assert read(source).equals(expected)


def test_words_for_missing_values_are_missing_and_none_is_not(tmp_path: Path) -> None:
    table = read(files(tmp_path, one_csv="a,b\n1,None\nNA,x\nnan,NULL\n"))
    assert table["a"].to_list() == [1, None, None]
    assert table["b"].to_list() == ["None", "x", None]


def test_files_are_brought_together_by_column_name(tmp_path: Path) -> None:
    table = read(files(tmp_path, one_csv="a,b\n1,x\n", two_csv="b,a\ny,2.5\n", three_csv="a,b\n,\n"))
    assert table["a"].to_list() == [1.0, 2.5, None]
    assert table["b"].to_list() == ["x", "y", None]


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        ({"one_csv": "a,b\n1,x\n", "two_csv": "a,c\n1,x\n"}, "two.csv lacks b and has c besides, compared with one.csv"),
        ({"one_csv": "a\n1\n", "two_csv": "a\nx\n"}, "column 'a' is a number in one.csv and text in two.csv"),
        ({"one_csv": "a,b\n"}, r"has no rows \(columns: a, b\)"),
        ({"one_csv": ""}, "one.csv is empty"),
        ({"one_parquet": b"a,b\n1,2\n"}, "one.parquet can't be read as Parquet"),
        ({"one_csv_gz": b"a,b\n1,2\n"}, "one.csv.gz can't be read as CSV"),
        ({"one_csv": "a,b\n1,2,3\n"}, "one.csv can't be read as CSV"),
    ],
    ids=["columns", "types", "no rows", "nothing", "not parquet", "not gzip", "ragged"],
)
def test_what_can_not_be_read_is_said(tmp_path: Path, contents: dict[str, str | bytes], words: str) -> None:
    with pytest.raises(InvalidOrder, match=words):
        read(files(tmp_path, **contents))
