"""Parquet and JSON lines: types as they are stored, what libraries disagree about, and files that are damaged."""

import contextlib
import gzip
import io
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from modelyard_api.reading_notes import ReadingRule
from modelyard_jobs.data.beginnings import glance_at
from modelyard_jobs.data.json_lines import read_json_lines
from modelyard_jobs.data.parquet_table import columns_of_parquet, read_parquet
from modelyard_jobs.data.reading import read
from modelyard_jobs.data.source import SourceFile, SourceFiles
from modelyard_jobs.termination import InvalidRequest

from tests.unit.written_files import zipped


def stored(table: pa.Table, **options: Any) -> bytes:
    content = io.BytesIO()
    pq.write_table(table, content, **options)
    return content.getvalue()


def column(values: list[Any], kind: pa.DataType) -> pl.Series:
    return read_parquet(stored(pa.table({"x": pa.array(values, kind)})), "rows.parquet")[0]["x"]


NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "kind", "read_as"),
    [
        ([1, None], pa.uint64(), pl.UInt64),
        ([1.0, None], pa.float16(), pl.Float16),
        ([Decimal("1.5"), None], pa.decimal128(10, 2), pl.Decimal(10, 2)),
        ([Decimal("1.5"), None], pa.decimal256(50, 2), pl.Float64),
        (["a", None], pa.dictionary(pa.int8(), pa.string()), pl.Categorical),
        ([b"a", None], pa.binary(), pl.Binary),
        ([timedelta(1), None], pa.duration("us"), pl.Duration("us")),
        ([NOON, None], pa.timestamp("us", "Europe/Berlin"), pl.Datetime("us", "Europe/Berlin")),
        ([[1], None], pa.list_(pa.int64()), pl.List(pl.Int64)),
        ([{"a": 1}, None], pa.struct([("a", pa.int64())]), pl.Struct({"a": pl.Int64})),
        ([None, None], pa.null(), pl.Null),
    ],
    ids=str,
)
def test_types_of_parquet(values: list[Any], kind: pa.DataType, read_as: pl.DataType) -> None:
    assert column(values, kind).dtype == read_as


def test_types_that_somebody_made_are_what_they_are_stored_as() -> None:
    uuids = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"0" * 16], pa.binary(16)))
    assert read_parquet(stored(pa.table({"x": uuids})), "rows")[0]["x"].dtype == pl.Binary


def test_columns_of_parquet_without_a_name_of_their_own() -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2]), pa.array([3])], names=["x", "", "x"])
    frame, notes = read_parquet(stored(table), "rows.parquet")
    assert frame.rows(named=True) == [{"x": 1, "column_2": 2, "x_duplicated_0": 3}]
    assert [(note.rule, note.column) for note in notes] == [(ReadingRule.UNNAMED, "column_2"), (ReadingRule.REPEATED, "x_duplicated_0")]
    assert columns_of_parquet(stored(table), "rows.parquet") == (("x", "column_2", "x_duplicated_0"), 1)


def test_a_file_of_parquet_may_have_any_name(tmp_path: Path) -> None:
    path = tmp_path / "part[1]*.csv"
    path.write_bytes(stored(pa.table({"x": [1]})))
    assert read_parquet(path, "rows")[0].rows() == [(1,)]


LINES: list[tuple[str, type[pl.DataType], list[Any]]] = [
    ('{"a": 1}\n{"a": null}\n{}\n', pl.Int64, [1, None, None]),
    ('{"a": 1}\n\n{"a": 2.5}', pl.Float64, [1.0, 2.5]),
    ('{"a": true}\n{"a": false}', pl.Boolean, [True, False]),
    ('{"a": true}\n{"a": 1}', pl.String, ["true", "1"]),
    ('{"a": 1.0}\n{"a": "x"}', pl.String, ["1", "x"]),
    ('{"a": NaN}\n{"a": 1}', pl.Float64, [float("nan"), 1.0]),
    ('{"a": 1e400}\n{"a": -Infinity}', pl.Float64, [float("inf"), float("-inf")]),
    ('{"a": [1]}\n{"a": {"b": 1}}', pl.String, ["[1]", '{"b": 1}']),
    ('{"a": [1]}\n{"a": [2, 3]}', pl.List, [[1], [2, 3]]),
    ('{"a": 1, "a": 2}', pl.Int64, [1]),
    ('{"a": %s}\n{"a": true}' % ("9" * 50), pl.String, ["9" * 50, "true"]),
    ('\ufeff{"a": "ü"}\r\n', pl.String, ["ü"]),
]


@pytest.mark.parametrize(("text", "kind", "values"), LINES, ids=[text[:40] for text, _, _ in LINES])
def test_lines_of_json(text: str, kind: type[pl.DataType], values: list[Any]) -> None:
    found = read_json_lines(text.encode(), "rows.jsonl")[0]["a"]
    assert found.dtype == kind
    assert found.equals(pl.Series("a", values, dtype=found.dtype, strict=False), null_equal=True)


def test_lines_of_json_in_another_encoding_are_said() -> None:
    frame, notes = read_json_lines('{"größe": "ü"}\n'.encode("cp1252"), "rows.jsonl")
    assert frame.rows(named=True) == [{"größe": "ü"}]
    assert [(note.rule, note.detail) for note in notes] == [(ReadingRule.ENCODING, "Windows-1252")]


def sound_files() -> Iterator[bytes]:
    text = 'a,b\n"1",x\n2,"y ""z"""\n' * 20
    lines = "".join(json.dumps({"a": row, "b": [None, "x", 2.5][row % 3]}) + "\n" for row in range(20))
    yield from (text.encode(), text.replace(",", ";").encode("utf-16"), lines.encode())
    yield stored(pa.table({"a": list(range(50)), "b": ["x", None] * 25}))
    yield from (gzip.compress(text.encode()), zipped({"rows.csv": text}), zstandard.compress(text.encode()))


@pytest.mark.parametrize("sound", list(sound_files()), ids=["csv", "utf-16", "json", "parquet", "gzip", "zip", "zstd"])
def test_whatever_is_damaged_ends_in_words(tmp_path: Path, sound: bytes) -> None:
    chance = random.Random(0)
    path = tmp_path / "rows"
    for _ in range(60):
        content = bytearray(sound[: chance.randrange(1, len(sound) + 1)] if chance.random() < 0.5 else sound)
        for _ in range(chance.randrange(4)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path.write_bytes(content)
        file = SourceFile("rows", path, len(content), "")
        for look in (lambda file: glance_at([(file.key, file.path)]), read_whole):
            with contextlib.suppress(InvalidRequest):
                look(file)


def read_whole(file: SourceFile) -> pl.DataFrame:
    return read(SourceFiles("s3://bucket/rows", (file,))).as_first_read
