"""A champion is only asked about rows that it was neither fitted nor tuned on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from modelyard_api.training_job import TrainingJobSpec
from modelyard_jobs.data import dataset
from modelyard_jobs.data.source import SourceFiles
from modelyard_jobs.evaluation import duels
from modelyard_jobs.evaluation.duels import JudgedRows, against_champion, as_scores
from modelyard_jobs.evaluation.fresh_process import FreshScores, NotScored
from modelyard_jobs.splitting import membership
from modelyard_jobs.splitting.assignment import Part, assign
from modelyard_jobs.tracking.versions import RegisteredVersion
from modelyard_jobs.training_data import TrainingData

MODEL = "ml.shops"
CHAMPION = RegisteredVersion(MODEL, "3", "run")
RANDOM = np.random.default_rng(0)
FRAME = pl.DataFrame({"x": RANDOM.normal(size=1000), "y": RANDOM.normal(size=1000)})
Ask = Callable[..., Any]


def data(frame: pl.DataFrame) -> TrainingData:
    spec = TrainingJobSpec.model_validate({"objective": {"target": "y"}, "data": {"source": {"uri": "s3://bucket/rows.csv"}}})
    prepared = dataset.prepare(frame, spec)
    return TrainingData(SourceFiles("s3://bucket/rows.csv", ()), prepared, assign(prepared.raw, spec.data.split, MODEL, None))


def judged_rows(frame: pl.DataFrame) -> JudgedRows:
    found = data(frame)
    rows = found.assignment.rows(Part.TEST)
    truth = found.dataset.target.values[rows]
    return JudgedRows(found, rows, as_scores(truth, truth + 0.1))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows the champion was asked about, each time; it answers zeros."""
    counts: list[int] = []

    def score(uri: str, rows: pl.DataFrame, folder: Path, *, through_pyfunc: bool) -> FreshScores:
        counts.append(rows.height)
        return FreshScores((), "Regression", np.zeros(rows.height))

    monkeypatch.setattr(duels, "score", score)
    return counts


def knows(monkeypatch: pytest.MonkeyPatch, kept: membership.Membership | None) -> None:
    monkeypatch.setattr(duels, "rows_of", lambda *_: kept)


def test_no_champion_is_said(tmp_path: Path) -> None:
    assert against_champion(None, MODEL, "uri", judged_rows(FRAME), tmp_path).why == "no champion yet"


def test_a_champion_of_the_same_split_is_asked_about_the_whole_test(
    monkeypatch: pytest.MonkeyPatch, asked: list[int], tmp_path: Path
) -> None:
    test = judged_rows(FRAME)
    knows(monkeypatch, membership.of(test.data.assignment))
    duel = against_champion(CHAMPION, MODEL, "uri", test, tmp_path)
    assert asked == [len(test.rows)]
    assert duel.why == ""
    assert duel.opponent is not None
    assert not duel.opponent.prediction.any()


def test_rows_that_the_champion_learned_are_left_out(monkeypatch: pytest.MonkeyPatch, asked: list[int], tmp_path: Path) -> None:
    test = judged_rows(FRAME)
    kept = membership.of(test.data.assignment)
    part = kept.part.copy()
    learned = test.rows[: len(test.rows) // 3]
    part[learned[::2]], part[learned[1::2]] = Part.TRAIN, Part.VALIDATION
    knows(monkeypatch, membership.Membership(kept.row, kept.group, part, kept.content_columns))
    duel = against_champion(CHAMPION, MODEL, "uri", test, tmp_path)
    assert asked == [len(test.rows) - len(learned)]
    assert f"on {asked[0]} of {len(test.rows)} test rows" in duel.why


def test_too_few_new_rows_are_no_comparison(monkeypatch: pytest.MonkeyPatch, asked: list[int], tmp_path: Path) -> None:
    test = judged_rows(FRAME)
    kept = membership.of(test.data.assignment)
    knows(monkeypatch, membership.Membership(kept.row, kept.group, np.zeros_like(kept.part), kept.content_columns))
    duel = against_champion(CHAMPION, MODEL, "uri", test, tmp_path)
    assert duel.opponent is None
    assert duel.why.startswith("only 0 of ")
    assert not asked


def test_a_champion_whose_rows_are_unknown_is_no_comparison(monkeypatch: pytest.MonkeyPatch, asked: list[int], tmp_path: Path) -> None:
    test = judged_rows(FRAME)
    knows(monkeypatch, None)
    assert "keeps no list of its training rows" in against_champion(CHAMPION, MODEL, "uri", test, tmp_path).why
    kept = membership.of(test.data.assignment)
    knows(monkeypatch, membership.Membership(kept.row, kept.group, kept.part, ("gone", "x", "y")))
    assert "columns that the data no longer have" in against_champion(CHAMPION, MODEL, "uri", test, tmp_path).why
    assert not asked


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (NotScored("column 'z': is required"), "can't answer these rows: column 'z': is required"),
        (FreshScores(("a", "b"), "Classification", np.zeros((1, 2))), "answers another question: Classification with 2 classes"),
    ],
    ids=["other columns", "other task"],
)
def test_a_champion_of_another_kind_is_no_comparison(answer: Any, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    test = judged_rows(FRAME)
    knows(monkeypatch, membership.of(test.data.assignment))
    monkeypatch.setattr(duels, "score", lambda *_, **__: answer)
    duel = against_champion(CHAMPION, MODEL, "uri", test, tmp_path)
    assert duel.opponent is None
    assert words in duel.why
