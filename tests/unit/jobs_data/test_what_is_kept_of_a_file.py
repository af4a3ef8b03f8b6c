"""While a model is fitted only what is fitted to, and the cells of the test split, are in memory; nothing that is asked for differs by it."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from modelyard_jobs import training_data
from modelyard_jobs.data import reading
from modelyard_jobs.splitting.cuts import SplitName
from modelyard_jobs.training_data import TrainingData, divide
from polars.testing import assert_frame_equal

from tests.unit.jobs_data.training_in_process import source, spec

ROWS = 2000


@pytest.fixture(scope="module", params=["Stratified", "Time", "Group"])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    """A file with gaps, spaces, a declared type, a row without target, read and divided; by Time and Group as well."""
    random = np.random.default_rng(0)
    frame = pl.DataFrame(
        {
            "amount": [f"{value:.2f}" if value > -2 else "NA" for value in random.normal(size=ROWS)],
            "plain": np.round(random.normal(size=ROWS), 3),
            "code": random.integers(0, 9, ROWS),
            "region": [[" north", "south", "east "][code] for code in random.integers(0, 3, ROWS)],
            "when": [f"2026-{1 + day // 28:02}-{1 + day % 28:02} 12:00:00" for day in random.integers(0, 300, ROWS)],
            "shop": [f"s{code}" for code in random.integers(0, 80, ROWS)],
            "y": [["no", "yes", ""][code] for code in random.choice(3, ROWS, p=[0.6, 0.39, 0.01])],
        }
    )
    path = tmp_path_factory.mktemp("files") / "rows.csv"
    frame.write_csv(path)
    split = {"Stratified": {}, "Time": {"by": "Time", "column": "when"}, "Group": {"by": "Group", "column": "shop"}}[request.param]
    manifest = spec(data={"columns": [{"name": "code", "type": "Categorical"}], "split": split})
    return divide(source(path), reading.read(source(path)), manifest, "ml.rows")


def test_of_the_cells_those_of_the_test_part_are_kept(whole: TrainingData) -> None:
    kept, tested = whole.with_tested_cells(), whole.assignment.rows(SplitName.TEST)
    assert kept.dataset.table.cells.height == kept.dataset.read.height == 0
    for rows in (tested, tested[::3]):
        assert_frame_equal(kept.raw_rows(rows).cells, whole.raw_rows(rows).cells)
        assert_frame_equal(kept.raw_rows(rows).first_read, whole.raw_rows(rows).first_read)


def test_other_rows_are_read_from_the_file_again(whole: TrainingData) -> None:
    rows = np.arange(0, len(whole.dataset.positions), 5)
    assert_frame_equal(whole.with_tested_cells().raw_rows(rows).cells, whole.raw_rows(rows).cells)
    assert_frame_equal(whole.with_tested_cells().raw_rows(rows).first_read, whole.raw_rows(rows).first_read)


def test_rows_of_other_models_are_recognised_as_before(whole: TrainingData) -> None:
    """By the names that were made already, by fewer columns, and by names that are made anew."""
    same = whole.assignment.membership
    fewer = replace(same, columns=(*same.columns, "gone"), cells=np.column_stack([same.cells, same.cells[:, 0]]))  # type: ignore[index,list-item]
    other = replace(same, columns=same.columns[1:])
    for membership in (same, fewer, other):
        expected, found = whole.recognised_by(membership), whole.with_tested_cells().recognised_by(membership)
        assert expected is not None
        assert found is not None
        assert found.tolist() == expected.tolist()


def test_features_that_lie_part_by_part_are_the_same(whole: TrainingData) -> None:
    ordered = whole.by_part()
    for part in SplitName:
        one, other = ordered.part(part), whole.part(part)
        assert_frame_equal(one.features, other.features)
        assert (one.target.tolist(), one.groups.tolist()) == (other.target.tolist(), other.groups.tolist())
    rows = np.arange(0, len(whole.dataset.positions), 7)[::-1]
    assert_frame_equal(ordered.frame(rows), whole.frame(rows))


def test_the_search_for_leaks_looks_at_the_same_rows(whole: TrainingData) -> None:
    assert training_data.quick_score(whole.by_part()) == training_data.quick_score(whole)


def test_numbers_that_are_read_alike_are_held_once(whole: TrainingData) -> None:
    read, features = whole.dataset.read["plain"], whole.dataset.table.numbers["1"]
    assert read.to_numpy().ctypes.data == features.to_numpy().ctypes.data  # type: ignore[attr-defined]


def test_labels_of_some_rows(whole: TrainingData) -> None:
    target = whole.dataset.target
    assert target.labels(np.array([5, 0])) == [target.labels()[5], target.labels()[0]]
