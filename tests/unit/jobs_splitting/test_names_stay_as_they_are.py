"""Rows of champions are recognised by their names and stay in their parts: both are what they were when they were made row by row."""

import hashlib
import json
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from modelyard_api.data import Split, SplitBy
from modelyard_jobs.splitting.assignment import Rows, assign
from modelyard_jobs.splitting.cuts import Classes
from modelyard_jobs.splitting.hashing import cell_hashes, hashes
from modelyard_jobs.splitting.identity import identify

GOLDEN = json.loads((Path(__file__).parent / "golden_assignments.json").read_text(encoding="utf-8"))
SALT = "ml.flights"
MASK, MISSING = 2**64 - 1, 0x9AE16A3B2F90404F

# The rule of names, cell by cell


def mixed(value: int) -> int:
    value = (value + 0x9E3779B97F4A7C15) & MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


def of_text(text: str, salt: str) -> int:
    key = hashlib.sha256(salt.encode()).digest()
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8, key=key).digest(), "big")


def of_float(value: float) -> int:
    return mixed(int(np.array([value + 0.0]).view(np.uint64)[0]) ^ 0x6E756D62) if value == value else MISSING


def of_integer(value: int) -> int:
    return of_float(float(value)) if abs(value) < 2**64 and int(float(value)) == value else of_text(str(value), "integer")


def of_value(value: object) -> int:
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return of_text("true" if value else "false", "text") ^ 0x74657874
    if isinstance(value, int | float):
        return of_integer(value) if isinstance(value, int) else of_float(value)
    text = str(value).strip()
    if re.fullmatch(r"[+-]?[0-9]{1,400}", text):
        return of_integer(int(text))
    if re.fullmatch(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?", text):
        return of_float(float(text))
    return of_text(text, "text") ^ 0x74657874 if text else MISSING


def of_column(column: pl.Series) -> list[int]:
    return [mixed(of_value(value) ^ of_text(column.name, SALT)) for value in column.to_list()]


SPACES = st.sampled_from(["", " ", "\t", "\u00a0", "\x1f", "\u3000", "\n"])
WRITTEN = (
    st.integers(-(10**20), 10**20).map(str)
    | st.floats().map(repr)
    | st.sampled_from(
        ["1e3", "1E+3", ".5", "5.", "+7", "-0", "007", "1" * 401, "1e999", "1_0", "\u0661", "1.5e", "0x10", "9" * 25, "-", "1\n"]
    )
)
TEXT = st.tuples(SPACES, WRITTEN | st.text(max_size=6), SPACES).map("".join)
CELLS = [
    (pl.String, TEXT),
    (pl.Float64, st.floats()),
    (pl.Int64, st.integers(-(2**63), 2**63 - 1) | st.integers(-9, 9)),
    (pl.UInt64, st.integers(0, 2**64 - 1)),
    (pl.Boolean, st.booleans()),
]


def columns(kind: tuple[type[pl.DataType], st.SearchStrategy[object]]) -> st.SearchStrategy[pl.Series]:
    dtype, cells = kind
    return st.lists(cells | st.none(), max_size=8).map(lambda values: pl.Series("cell", values, dtype=dtype))


@settings(max_examples=400, deadline=None)
@given(st.one_of([columns(kind) for kind in CELLS]))
def test_names_of_cells(column: pl.Series) -> None:
    assert cell_hashes(column, SALT).tolist() == of_column(column)


@pytest.mark.parametrize("different", [3, 5000, 40_000, 200_000])
def test_names_of_long_columns(different: int) -> None:
    """Few different texts, many, and nearly all: each is hashed another way."""
    words = [f" {code} " if code % 3 else f"word {code}" if code % 2 else None for code in range(different)]
    places = np.random.default_rng(different).integers(0, different, 70_000).tolist()
    column = pl.Series("cell", [words[place] for place in places], dtype=pl.String)
    known = dict(zip(words, of_column(pl.Series("cell", words, dtype=pl.String)), strict=True))
    assert cell_hashes(column, SALT).tolist() == [known[words[place]] for place in places]


@given(st.lists(st.text(max_size=3)))
def test_names_of_groups(names: list[str]) -> None:
    assert hashes(iter(names), SALT).tolist() == [of_text(name, SALT) for name in names]


# Whole tables: digests that the first code of this rule gave

SPLITS = {
    "Stratified": Split(by=SplitBy.STRATIFIED),
    "Random": Split(by=SplitBy.RANDOM, test=0.3, validation=0.1),
    "Group": Split(by=SplitBy.GROUP, column="group"),
    "Time": Split(by=SplitBy.TIME, column="when", gap_seconds=3600),
}


def table(number: int) -> pl.DataFrame:
    """Every second one with many equal rows, every third with gaps, some of few rows."""
    random = np.random.default_rng(number)
    rows = [150, 900, 4000, 30_000][number % 4]
    few = number % 2
    frame = pl.DataFrame(
        {
            "number": np.round(random.normal(size=rows), 0 if few else 4),
            "whole": random.integers(0, 3 if few else 2**60, rows),
            "text": [["a", " b", "1.50", "007", ""][code] for code in random.integers(0, 5, rows)],
            "name": [f"n{code}" for code in random.integers(0, 4 if few else rows, rows)],
            "truth": random.random(rows) < 0.5,
            "group": [f"g{code}" for code in random.integers(0, 60, rows)],
            "when": [f"2026-01-{1 + code // 24:02}T{code % 24:02}:00:00" for code in random.integers(0, 31 * 24, rows)],
            "label": random.choice(["x", "y", "ä"], rows, p=[0.6, 0.3, 0.1]),
        }
    )
    if number % 3 == 0:
        gaps = pl.Series(random.random(rows) < 0.1)
        frame = frame.with_columns(pl.when(~gaps).then(pl.col(name)).alias(name) for name in ("number", "text", "name"))
    return frame


def digest(number: int, by: str) -> str:
    frame = table(number)
    used = np.flatnonzero(np.arange(frame.height) % 7 != 3) if number % 5 == 0 else np.arange(frame.height)
    names = ["x", "y", "ä"]
    codes = np.array([names.index(label) for label in frame["label"][used].to_list()])
    found = assign(Rows(frame, used, Classes.of(names, codes), frozenset({"label"})), SPLITS[by], SALT)
    kept = found.membership
    whole = [found.row, found.group, found.part, found.reference.astype(np.int64)]
    whole += [] if kept.cells is None else [np.ascontiguousarray(kept.cells)]
    text = found.rule.model_dump_json(by_alias=True) + json.dumps([found.copies.pairs, found.copies.largest_set])
    return hashlib.sha256(b"".join(each.tobytes() for each in whole) + text.encode()).hexdigest()[:16]


@pytest.mark.parametrize(("number", "by"), [(number, by) for number in range(12) for by in SPLITS])
def test_rows_keep_their_names_and_parts(number: int, by: str) -> None:
    assert digest(number, by) == GOLDEN[f"{number} {by}"]


@pytest.mark.parametrize("columns", [3, 20])
def test_what_chance_would_do_is_counted_as_far_as_it_matters(columns: int) -> None:
    """The product of all columns' agreement where that is likely enough; else no more than a thousandth of a pair."""
    random = np.random.default_rng(columns)
    frame = pl.DataFrame({f"c{at}": random.integers(0, 5, 400) for at in range(columns)})
    expected = 400 * 399 / 2
    for column in frame.get_columns():
        sizes = column.value_counts()["count"].cast(pl.Float64)
        expected *= (sizes * (sizes - 1)).sum() / (400 * 399)
    found = identify(frame, frame.columns, SALT, None).copies.expected_pairs
    assert found == pytest.approx(expected) if expected >= 1e-3 else expected <= found < 1e-3
