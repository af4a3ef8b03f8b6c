"""`modelyard init`: what the proposed test split is too small for is known before anything is trained."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml
from modelyard_api.data import Split, SplitBy
from modelyard_api.verdicts import VerdictReason
from modelyard_cli.init.files import write_start
from modelyard_cli.init.margins import HeldOut, by_chance, describe_shortage, shortages
from modelyard_cli.init.options import NO_OPTIONS
from modelyard_cli.init.report import report
from modelyard_cli.init.survey import Survey, survey
from modelyard_cli.init.targets import look_at_target
from modelyard_cli.init.trial import data_of
from modelyard_jobs.data.column_rules import ColumnReader
from modelyard_jobs.data.raw_table import RawTable

RARE = VerdictReason.TOO_FEW_OF_CLASS


def table(counts: dict[Any, int], seed: int = 5) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    y = [name for name, count in counts.items() for _ in range(count)]
    random.shuffle(y)
    return {"x": random.normal(size=len(y)), "z": random.normal(size=len(y)), "y": y}


def seen(folder: Path, rows: dict[str, Any]) -> Survey:
    pl.DataFrame(rows).write_parquet(folder / "rows.parquet")
    return survey(folder / "rows.parquet", "y", "default.rows")


@pytest.mark.parametrize(
    ("counts", "share", "short"),
    [
        ({0: 388, 1: 12}, 0.42, [(RARE, 5, 12, "1")]),
        ({0: 376, 1: 24}, 0.42, []),
        ({0: 350, 1: 50}, 0.2, []),
        ({"apple": 600, "pear": 300, "quince": 16}, 0.42, [(RARE, 7, 8, "quince")]),
        ({"a": 900, "b": 14, "c": 12}, 0.42, [(RARE, 5, 12, "c"), (RARE, 6, 10, "b")]),
        ({"yes": 30, "no": 25}, 0.5, [(VerdictReason.TOO_FEW_ROWS, 27, 6, None)]),
    ],
)
def test_the_test_part_is_as_large_as_the_rarest_class_needs(
    tmp_path: Path, counts: dict[Any, int], share: float, short: list[tuple[VerdictReason, int, int, str | None]]
) -> None:
    found = seen(tmp_path, table(counts))
    assert (found.split.split.by, found.split.split.test) == (SplitBy.STRATIFIED, share)
    assert [(each.reason, each.have, each.more, each.of_class) for each in found.shortages] == short


def test_rows_of_each_class_are_expected_by_share() -> None:
    reader = ColumnReader(RawTable(pl.DataFrame(table({"a": 500, "b": 100, "c": 11}))), data_of("x.csv", NO_OPTIONS))
    target, _ = look_at_target(reader, "y", NO_OPTIONS)
    part = by_chance(Split(test=0.15), 611, target)
    assert part.classes == (("a", 75), ("b", 15), ("c", 2))
    assert part.rows == 92


@pytest.mark.parametrize("by", [SplitBy.GROUP, SplitBy.TIME])
def test_groups_and_times_are_tried_with_more_test_rows(tmp_path: Path, by: SplitBy) -> None:
    rows = table({"no": 1170, "yes": 30})
    thing = np.arange(1200) // 12
    more = {"customer_id": thing} if by is SplitBy.GROUP else {"day": pl.Series(thing).cast(pl.Date)}
    found = seen(tmp_path, {**rows, **more})
    assert (found.split.split.by, found.test.share) == (by, found.split.split.test)
    assert 0.15 < found.split.split.test <= 0.42
    assert found.test.groups is not None
    yes = dict(found.test.classes)["yes"]
    assert [each.of_class for each in found.shortages] == (["yes"] if yes < 10 else [])


def test_few_groups_are_said(tmp_path: Path) -> None:
    part = HeldOut(0.42, 100, (("no", 60), ("yes", 40)), groups=6.7)
    (short,) = shortages(part)
    assert (short.reason, short.have, short.more) == (VerdictReason.TOO_FEW_GROUPS, 6, 10)


def test_a_class_that_would_leave_training_with_less_is_not_bought_for_the_test(tmp_path: Path) -> None:
    late = ["yes" if row > 1130 and row % 8 == 0 else "no" for row in range(1200)]  # all of it in the last days
    early = ["yes" if row in (5, 400, 700, 900, 950, 1000) else value for row, value in enumerate(late)]
    found = seen(tmp_path, {**table({"-": 1200}), "y": early, "day": pl.Series(np.arange(1200) // 12).cast(pl.Date)})
    assert (found.split.split.by, found.split.split.test) == (SplitBy.TIME, 0.15)
    assert [each.of_class for each in found.shortages] == ["yes"]


def test_it_is_said_in_report_and_manifest(tmp_path: Path) -> None:
    file = tmp_path / "rare.csv"
    pl.DataFrame(table({0: 388, 1: 12})).write_csv(file)
    made = write_start(file, "y", name=None, folder=tmp_path, force=False)
    (short,) = made.seen.shortages
    assert describe_shortage(short) in report(made)
    manifest = made.training_job.read_text()
    assert describe_shortage(short) in manifest.replace("\n    # ", " ")
    assert yaml.safe_load(manifest)["spec"]["data"]["split"]["test"] == 0.42


def test_the_sentence_about_a_shortage() -> None:
    (short,) = shortages(HeldOut(0.42, 168, (("0", 163), ("1", 5))))
    assert describe_shortage(short) == (
        "the test split will hold about 5 rows of class 1, and no criterion is decided on fewer than 10: needs about 12 more rows of class 1"
    )


def test_few_distinct_rows_are_no_leak_and_no_obstacle(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    kind, sex, age = random.integers(0, 3, 1200), random.integers(0, 2, 1200), random.integers(0, 2, 1200)
    y = random.random(1200) < 0.25 + 0.2 * sex + 0.1 * kind
    found = seen(tmp_path, {"kind": pl.Series(kind).cast(pl.String), "sex": sex == 1, "age": age, "y": np.where(y, "yes", "no")})
    assert [column.leak for column in found.columns] == [None, None, None]
    assert found.split.split.by is SplitBy.STRATIFIED
    assert (found.ignored, found.shortages) == ((), ())


def test_a_number_far_from_zero_is_no_leak(tmp_path: Path) -> None:
    x, z, noise = np.random.default_rng(3).normal(size=(3, 400))
    found = seen(tmp_path, {"x": x, "z": z, "y": 1.7e9 + x + 0.5 * noise})
    assert [column.ignored for column in found.columns] == ["", ""]
    assert found.target.middle == pytest.approx(1.7e9, abs=1)
    assert found.margin.by is not None
    assert 0.01 < found.margin.by < 0.06
