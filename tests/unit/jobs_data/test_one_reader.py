"""Training reads many cells at once, a model reads them one by one, by the rules that were fitted: over any mixture of forms both get the same.

``MODELYARD_EXAMPLES=2000`` tries more than the few hundred that fit into every run.
"""

import os
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from modelyard_api.data import Column, ColumnType, Data, DataSource, Missing
from modelyard_jobs.data.column_rules import ColumnReader
from modelyard_jobs.data.one_column import ReadColumn
from modelyard_jobs.data.raw_table import RawTable
from modelyard_jobs.fitting import fit_preparation, plan_columns, raw_columns
from modelyard_jobs.termination import InvalidRequest
from modelyard_model.cells import times
from modelyard_model.cells.input_column import InputColumn
from modelyard_model.cells.known_words import INFINITE, MISSING, MISSING_AMONG_NUMBERS, TRUTH_PAIRS
from modelyard_model.cells.numbers import CURRENCIES, is_plain, number_text
from modelyard_model.cells.reading import NumberReading, TextReading, TimeReading
from modelyard_model.signature import DType

EXAMPLES = int(os.environ.get("MODELYARD_EXAMPLES", "120"))
Draw = Callable[[random.Random], str]


def _grouped(draw: random.Random, mark: str, point: str) -> str:
    whole = f"{draw.randrange(10 ** draw.randrange(1, 9)):,}".replace(",", mark)
    return whole + (point + str(draw.randrange(100)) if draw.random() < 0.5 else "")


def _signed(draw: random.Random, sign: str) -> str:
    amount = _grouped(draw, draw.choice([",", ""]), ".")
    return draw.choice(
        [f"{sign}{amount}", f"{sign} {amount}", f"{amount}{sign}", f"{amount} {sign}", f"-{sign}{amount}", f"({sign}{amount})", amount]
    )


def _day(draw: random.Random, form: str) -> str:
    moment = datetime(2020, 1, 1) + timedelta(minutes=draw.randrange(3_000_000))  # noqa: DTZ001
    if not form:
        return moment.isoformat(draw.choice(["T", " "])) + draw.choice(["", "Z", "+02:00", ".250"])
    if form == times.COMPACT:
        return moment.strftime("%Y%m%d")
    parts = {"D": "%d", "M": "%m", "Y": "%Y", "y": "%y", "N": draw.choice(["%b", "%B"])}
    text = moment.strftime(form[1].join(parts[part] for part in form if part in parts))
    return text + draw.choice(["", "", f" {moment:%H:%M}", f" {moment:%I:%M %p}"])


def _cased(draw: random.Random, word: str) -> str:
    return draw.choice([word, word.lower(), word.upper(), word.capitalize()])


def _kinds(draw: random.Random) -> list[Draw]:
    """Forms that a column may have; what has to be one per column is drawn once."""
    sign, form, pair = draw.choice(CURRENCIES), draw.choice([*times.FORMS, times.COMPACT, "", ""]), draw.choice(TRUTH_PAIRS)
    mark, point = draw.choice([(",", "."), (".", ","), (" ", ","), ("'", "."), ("\u00a0", ","), ("\u2019", ".")])
    word = draw.choice(sorted(MISSING_AMONG_NUMBERS | MISSING))
    return [
        lambda draw: str(draw.randrange(-50, 50)),
        lambda draw: f"{draw.gauss(0, 100):.{draw.randrange(5)}f}",
        lambda draw: f"{draw.gauss(0, 100):.3f}".replace(".", ","),
        lambda draw: repr(draw.gauss(0, 1) * 10.0 ** draw.randrange(-320, 300)),
        lambda draw: f"{draw.randrange(1000):05}",
        lambda draw: str(2**53 + draw.randrange(10**6)),
        lambda draw: _grouped(draw, mark, point),
        lambda draw: _grouped(draw, ",", "."),
        lambda draw: _signed(draw, sign),
        lambda draw: f"{draw.randrange(100)}{draw.choice(['%', ' %'])}",
        lambda draw: _day(draw, form),
        lambda draw: _cased(draw, draw.choice(pair)),
        lambda draw: _cased(draw, draw.choice(draw.choice(TRUTH_PAIRS))),
        lambda draw: draw.choice(["a", "b", "None", "NA", "EU", "1", "1.0", "01"]),
        lambda draw: draw.choice(["north", "South", "1e5", "+7", "7."]),
        lambda draw: _cased(draw, word),
        lambda draw: draw.choice(sorted(INFINITE)),
        lambda draw: "",
        lambda draw: "".join(draw.choice("0123456789.,-+eE%$ '()/:\u00a0_\u0661\u001fnaiftINF") for _ in range(draw.randrange(8))),
    ]


def _cells(draw: random.Random, rows: int) -> list[str]:
    """A column in one form, with a few cells in others."""
    kinds = _kinds(draw)
    main, others = draw.choice(kinds), draw.sample(kinds, draw.randrange(3))
    share, spaced = draw.choice([0.0, 0.02, 0.04, 0.3]), draw.random() < 0.3
    cells = [(draw.choice(others) if others and draw.random() < share else main)(draw) for _ in range(rows)]
    return [draw.choice(["", " ", "\t"]) + cell + draw.choice(["", "  "]) if spaced else cell for cell in cells]


def _tables(seed: int) -> tuple[RawTable, Data]:
    draw = random.Random(seed)
    rows = draw.choice([1, 12, 60, 150])
    cells = pl.DataFrame({name: _cells(draw, rows) for name in "abcd"}, schema=dict.fromkeys("abcd", pl.String))
    types = [draw.choice([None, None, *ColumnType]) for _ in "abcd"]
    words = [draw.choice([None, None, None, [], ["1", "none", "-5.0"]]) for _ in "abcd"]
    columns = [Column(name=name, type=kind, missing_words=word) for name, kind, word in zip("abcd", types, words, strict=True)]
    return RawTable(cells, separator=draw.choice([",", ";"])), Data(source=DataSource(uri="s3://bucket/rows.csv"), columns=columns)


def _as_model_reads(read: ReadColumn, cells: list[Any]) -> list[Any]:
    """By the rule alone."""
    kind = DType.FP64 if isinstance(read.reading, NumberReading) else DType.STRING
    found = InputColumn("c", kind, required=False, reading=read.reading).read(cells)
    return [None if value != value else value for value in found.tolist()] if isinstance(found, np.ndarray) else found


def _as_json(cell: str, reading: Any) -> Any:
    """The value that says the same in JSON; the text itself where there is none."""
    text = cell.strip()
    if not text:
        return None
    if text.lower() in {"true", "false"} and (isinstance(reading, NumberReading) or (isinstance(reading, TextReading) and reading.truth)):
        return text.lower() == "true"
    if not is_plain(text) or text.lstrip("+-")[:1] in {"0", "."} or not np.isfinite(float(text)):
        return cell
    value: int | float = int(text) if text.lstrip("+-").isdigit() else float(text)
    if isinstance(reading, NumberReading) and (isinstance(value, int) or (reading.decimal == "." and reading.thousands != ".")):
        return value
    says_the_same = isinstance(reading, TextReading) and (reading.numbers or text == number_text(value))
    return value if says_the_same or (isinstance(reading, TimeReading) and text == str(value)) else cell


def _read_in_every_way(reader: ColumnReader, name: str) -> list[ReadColumn]:
    found = []
    for read in (reader.read, *(lambda name, kind=kind: reader.read_as(name, kind) for kind in ColumnType)):
        try:
            found.append(read(name))
        except InvalidRequest:
            continue
    return found


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.integers(0, 2**32))
def test_a_model_reads_every_cell_as_training_did(seed: int) -> None:
    table, data = _tables(seed)
    reader = ColumnReader(table, data)
    for name in table.cells.columns:
        cells = table.cells[name].to_list()
        for read in _read_in_every_way(reader, name):
            values = read.values.to_list()
            assert _as_model_reads(read, cells) == values
            assert _as_model_reads(read, values) == values
            assert _as_model_reads(read, [_as_json(cell, read.reading) for cell in cells]) == values


@settings(max_examples=EXAMPLES // 2, deadline=None)
@given(st.integers(0, 2**32))
def test_features_are_the_same_of_raw_cells_and_of_those_read(seed: int) -> None:
    table, data = _tables(seed)
    reader = ColumnReader(table, data)
    read = {}
    for name in table.cells.columns:
        try:
            read[name] = reader.read(name)
        except InvalidRequest:
            continue
    kinds = {name: column.kind for name, column in read.items() if column.kind and column.values.null_count() < len(column.values)}
    if not kinds:
        return
    readings = {name: column.reading for name, column in read.items() if column.reading}
    frame = pl.DataFrame([read[name].values.alias(name) for name in kinds])
    try:
        preparation = fit_preparation(frame, plan_columns(kinds, Missing(), readings, table.separator))
    except InvalidRequest:  # every text differs
        return
    raw = {name: table.cells[name].to_list() for name in kinds}
    np.testing.assert_array_equal(preparation.transform(raw), preparation.transform(raw_columns(frame, frame.columns)))


def _typed(draw: random.Random) -> pl.Series:
    zone = timezone(timedelta(hours=2))
    kinds: list[tuple[Any, Callable[[], Any]]] = [
        (pl.Int64, lambda: draw.choice([draw.randrange(-5, 5), 2**53 + draw.randrange(9), 20231231])),
        (pl.UInt64, lambda: 2**63 + draw.randrange(5)),
        (pl.Float64, lambda: draw.choice([draw.gauss(0, 1), 3.0, float("inf"), float("nan"), 1e300, 0.1])),
        (pl.Float32, lambda: draw.gauss(0, 1)),
        (pl.Boolean, lambda: draw.random() < 0.5),
        (pl.Decimal(38, 2), lambda: Decimal(draw.randrange(10**25)) / 100),
        (pl.Decimal(10, 2), lambda: Decimal(draw.choice(["1.00", "2.50", "0.10"]))),
        (pl.Date, lambda: date(2024, 1, 1 + draw.randrange(28))),
        (pl.Datetime("us"), lambda: datetime(2024, 1, 1 + draw.randrange(28), microsecond=draw.choice([0, 5]))),  # noqa: DTZ001
        (pl.Datetime("ms", "UTC"), lambda: datetime(2024, 1, 1 + draw.randrange(28), tzinfo=UTC)),
        (pl.Datetime("ns", "Europe/Berlin"), lambda: datetime(2024, 1 + draw.randrange(12), 1, tzinfo=zone).astimezone(UTC)),
        (pl.String, lambda: draw.choice([" a", "b", "NA", "", "Yes", "yes", "1.0"])),
        (pl.String, lambda: draw.choice(["yes", "No", "YES", "31.12.2023", ""])),
        (pl.Categorical, lambda: draw.choice(["a", "b"])),
        (pl.Enum(["x", "y"]), lambda: draw.choice(["x", "y"])),
    ]
    dtype, cell = draw.choice(kinds)
    return pl.Series("c", [None if draw.random() < 0.1 else cell() for _ in range(draw.choice([3, 30, 80]))], dtype=dtype)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.integers(0, 2**32))
def test_typed_cells_are_read_as_training_did(seed: int) -> None:
    cells = _typed(random.Random(seed))
    reader = ColumnReader(RawTable(cells.to_frame(), is_text=False), Data(source=DataSource(uri="s3://bucket/rows.parquet")))
    for read in _read_in_every_way(reader, "c"):
        assert _as_model_reads(read, cells.to_list()) == read.values.to_list()
