"""A file that trains is answered row by row, by ``predict -f`` and as ``text/csv``, and equal cells in JSON are: each is read as training read it."""

import csv
import json
import math
import random
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from modelyard_api.data import ColumnType, Data
from modelyard_cli.predicting.rows import from_file
from modelyard_jobs.data import reading
from modelyard_jobs.data.column_rules import ColumnReader
from modelyard_jobs.data.features import Features, read_features
from modelyard_jobs.data.source import SourceFile, SourceFiles
from modelyard_jobs.termination import InvalidRequest
from modelyard_model.cells.input_column import InputColumn
from modelyard_model.signature import DType
from modelyard_model.text_files import Separator
from modelyard_serving.protocols import invocations
from modelyard_serving.validation import Validator

from tests.unit.serving.conftest import DistanceModel
from tests.unit.written_files import Written

ROWS = 40
MISSING = ["", "NA", "n/a", "NULL", "?", "-", "unknown"]
Cell = Callable[[random.Random], str]


def number(mark: str, thousands: str = "", sign: str = "") -> Cell:
    def cell(chance: random.Random) -> str:
        text = f"{chance.uniform(-9999, 99999):,.{chance.choice([1, 2])}f}"
        text = text.replace(",", " ").replace(".", mark).replace(" ", thousands)
        return f"{sign}{text}" if sign == "$" and not text.startswith("-") else f"{text}{sign.replace('$', '')}"

    return cell


def one_of(*texts: str) -> Cell:
    return lambda chance: chance.choice(texts)


KINDS: dict[str, Cell] = {
    "plain": lambda chance: repr(chance.uniform(-5, 5)),
    "padded": lambda chance: f" {chance.randint(0, 99)}",
    "large": lambda chance: str(chance.randint(2**53, 2**62)),
    "infinite": lambda chance: chance.choice(["inf", "-Infinity", "1e999", repr(chance.random())]),
    "comma": number(","),
    "thousands": number(".", ","),
    "points": number(",", "."),
    "spaced": number(",", "\u00a0"),
    "dollars": number(".", ",", "$"),
    "percent": number(".", "", "%"),
    "foreign": lambda chance: repr(round(chance.random(), 3)),  # and two texts
    "truth": one_of("TRUE", "False", "true"),
    "yes": one_of("yes", " Yes", "no", "NO"),
    "zip": lambda chance: f"{chance.choice([1234, 2139, 90210]):05}",
    "code": one_of("1", "1.0", "+2", "3"),
    "category": one_of("north", " south", "None", "Zürich", 'say "hi"', "a;b", "a,b", "a|b", "tab\there", "two\nlines", "C:\\"),
    "country": one_of("DE", "FR", "NA", "ZA"),
    "iso": lambda chance: f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
    "zoned": lambda chance: f"2026-01-{chance.randint(1, 28):02}T{chance.randint(0, 23):02}:30:00+02:00",
    "european": lambda chance: f"{chance.randint(1, 28):02}.{chance.randint(1, 12):02}.2026",
    "american": lambda chance: f"{chance.randint(1, 12)}/{chance.randint(1, 28)}/26 {chance.randint(1, 12)}:05 PM",
}
TIMES = {"day", "moment", "iso", "zoned", "european", "american"}
DECLARED = {"code": "Categorical"}


FORMS = st.builds(
    Written,
    separator=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    newline=st.sampled_from(["\n", "\r\n"]),
    before=st.sampled_from(["", "# made today\n", "Flights of 2026\n\n"]),
)


def column(kind: str, missing: float, chance: random.Random) -> list[str]:
    cells = [
        chance.choice(MISSING) if chance.random() < missing and kind not in {"category", "country"} else KINDS[kind](chance)
        for _ in range(ROWS)
    ]
    if kind == "foreign":
        cells[3] = "many"
    return cells


def trained(file: Path, names: Sequence[str] = ()) -> tuple[Features, Separator]:
    files = SourceFiles(file.name, (SourceFile.where_it_lies(file),))
    table = reading.read(files)
    times = [name for name in table.cells.columns if name in TIMES]
    declared = [{"name": name, "type": kind} for name, kind in DECLARED.items() if name in table.cells.columns]
    data = {"source": {"uri": "s3://rows/file.csv"}, "columns": declared, "prepare": {"features": {"timestamps": times}} if times else {}}
    return read_features(ColumnReader(table, Data.model_validate(data)), Data.model_validate(data), frozenset()), table.separator


def model_of(features: Features, separator: Separator) -> DistanceModel:
    inputs = [
        InputColumn(each.name, DType.FP64 if each.type is ColumnType.NUMERICAL else "text", False, features.readings[each.name])
        for each in features.columns
    ]
    return DistanceModel(tuple(inputs), separator=separator)


def answered(model: DistanceModel, bodies: Sequence[tuple[bytes, str]]) -> dict[str, list[object]]:
    validator = Validator(model.inputs, 10_000)
    read = [invocations.read(body, content_type, model, validator) for body, content_type in bodies]
    return {name: [cell for each in read for cell in each[name]] for name in read[0]}


def predicted(model: DistanceModel, file: Path) -> dict[str, list[object]]:
    requests = from_file(str(file), lambda: [each.name for each in model.inputs])
    return answered(model, [(request.body, request.content_type) for request in requests])


def same(got: dict[str, list[object]], wanted: Features) -> None:
    for name in wanted.frame.columns:
        for row, (one, other) in enumerate(zip(got[name], wanted.frame[name].to_list(), strict=True)):
            close = isinstance(one, float) and isinstance(other, float) and math.isclose(one, other, rel_tol=1e-15)
            assert one == other or close, (name, row, one, other)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(sorted(KINDS)), min_size=2, max_size=5, unique=True),
    st.sampled_from([0.0, 0.1]),
    st.integers(0, 2**32),
    FORMS,
)
def test_generated_files(kinds: list[str], missing: float, seed: int, form: Written) -> None:
    chance = random.Random(seed)
    cells = {kind: column(kind, missing, chance) for kind in kinds}
    rows = list(zip(*cells.values(), strict=True))
    body = form.bytes_of(kinds, rows)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "rows.csv"
        file.write_bytes(body)
        features, separator = trained(file)
        assume(features.columns)
        model = model_of(features, separator)
        same(predicted(model, file), features)
    same(answered(model, [(body, "text/csv")]), features)
    records = [dict(zip(kinds, row, strict=True)) for row in rows]
    same(answered(model, [(json.dumps({"dataframe_records": records}).encode(), "application/json")]), features)
    canonical = {name: features.frame[name].to_list() for name in features.frame.columns}
    same(answered(model, [(json.dumps({"inputs": canonical}).encode(), "application/json")]), features)


TYPED: dict[str, Callable[[random.Random], object]] = {
    "whole": lambda chance: chance.randint(-5, 2**40),
    "float": lambda chance: chance.choice([chance.random(), float("inf"), 7.0]),
    "flag": lambda chance: chance.random() < 0.5,
    "word": lambda chance: chance.choice(["north", " south", "NA", "", "None"]),
    "mixed": lambda chance: chance.choice([1, "one", 2.0, True]),  # JSON alone has these
    "texts": lambda chance: chance.choice(["1,234.5", "7", "8"]),
    "code": lambda chance: chance.choice([1, 2, 3]),
    "decimal": lambda chance: Decimal(chance.randint(0, 10**6)).scaleb(-2),
    "day": lambda chance: date(2026, 1, chance.randint(1, 28)),
    "moment": lambda chance: datetime(2026, 1, chance.randint(1, 28), 12, 30, tzinfo=UTC),
    "hour": lambda chance: time(chance.randint(0, 23), 30),
    "list": lambda chance: [chance.randint(0, 3)],
}
JSON_TYPES = ("whole", "float", "flag", "word", "mixed", "texts", "code", "list")


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from([0.0, 0.2]), st.integers(0, 2**32), st.sampled_from(["jsonl", "parquet"]))
def test_generated_files_with_types(data: st.DataObject, missing: float, seed: int, ending: str) -> None:
    kinds = data.draw(
        st.lists(st.sampled_from(JSON_TYPES if ending == "jsonl" else [kind for kind in TYPED if kind != "mixed"]), min_size=2, unique=True)
    )
    chance = random.Random(seed)
    rows = [{kind: None if chance.random() < missing else TYPED[kind](chance) for kind in kinds} for _ in range(ROWS)]
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"rows.{ending}"
        if ending == "parquet":
            pl.DataFrame(rows, infer_schema_length=None).write_parquet(file)
        else:
            file.write_text("".join(json.dumps({name: cell for name, cell in row.items() if cell is not None}) + "\n" for row in rows))
        try:
            features, separator = trained(file)
        except InvalidRequest:  # no column is left
            assume(False)
        model = model_of(features, separator)
        same(predicted(model, file), features)
    if ending == "jsonl":
        records = [{name: row[name] for name in features.frame.columns} for row in rows]
        same(answered(model, [(json.dumps({"dataframe_records": records}).encode(), "application/json")]), features)
