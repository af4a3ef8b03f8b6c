"""Where rows go: by hash, in whole groups, and for good."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from modelyard_api.data import Split, SplitBy
from modelyard_jobs.failures import InvalidOrder
from modelyard_jobs.splitting import membership
from modelyard_jobs.splitting.assignment import REFERENCE_ROWS, Assignment, Part, assign

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


def placed(frame: pl.DataFrame, split: Split, model: str = MODEL) -> Assignment:
    return assign(frame, split, model, frame["label"].to_list())


BY_ROW = [Split(by=SplitBy.RANDOM), Split(by=SplitBy.STRATIFIED)]
BY_GROUP = Split(by=SplitBy.GROUP, column="day")
BY_TIME = Split(by=SplitBy.TIME, column="day")


@pytest.mark.parametrize("split", [*BY_ROW, BY_GROUP], ids=["random", "stratified", "group"])
def test_a_row_once_trained_on_is_never_tested_on_when_data_grow(split: Split) -> None:
    small, more = table(4000), table(9000, seed=1)
    before, after = placed(small, split), placed(pl.concat([more, small]), split)
    trained = set(before.row[before.part == Part.TRAIN].tolist())
    tested = set(after.row[after.part == Part.TEST].tolist())
    assert trained
    assert tested
    assert not trained & tested


@pytest.mark.parametrize("split", [*BY_ROW, BY_GROUP], ids=["random", "stratified", "group"])
def test_a_row_trained_on_never_enters_the_reference_when_data_grow(split: Split) -> None:
    small, more = table(3000), table(20000, seed=1)
    before, after = placed(small, split), placed(pl.concat([small, more]), split)
    trained = set(before.row[before.part == Part.TRAIN].tolist())
    assert not trained & set(after.row[after.part == Part.REFERENCE].tolist())


@pytest.mark.parametrize("split", [BY_GROUP, BY_TIME], ids=["group", "time"])
def test_no_group_is_divided(split: Split) -> None:
    frame = table(5000)
    part = placed(frame, split).part
    for _, rows in frame.with_row_index().group_by("day"):
        assert len(set(part[rows["index"].to_numpy()].tolist())) == 1


def test_shares_are_about_what_was_asked_for() -> None:
    frame = table(20000)
    for split in BY_ROW:
        part = placed(frame, split.model_copy(update={"validation": 0.2, "test": 0.3})).part
        in_use = part[part != Part.REFERENCE]
        assert (in_use == Part.TEST).mean() == pytest.approx(0.3, abs=0.02)
        assert (in_use == Part.VALIDATION).mean() == pytest.approx(0.2, abs=0.02)


def test_every_class_has_its_share_of_a_stratified_test() -> None:
    frame = table(20000)
    part = placed(frame, Split(by=SplitBy.STRATIFIED)).part
    for label in "abc":
        assert (part[(frame["label"] == label).to_numpy()] == Part.TEST).mean() == pytest.approx(0.15 * 0.9, abs=0.03)


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
    assert days[part == Part.TRAIN].max() + gap < days[part == Part.VALIDATION].min()
    assert days[part == Part.VALIDATION].max() + gap < days[part == Part.TEST].min()
    assert (part == Part.TEST).mean() == pytest.approx(0.13, abs=0.05)


def test_later_data_only_move_the_boundary_in_time_forward() -> None:
    frame = table(6000)
    first = frame.filter(pl.col("day") < DAYS[80])
    before, after = placed(first, BY_TIME), placed(frame, BY_TIME)
    trained = set(before.row[before.part == Part.TRAIN].tolist())
    assert not trained & set(after.row[after.part == Part.TEST].tolist())


def test_the_reference_is_drawn_from_the_whole_period_and_bounded() -> None:
    frame = table(60000)
    for split in (BY_GROUP, BY_ROW[0]):
        assignment = placed(frame, split)
        rows = assignment.reference
        assert len(rows) == REFERENCE_ROWS
        assert set(assignment.part[rows].tolist()) == {Part.REFERENCE, Part.TEST}
        days = frame["day"][rows]
        assert days.min() < DAYS[30]
        assert days.max() > DAYS[90]


def test_too_few_groups_for_three_parts_are_refused_in_words() -> None:
    frame = table(200).with_columns(pl.lit("one").alias("day"))
    with pytest.raises(InvalidOrder, match=r"by 'day' with 1 groups leaves no row for"):
        placed(frame, BY_GROUP)


def test_a_model_recognises_the_rows_it_was_fitted_and_tuned_on() -> None:
    frame = table(1000)
    assignment = placed(frame, BY_ROW[0])
    kept = membership.from_parquet(membership.to_parquet(membership.of(assignment)))
    seen = kept.seen(frame, assignment.group, MODEL)
    assert (seen == (assignment.part <= Part.VALIDATION)).all()
    assert (kept.tested(frame, MODEL) == (assignment.part == Part.TEST)).all()


def test_rows_are_recognised_after_a_column_was_added_and_not_after_one_was_lost() -> None:
    frame = table(1000)
    assignment = placed(frame, BY_ROW[0])
    kept = membership.of(assignment)
    wider = frame.with_columns(pl.lit(1).alias("new"))
    again = placed(wider, BY_ROW[0])
    assert (kept.seen(wider, again.group, MODEL) == (assignment.part <= Part.VALIDATION)).all()
    assert not kept.can_judge(frame.drop("value"))


def test_rows_of_a_group_that_was_trained_on_are_not_new() -> None:
    frame, more = table(3000), table(3000, seed=5)
    kept = membership.of(placed(frame, BY_GROUP))
    later = placed(more, BY_GROUP)
    assert kept.seen(more, later.group, MODEL)[later.part == Part.TRAIN].all()
    assert not kept.seen(more, later.group, MODEL)[later.part == Part.TEST].any()


def test_what_is_kept_of_rows_are_hashes_alone() -> None:
    secret = "a very secret word"
    frame = table(300).with_columns(pl.lit(secret).alias("name"))
    assert secret.encode() not in membership.to_parquet(membership.of(placed(frame, BY_ROW[0])))
