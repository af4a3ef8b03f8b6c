"""`modelyard init` with files of every odd kind: manifests, or a sentence that says what is wrong and what to do; never a traceback."""

import gzip
import io
import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml
from modelyard_api.training_job import TrainingJobSpec
from modelyard_cli.errors import CommandError, WrongUsage
from modelyard_cli.init import survey
from modelyard_cli.init.files import write_start
from modelyard_cli.init.started import DEBUG, started
from modelyard_cli.init.table import NoStart

from tests.unit.written_files import zipped

ROWS = 120
RANDOM = np.random.default_rng(2)
X, Y = RANDOM.normal(size=ROWS), RANDOM.choice(["no", "yes"], ROWS)
LINES = [f"{x:.3f},{'abc'[row % 3]},{y}" for row, (x, y) in enumerate(zip(X, Y, strict=True))]


def table(header: str = "x,c,y", lines: Sequence[str] = LINES, end: str = "\n") -> str:
    return end.join([header, *lines, ""])


def parquet(**more: Any) -> bytes:
    content = io.BytesIO()
    pl.DataFrame({"x": X, "y": Y, **more}, strict=False).write_parquet(content)
    return content.getvalue()


def json_lines(**more: Any) -> str:
    return "\n".join(json.dumps({"x": x, "y": y, **more}) for x, y in zip(X.tolist(), Y.tolist(), strict=True))


@pytest.mark.parametrize(
    ("name", "content", "features"),
    [
        ("UPPER.CSV", table(), ["x", "c"]),
        ("tabs.tsv", table().replace(",", "\t"), ["x", "c"]),
        ("bars.TXT", table().replace(",", "|"), ["x", "c"]),
        ("decimal.csv", table().replace(",", ";").replace(".", ","), ["x", "c"]),
        ("sep.csv", "sep=;\n" + table().replace(",", ";"), ["x", "c"]),
        ("returns.csv", table(end="\r"), ["x", "c"]),
        ("windows.csv", table(end="\r\n"), ["x", "c"]),
        ("blank.csv", "\n\n" + table(end="\n\n"), ["x", "c"]),
        ("trailing.csv", table(end=",\n"), ["x", "c"]),
        ("utf16.csv", table().encode("utf-16"), ["x", "c"]),
        ("latin.csv", table("größe,c,y").encode("latin-1"), ["größe", "c"]),
        ("packed.csv.gz", gzip.compress(table().encode()), ["x", "c"]),
        ("packed.zip", zipped({"a.csv": table(), "__MACOSX/._a.csv": "x"}), ["x", "c"]),
        ("really-text.parquet", table(), ["x", "c"]),
        ("really-parquet.csv", parquet(), ["x"]),
        ("lines.jsonl", json_lines(n={"a": 1}, tags=[1]), ["x"]),
        ("repeated.csv", table("x,x,y"), ["x", "x_duplicated_0"]),
        ("broken-name.csv", table('"a\nb",c,y'), ["a\nb", "c"]),
        ("yaml.csv", table('"yes: [no]","- {a}",y'), ["yes: [no]", "- {a}"]),
        ("control.csv", table('"\x85\x7f",c,y'), ["\x85\x7f", "c"]),
        ("emoji.csv", table("😀,c,y"), ["😀", "c"]),
        ("long.csv", table("x" * 300 + ",c,y"), ["x" * 300, "c"]),
        ("hash.csv", table("#x,c,y"), ["#x", "c"]),
        ("empty-name.parquet", parquet(**{"": ["q"] * ROWS}), ["x"]),
        ("odd-types.parquet", parquet(d=[{"a": 1}] * ROWS, e=[[]] * ROWS, n=[None] * ROWS), ["x"]),
    ],
)  # fmt: skip
def test_what_can_be_read_makes_valid_manifests(tmp_path: Path, name: str, content: str | bytes, features: list[str]) -> None:
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    made = write_start(file, "y", name=None, folder=tmp_path, force=False)
    assert [column.name for column in made.seen.columns if not column.ignored] == features
    assert TrainingJobSpec.model_validate(yaml.safe_load(made.training_job.read_text())["spec"]) == made.seen.spec(f"./{name}")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.csv", "", "is empty"),
        ("spaces.csv", " \n \n", "is empty"),
        ("header.csv", "x,y\n", r"has no rows \(columns: x, y\)"),
        ("binary.csv", RANDOM.bytes(5000), "neither text nor Parquet; save its rows as CSV in UTF-8, or as Parquet"),
        ("zeros.csv", b"\0" * 1000, "neither text nor Parquet"),
        ("book.xlsx", zipped({"xl/workbook.xml": "a"}), r"has to end in \.csv, \.tsv"),
        ("book.csv", zipped({"xl/workbook.xml": "a"}), "is an Excel workbook; save the rows as CSV in UTF-8, or as Parquet"),
        ("two.zip", zipped({"a.csv": table(), "b.csv": table()}), "a zip file of 2 files, one is wanted"),
        ("cut.csv.gz", gzip.compress(table().encode())[:-30], "cut off on its way"),
        ("cut.parquet", parquet()[:-50], "has no footer"),
        ("page.csv", "<!DOCTYPE html><html></html>", "is a web page"),
        ("array.jsonl", json.dumps([{"a": 1}]), "is a JSON array; write JSON lines"),
        ("broken.jsonl", '{"x": 1, "y": "a"}\n{"x": 1, "y":\n', "line 2: not valid JSON"),
        ("open.csv", table(lines=[*LINES[:20], '1,"a,yes', *LINES[20:]]), "line 22: a quote .* never closed"),
        ("ragged.csv", table(lines=[*LINES[:20], "1,2,3,4", *LINES[20:]]), "line 22: 4 fields, the header has 3"),
        ("one.csv", "y\n" + "\n".join(Y), "no column is left as a feature"),
        ("missing.csv", "x,y\n" + "1,\n" * ROWS, "only 0 rows have a value of 'y'"),
        ("lists.parquet", parquet(y=[[1]] * ROWS), "column 'y' holds lists, which can't be read as classes"),
        (
            "days.parquet",
            parquet(y=[date(2025, 1, 1) + timedelta(days=row) for row in range(ROWS)]),
            "classes of the target 'y' have fewer",
        ),
        ("long.csv", table("k" * 300 + ",c,y", [f"q,{line.partition(',')[2]}" for line in LINES]), "has 300 characters, and a manifest"),
        ("data", table(), r"data has to end in \.csv"),
    ],
)
def test_what_can_not_be_read_is_a_sentence(tmp_path: Path, name: str, content: str | bytes, words: str) -> None:
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(NoStart, match=words) as raised:
        started(file, "y", name=None, folder=tmp_path / "out", force=False)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("target", ["y: \n# {", "no", "- x", "'", "größe", "a\\b"])
def test_a_target_is_named_whatever_its_name(tmp_path: Path, target: str) -> None:
    file = tmp_path / "my.parquet"
    pl.DataFrame({"x": X, target: Y}).write_parquet(file)
    made = write_start(file, target, name=None, folder=tmp_path, force=False)
    assert yaml.safe_load(made.training_job.read_text())["spec"]["objective"]["target"] == target


def test_several_files_are_one_table(tmp_path: Path) -> None:
    (tmp_path / "part-1.csv").write_text(table(lines=LINES[:60]))
    (tmp_path / "part-2.csv").write_text(table(lines=LINES[60:]).replace(",", ";"))
    made = write_start(tmp_path / "part-*.csv", "y", name=None, folder=tmp_path, force=False)
    assert (made.seen.rows, made.name) == (ROWS, "part")
    assert 'uri: "./part-*.csv"' in made.training_job.read_text()
    with pytest.raises(NoStart, match=r"there is no file .*other-\*\.csv; beside it there are part-1\.csv, part-2\.csv"):
        write_start(tmp_path / "other-*.csv", "y", name=None, folder=tmp_path, force=True)


def test_a_folder_and_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    with pytest.raises(WrongUsage, match=r"rows is a folder; name one file in it, ending in \.csv"):
        started(tmp_path / "rows", "y", name=None, folder=tmp_path, force=False)
    (tmp_path / "rows" / "a.csv").touch()
    with pytest.raises(WrongUsage, match=r"rows is a folder; name one file in it: a\.csv$"):
        started(tmp_path / "rows", "y", name=None, folder=tmp_path, force=False)


def test_more_columns_than_a_manifest_can_name(tmp_path: Path) -> None:
    file = tmp_path / "wide.parquet"
    pl.DataFrame({"x": X, "y": Y, **{f"c{number}": ["q"] * ROWS for number in range(600)}}).write_parquet(file)
    with pytest.raises(NoStart, match=r"more than 512 columns had better be left out.*take them out of wide\.parquet"):
        write_start(file, "y", name=None, folder=tmp_path, force=False)


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(_: Path) -> None:
        raise error

    monkeypatch.setattr(survey, "read_table", fail)


class Panic(BaseException):
    """As Polars raises it: no Exception."""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            ZeroDivisionError("12.5 of Anna"),
            r"my.csv can't be looked at: ZeroDivisionError \(survey.py, line \d+\).*please report this line",
        ),
        (Panic("index out of bounds"), "my.csv can't be looked at: Panic"),
        (MemoryError(), "more memory to look at than this machine has"),
    ],
)
def test_an_error_that_nobody_foresaw_is_a_sentence_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, words: str
) -> None:
    (tmp_path / "my.csv").write_text(table())
    fail_with(monkeypatch, error)
    with pytest.raises(CommandError, match=words) as raised:
        started(tmp_path / "my.csv", "y", name=None, folder=tmp_path, force=False)
    assert "Anna" not in str(raised.value)
    monkeypatch.setenv(DEBUG, "1")
    with pytest.raises(type(error)):
        started(tmp_path / "my.csv", "y", name=None, folder=tmp_path, force=False)


def test_who_interrupts_is_obeyed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(monkeypatch, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        started(tmp_path / "my.csv", "y", name=None, folder=tmp_path, force=False)


def test_a_file_that_may_not_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my.csv").write_text(table())

    def refuse(_: object) -> None:
        raise PermissionError(13, "Permission denied", "my.csv")

    monkeypatch.setattr("modelyard_jobs.data.reading.read", refuse)
    with pytest.raises(NoStart, match=r"my\.csv can't be read: Permission denied"):
        started(tmp_path / "my.csv", "y", name=None, folder=tmp_path, force=False)
