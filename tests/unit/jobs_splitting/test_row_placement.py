"""Where rows go: by hash, in whole groups, and for good."""

import io
import json
from datetime import date, timedelta

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from modelyard_api.data import Duplicates, Split, SplitBy
from modelyard_jobs.splitting import hashing, membership
from modelyard_jobs.splitting.assignment import Assignment, Earlier, Rows, assign
from modelyard_jobs.splitting.cuts import REFERENCE_ROWS, Classes, SplitName, SplitRule
from modelyard_jobs.splitting.hashing import Hashes
from modelyard_jobs.splitting.membership import Membership
from modelyard_jobs.termination import InvalidRequest
from numpy.typing import NDArray

MODEL = "ml.flights"
DAYS = [date(2026, 1, 1) + timedelta(days=day) for day in range(120)]


def table(rows: int, seed: int = 0) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "value": random.normal(size=rows),
            "count": random.integers(0, 1000, rows),
            "day": [DAYS[day] for day in random.integers(0, len(DAYS), rows)],
            "label": random.choice(["a", "b", "c"], rows, p=[0.7, 0.25, 0.05]),
        }
    )


def rows_of(frame: pl.DataFrame, **what: object) -> Rows:
    names = sorted(set(frame["label"].to_list()), key=str)
    codes = np.array([names.index(label) for label in frame["label"].to_list()])
    return Rows(frame, np.arange(frame.height), Classes.of([str(name) for name in names], codes), frozenset({"label"}), **what)  # type: ignore[arg-type]


def placed(frame: pl.DataFrame, split: Split, model: str = MODEL, before: Assignment | None = None) -> Assignment:
    """Divided; ``before``: as a training that comes after that one."""
    earlier = Earlier(membership.from_parquet(membership.to_parquet(before.membership)), stored_and_read(before.rule)) if before else None
    return assign(rows_of(frame), split, model, earlier)


def stored_and_read(rule: SplitRule) -> SplitRule:
    return SplitRule.model_validate_json(rule.model_dump_json(by_alias=True))


def seen(kept: Membership, frame: pl.DataFrame, group: Hashes) -> NDArray[np.bool_]:
    return kept.seen(kept.recognise(frame, np.arange(frame.height), MODEL), group)


BY_ROW = [Split(by=SplitBy.RANDOM), Split(by=SplitBy.STRATIFIED)]
BY_GROUP = Split(by=SplitBy.GROUP, column="day")
BY_TIME = Split(by=SplitBy.TIME, column="day")


@pytest.mark.parametrize("split", [*BY_ROW, BY_GROUP], ids=["random", "stratified", "group"])
def test_a_row_once_trained_on_is_never_tested_on_when_data_grow(split: Split) -> None:
    small, more = table(4000), table(9000, seed=1)
    before = placed(small, split)
    after = placed(pl.concat([more, small]), split, before=before)
    trained = set(before.row[before.part == SplitName.TRAIN].tolist())
    tested = set(after.row[after.part == SplitName.TEST].tolist())
    assert trained
    assert tested
    assert not trained & tested


@pytest.mark.parametrize("split", [*BY_ROW, BY_GROUP], ids=["random", "stratified", "group"])
def test_a_row_trained_on_never_enters_the_reference_when_data_grow(split: Split) -> None:
    small, more = table(3000), table(20000, seed=1)
    before = placed(small, split)
    after = placed(pl.concat([small, more]), split, before=before)
    trained = set(before.row[before.part == SplitName.TRAIN].tolist())
    assert not trained & set(after.row[after.part == SplitName.REFERENCE].tolist())


@pytest.mark.parametrize("split", [BY_GROUP, BY_TIME], ids=["group", "time"])
def test_no_group_is_divided(split: Split) -> None:
    frame = table(5000)
    part = placed(frame, split).part
    for _, rows in frame.with_row_index().group_by("day"):
        parts = set(part[rows["index"].to_numpy()].tolist())
        assert (
            len(parts - ({SplitName.REFERENCE} if split is BY_TIME else set())) == 1
        )  # by Time single rows may be held out for the monitor


def test_shares_are_about_what_was_asked_for() -> None:
    frame = table(20000)
    for split in BY_ROW:
        part = placed(frame, split.model_copy(update={"validation": 0.2, "test": 0.3})).part
        assert (part == SplitName.TEST).mean() == pytest.approx(0.3, abs=1e-3)
        assert (part == SplitName.VALIDATION).mean() == pytest.approx(0.2, abs=1e-3)


@pytest.mark.parametrize("rows", [200, 211, 5003])
def test_every_class_has_its_share_to_the_row(rows: int) -> None:
    frame = table(rows)
    part = placed(frame, Split(by=SplitBy.STRATIFIED)).part
    for label in "abc":
        of_class = part[(frame["label"] == label).to_numpy()]
        assert abs((of_class == SplitName.TEST).sum() - 0.15 * len(of_class)) <= 1
        assert abs((of_class == SplitName.VALIDATION).sum() - 0.15 * len(of_class)) <= 1


def test_ten_rows_of_a_class_are_enough_for_two_in_every_part() -> None:
    frame = table(400).with_columns(label=pl.Series(["rare"] * 10 + ["usual"] * 390))
    for salt in range(20):
        part = placed(frame, Split(by=SplitBy.STRATIFIED), f"ml.model-{salt}").part[:10]
        assert min((part == wanted).sum() for wanted in (SplitName.TRAIN, SplitName.VALIDATION, SplitName.TEST)) >= 2


def test_models_of_other_names_split_otherwise() -> None:
    frame = table(2000)
    ours, theirs = placed(frame, BY_ROW[0]), placed(frame, BY_ROW[0], "ml.other")
    assert (ours.part != theirs.part).mean() > 0.2
    assert not set(ours.row.tolist()) & set(theirs.row.tolist())


def test_equal_rows_stay_together_whatever_the_width_of_their_numbers() -> None:
    frame = table(500)
    twice = pl.concat([frame, frame])
    part = placed(twice, BY_ROW[0]).part
    assert (part[:500] == part[500:]).all()
    assert placed(twice, BY_ROW[0]).copies.duplicates is Duplicates.TOGETHER
    narrow = frame.with_columns(pl.col("count").cast(pl.Int16))
    assert (placed(narrow, BY_ROW[0]).row == placed(frame, BY_ROW[0]).row).all()


def test_order_of_rows_and_columns_changes_nothing() -> None:
    frame = table(500)
    turned = frame.reverse().select(reversed(frame.columns))
    assert (placed(turned, BY_ROW[0]).row[::-1] == placed(frame, BY_ROW[0]).row).all()


def test_by_time_the_latest_rows_are_the_test_and_the_gap_is_left_out() -> None:
    frame = table(6000)
    gap = 3 * 86400
    split = Split(by=SplitBy.TIME, column="day", gap_seconds=gap)
    part = placed(frame, split).part
    days = frame["day"].to_numpy().astype("datetime64[s]").astype(np.int64)
    assert days[part == SplitName.TRAIN].max() + gap < days[part == SplitName.VALIDATION].min()
    assert days[part == SplitName.VALIDATION].max() + gap < days[part == SplitName.TEST].min()
    assert (part == SplitName.TEST).mean() == pytest.approx(0.15, abs=0.02)


@pytest.mark.parametrize("known", [pl.col("day") < DAYS[80], pl.col("day") >= DAYS[40]], ids=["later rows came", "earlier rows came"])
def test_other_rows_move_the_boundary_in_time_forward_at_most(known: pl.Expr) -> None:
    frame = table(6000)
    before = placed(frame.filter(known), BY_TIME)
    after = placed(frame, BY_TIME, before=before)
    fitted = set(before.row[before.part <= SplitName.VALIDATION].tolist())
    assert not fitted & set(after.row[after.part == SplitName.TEST].tolist())


def test_by_time_the_reserve_is_no_handful_of_dates() -> None:
    frame = table(20000)
    assignment = placed(frame, BY_TIME)
    days = frame["day"].to_numpy()[assignment.reference]
    assert 800 <= len(assignment.reference) <= 0.05 * 20000
    assert len(np.unique(days)) >= 60
    assert set(assignment.part[assignment.reference].tolist()) == {SplitName.REFERENCE}


def test_the_reference_is_drawn_from_the_whole_period_and_bounded() -> None:
    frame = table(60000)
    for split in (BY_GROUP, BY_ROW[0]):
        assignment = placed(frame, split.model_copy(update={"test": 0.3}))
        rows = assignment.reference
        assert len(rows) == REFERENCE_ROWS
        assert not (assignment.part == SplitName.REFERENCE).any()  # the test split is large enough to compare with
        days = frame["day"][rows]
        assert days.min() < DAYS[30]
        assert days.max() > DAYS[90]


def test_too_few_groups_for_three_parts_are_refused_in_words() -> None:
    frame = table(200).with_columns(pl.lit("one").alias("day"))
    with pytest.raises(InvalidRequest, match=r"by 'day' with 1 groups leaves no row for"):
        placed(frame, BY_GROUP)


def test_little_is_reserved_and_only_where_the_test_part_is_small() -> None:
    assert (placed(table(400), BY_ROW[1]).part == SplitName.REFERENCE).sum() <= 0.05 * 400
    assert not (placed(table(8000), BY_ROW[1]).part == SplitName.REFERENCE).any()
    few_days = placed(table(8000), BY_GROUP)  # 18 of 120 days are in the test split
    assert 0 < (few_days.part == SplitName.REFERENCE).sum() <= 0.05 * 8000


def test_a_model_recognises_the_rows_it_was_fitted_and_tuned_on() -> None:
    frame = table(1000)
    assignment = placed(frame, BY_ROW[0])
    kept = membership.from_parquet(membership.to_parquet(assignment.membership))
    assert (seen(kept, frame, assignment.group) == (assignment.part <= SplitName.VALIDATION)).all()
    assert (kept.recognise(frame, np.arange(1000), MODEL) == assignment.part).all()


@pytest.mark.parametrize("change", ["wider", "narrower", "relabelled", "reordered", "fewer"])
def test_known_rows_keep_their_place(change: str) -> None:
    frame = table(1000)
    changed = {
        "wider": frame.with_columns(pl.lit(1).alias("new")),
        "narrower": frame.drop("value"),
        "relabelled": frame.with_columns(label=frame["label"].shuffle(seed=1)),
        "reordered": frame.reverse(),
        "fewer": frame.gather_every(2),
    }[change]
    before = placed(frame, BY_ROW[1])
    after = placed(changed, BY_ROW[1], before=before)
    expected = {"reordered": before.part[::-1], "fewer": before.part[::2]}.get(change, before.part)
    assert (after.part == expected).all()
    assert (seen(before.membership, changed, after.group) == (expected <= SplitName.VALIDATION)).all()


def test_copies_that_chance_explains_are_rows_of_their_own_and_are_counted() -> None:
    random = np.random.default_rng(0)
    frame = pl.DataFrame({"a": random.integers(0, 4, 1200), "b": random.integers(0, 6, 1200), "label": random.choice(["x", "y"], 1200)})
    before = placed(frame, BY_ROW[1])
    assert before.copies.duplicates is Duplicates.APART
    assert len(np.unique(before.row)) == 1200
    assert (before.part == SplitName.TEST).mean() == pytest.approx(0.15, abs=0.002)
    more = pl.concat([frame, frame.sample(600, seed=2)])
    after = placed(more, BY_ROW[1], before=before)
    assert (after.part[:1200] == before.part).all()
    assert (after.part[1200:] == SplitName.TEST).mean() == pytest.approx(0.15, abs=0.05)
    without = placed(frame.drop("b"), BY_ROW[1], before=before)
    assert (without.part == before.part).all()


def test_equal_rows_with_different_labels_share_a_part_as_often_as_those_with_equal_ones() -> None:
    """The fault of release 0.1.0: the label was in the hash, so a row's twin in the test split mostly had the other label."""
    random = np.random.default_rng(1)
    frame = pl.DataFrame({"a": random.integers(0, 24, 1200), "label": random.choice(["x", "y"], 1200)})
    same, different = [], []
    for salt in range(40):
        part = placed(frame, BY_ROW[1], f"ml.m-{salt}").part == SplitName.TEST
        for value in range(24):
            members = np.flatnonzero((frame["a"] == value).to_numpy())
            label = (frame["label"] == "x").to_numpy()[members]
            alike = part[members][:, None] == part[members]
            pairs = np.triu(np.ones_like(alike), 1).astype(bool)
            equal = label[:, None] == label
            same += alike[pairs & equal].tolist()
            different += alike[pairs & ~equal].tolist()
    assert np.mean(same) == pytest.approx(np.mean(different), abs=0.005)


def test_the_manifest_may_decide_what_copies_are() -> None:
    frame = table(300)
    twice = pl.concat([frame, frame])
    apart = placed(twice, BY_ROW[0].model_copy(update={"duplicates": Duplicates.APART}))
    assert len(np.unique(apart.row)) == 600


def test_a_key_names_rows_whatever_else_changes() -> None:
    frame = table(500).with_row_index("number")
    before = assign(rows_of(frame, key=("number",)), BY_ROW[1], MODEL)
    changed = frame.with_columns(value=pl.lit(0.0), count=pl.lit(1)).reverse()
    after = assign(rows_of(changed, key=("number",)), BY_ROW[1], MODEL, Earlier(before.membership, before.rule))
    assert (after.part[::-1] == before.part).all()
    assert not before.membership.can_recognise(frame.drop("number"))


def test_rows_of_a_group_that_was_trained_on_are_not_new() -> None:
    frame, more = table(3000), table(3000, seed=5)
    before = placed(frame, BY_GROUP)
    later = placed(more, BY_GROUP, before=before)
    assert seen(before.membership, more, later.group)[later.part == SplitName.TRAIN].all()
    assert not seen(before.membership, more, later.group)[later.part == SplitName.TEST].any()


def test_a_stored_class_that_is_new_gets_cuts_of_its_own() -> None:
    frame = table(1000)
    before = placed(frame, BY_ROW[1])
    new = table(200, seed=9).with_columns(label=pl.lit("d"))
    after = placed(pl.concat([frame, new]), BY_ROW[1], before=before)
    assert (after.part[:1000] == before.part).all()
    assert abs((after.part[1000:] == SplitName.TEST).sum() - 30) <= 1


def test_rows_of_a_model_of_the_first_release_keep_their_place() -> None:
    frame = table(1000)
    columns = tuple(sorted(frame.columns))
    row = hashing.hash_rows_of_0_1_0(frame, columns, MODEL)
    part = np.random.default_rng(0).choice([0, 1, 2], 1000).astype(np.int8)
    buffer = io.BytesIO()
    written = pa.table({"row": row, "group": row, "part": part})
    pq.write_table(written.replace_schema_metadata({b"modelyard.content_columns": json.dumps(columns).encode()}), buffer)
    old = membership.from_parquet(buffer.getvalue())
    after = assign(rows_of(frame), BY_ROW[1], MODEL, Earlier(old, None))
    assert (after.part == part).all()
    thrice = pl.concat([frame, frame])  # the first copies were seen, the second ones were not
    parts = old.recognise(thrice, np.arange(2000), MODEL)
    assert (parts[:1000] == part).all()
    assert (parts[1000:] == membership.UNKNOWN).all()


def test_what_is_kept_of_rows_are_hashes_alone() -> None:
    secret = "a very secret word"
    frame = table(300).with_columns(pl.lit(secret).alias("name"))
    assert secret.encode() not in membership.to_parquet(placed(frame, BY_ROW[0]).membership)


def test_an_index_names_no_rows_unless_a_model_has_them_named_by_it() -> None:
    frame = table(400).with_row_index("number")
    unnamed = assign(rows_of(frame, index=frozenset({"number"})), Split(), MODEL)
    assert unnamed.rule.columns == ("count", "day", "value")
    named = assign(rows_of(frame), Split(), MODEL)
    earlier = Earlier(named.membership, named.rule)
    again = assign(rows_of(frame, index=frozenset({"number"})), Split(), MODEL, earlier)
    assert again.rule.columns == ("count", "day", "number", "value")
    assert (again.part == named.part).all()
