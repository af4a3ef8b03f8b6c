"""A champion is only asked about rows that it was neither fitted nor tuned on."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from modelyard_api.training_job import TrainingJobSpec
from modelyard_api.verdicts import VerdictReason
from modelyard_jobs.data import dataset
from modelyard_jobs.data.dataset import RawRows
from modelyard_jobs.data.raw_table import RawTable
from modelyard_jobs.data.source import SourceFiles
from modelyard_jobs.evaluation import opponents
from modelyard_jobs.evaluation.evidence import NotCompared, PairedComparison
from modelyard_jobs.evaluation.fresh_process import FreshScores, NotScored
from modelyard_jobs.evaluation.opponents import JudgedRows, against_version, as_scores
from modelyard_jobs.splitting import membership
from modelyard_jobs.splitting.assignment import Rows, assign
from modelyard_jobs.splitting.cuts import SplitName
from modelyard_jobs.tracking.mlflow_server import RegisteredVersion
from modelyard_jobs.training_data import TrainingData

MODEL = "ml.shops"
CHAMPION = RegisteredVersion(MODEL, "3", "run")
RANDOM = np.random.default_rng(0)
FRAME = pl.DataFrame({"x": RANDOM.normal(size=1000), "y": RANDOM.normal(size=1000)})
Ask = Callable[..., Any]


def data(frame: pl.DataFrame) -> TrainingData:
    spec = TrainingJobSpec.model_validate({"objective": {"target": "y"}, "data": {"source": {"uri": "s3://bucket/rows.csv"}}})
    prepared = dataset.prepare(RawTable(frame, is_text=False), spec)
    rows = Rows(prepared.read, prepared.positions, None, frozenset({"y"}))
    return TrainingData(SourceFiles("s3://bucket/rows.csv", ()), prepared, assign(rows, spec.data.split, MODEL), MODEL)


def judged_rows(frame: pl.DataFrame) -> JudgedRows:
    found = data(frame)
    rows = found.assignment.rows(SplitName.TEST)
    truth = found.dataset.target.values[rows]
    return JudgedRows(found, rows, as_scores(truth, truth + 0.1))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows the champion was asked about, each time; it answers zeros."""
    counts: list[int] = []

    def score(uri: str, rows: RawRows, folder: Path, *, through_pyfunc: bool) -> FreshScores:
        counts.append(rows.height)
        return FreshScores((), "Regression", np.zeros(rows.height))

    monkeypatch.setattr(opponents, "score", score)
    return counts


def knows(monkeypatch: pytest.MonkeyPatch, kept: membership.Membership | None) -> None:
    monkeypatch.setattr(opponents, "rows_of", lambda *_: kept)


def test_a_champion_of_the_same_split_is_target_about_the_whole_test(
    monkeypatch: pytest.MonkeyPatch, asked: list[int], tmp_path: Path
) -> None:
    test = judged_rows(FRAME)
    knows(monkeypatch, test.data.assignment.membership)
    compared = against_version(CHAMPION, "uri", test, tmp_path)
    assert asked == [len(test.rows)]
    assert isinstance(compared, PairedComparison)
    assert (compared.version, compared.rows_in_test) == ("3", None)
    assert not compared.opponent.prediction.any()


def test_rows_that_the_champion_learned_are_left_out(monkeypatch: pytest.MonkeyPatch, asked: list[int], tmp_path: Path) -> None:
    test = judged_rows(FRAME)
    kept = test.data.assignment.membership
    part = kept.part.copy()
    learned = test.rows[: len(test.rows) // 3]
    part[learned[::2]], part[learned[1::2]] = SplitName.TRAIN, SplitName.VALIDATION
    knows(monkeypatch, replace(kept, part=part))
    compared = against_version(CHAMPION, "uri", test, tmp_path)
    assert asked == [len(test.rows) - len(learned)]
    assert isinstance(compared, PairedComparison)
    assert compared.rows_in_test == len(test.rows)


def test_too_few_new_rows_are_no_comparison(monkeypatch: pytest.MonkeyPatch, asked: list[int], tmp_path: Path) -> None:
    test = judged_rows(FRAME)
    kept = test.data.assignment.membership
    knows(monkeypatch, replace(kept, part=np.zeros_like(kept.part)))
    compared = against_version(CHAMPION, "uri", test, tmp_path)
    assert compared == NotCompared("3", VerdictReason.OPPONENT_SAW_ROWS, 0, len(test.rows))
    assert not asked


def test_a_champion_whose_rows_are_unknown_is_no_comparison(monkeypatch: pytest.MonkeyPatch, asked: list[int], tmp_path: Path) -> None:
    test = judged_rows(FRAME)
    knows(monkeypatch, None)
    assert against_version(CHAMPION, "uri", test, tmp_path) == NotCompared("3", VerdictReason.OPPONENT_ROWS_UNKNOWN)
    knows(monkeypatch, replace(test.data.assignment.membership, columns=("gone",), cells=None))
    assert against_version(CHAMPION, "uri", test, tmp_path) == NotCompared("3", VerdictReason.OPPONENT_COLUMNS_GONE)
    assert not asked


@pytest.mark.parametrize(
    ("answer", "reason", "detail"),
    [
        (NotScored("column 'z': is required"), VerdictReason.OPPONENT_FAILED, "column 'z': is required"),
        (FreshScores(("a", "b"), "Classification", np.zeros((1, 2))), VerdictReason.OPPONENT_DIFFERS, "Classification with 2 classes"),
    ],
    ids=["other columns", "other task"],
)
def test_a_champion_of_another_kind_is_no_comparison(
    answer: Any, reason: VerdictReason, detail: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    test = judged_rows(FRAME)
    knows(monkeypatch, test.data.assignment.membership)
    monkeypatch.setattr(opponents, "score", lambda *_, **__: answer)
    assert against_version(CHAMPION, "uri", test, tmp_path) == NotCompared("3", reason, detail=detail)
