"""The renderer's own test: the only one that reads its sentences."""

from typing import Any

import pytest
from modelyard_api import rendering
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.objective import Bound, Criterion
from modelyard_api.reading_notes import ReadingNote, ReadingRule
from modelyard_api.verdicts import ComparedWith, CriterionState, Evidence, Verdict, VerdictReason

CHAMPION = {"metric": Metric.F1_MACRO, "bound": Bound.NOT_WORSE_THAN, "opponent": ComparedWith.CHAMPION, "version": "3"}


@pytest.mark.parametrize(
    ("criterion", "sentence"),
    [
        ({"metric": "roc_auc", "atLeast": 0.6}, "roc_auc at least 0.6"),
        ({"metric": "rmse", "atMost": 12}, "rmse at most 12"),
        ({"metric": "f1", "betterThan": "baseline"}, "f1 better than the trivial baseline"),
        ({"metric": "f1", "betterThan": "champion", "by": 0.02}, "f1 better than the champion by more than 0.02"),
        ({"metric": "f1", "notWorseThan": "champion"}, "f1 not worse than the champion"),
        ({"metric": "f1", "notWorseThan": "champion", "by": 0.02}, "f1 not worse than the champion by more than 0.02"),
    ],
)
def test_a_criterion(criterion: dict[str, Any], sentence: str) -> None:
    assert rendering.describe_criterion(Criterion.model_validate(criterion)) == sentence


@pytest.mark.parametrize(
    ("evidence", "sentence"),
    [
        (
            {"metric": "roc_auc", "bound": "AtLeast", "value": 0.69123, "low": 0.66, "high": 0.71, "rows": 1900},
            "roc_auc: measured 0.6912, 95 % interval 0.66 to 0.71, on 1,900 test rows",
        ),
        (
            CHAMPION | {"value": 0.012, "low": -0.004, "high": 0.028, "rows": 120, "rows_in_test": 400},
            "f1_macro against the champion (version 3): improvement +0.012, 95 % interval -0.004 to +0.028, "
            "on 120 of 400 test rows, those new to version 3",
        ),
        (
            CHAMPION | {"reason": "NoChampion", "version": None},
            "f1_macro against the champion: not measured, no champion yet",
        ),
        (
            CHAMPION | {"reason": "OpponentFailed", "detail": "no column 'age'"},
            "f1_macro against the champion (version 3): not measured, version 3 can't answer these rows, no column 'age'",
        ),
    ],
)
def test_a_measurement(evidence: dict[str, Any], sentence: str) -> None:
    assert rendering.describe_measurement(Evidence.model_validate(evidence)) == sentence


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        (
            {"metric": "roc_auc", "bound": "AtLeast", "limit": 0.6, "value": 0.69, "low": 0.66, "high": 0.71, "rows": 900, "state": "Held"},
            "Held: roc_auc at least 0.6, measured 0.69, 95 % interval 0.66 to 0.71, on 900 test rows, even the worse end passes by 0.06",
        ),
        (
            {"metric": "log_loss", "bound": "AtMost", "limit": 0.4, "value": 0.5, "low": 0.45, "high": 0.55, "rows": 1, "state": "Missed"},
            "Missed: log_loss at most 0.4, measured 0.5, 95 % interval 0.45 to 0.55, on 1 test row, even the better end falls short by 0.05",
        ),
        (
            CHAMPION | {"limit": 0.01, "value": 0.001, "low": -0.004, "high": 0.006, "rows": 9000, "state": "Held"},
            "Held: f1_macro not worse than the champion (version 3) by more than 0.01, improvement +0.001, 95 % interval -0.004 to +0.006, "
            "on 9,000 test rows, even the worse end passes by 0.006",
        ),
        (
            CHAMPION
            | {"limit": 0.01, "value": 0.001, "low": -0.02, "high": 0.03, "rows": 120, "rows_in_test": 400}
            | {"reason": "IntervalTooWide", "rows_needed": 1234, "state": "Inconclusive"},
            "Inconclusive: f1_macro not worse than the champion (version 3) by more than 0.01, improvement +0.001, 95 % interval -0.02 to +0.03, "
            "on 120 of 400 test rows, those new to version 3, the limit lies inside the interval, about 1,234 such rows would decide it",
        ),
        (
            {"metric": "rmse", "bound": "BetterThan", "opponent": "baseline", "limit": 0.0, "value": 0.3, "low": -0.1, "high": 0.7}
            | {"rows": 50, "rows_needed": 60, "reason": "IntervalTooWide", "state": "Inconclusive"},
            "Inconclusive: rmse better than the trivial baseline, improvement +0.3, 95 % interval -0.1 to +0.7, on 50 test rows, "
            "the limit lies inside the interval, about 60 test rows would decide it",
        ),
        (
            {"metric": "recall", "bound": "AtLeast", "limit": 0.5, "reason": "TooFewOfClass", "of_class": "rare", "more_rows": 40}
            | {"rows": 60, "state": "Inconclusive"},
            "Inconclusive: recall at least 0.5, not measured, too few test rows of one class, needs about 40 more rows of class rare",
        ),
        (
            CHAMPION
            | {"opponent": "anchor", "version": "1", "limit": 0.01, "reason": "OpponentSawRows", "rows": 12, "rows_in_test": 400}
            | {"state": "Inconclusive"},
            "Inconclusive: f1_macro not worse than the anchor (version 1) by more than 0.01, not measured, "
            "too few test rows are new to version 1 (12 of 400)",
        ),
        (
            CHAMPION | {"version": None, "limit": 0.01, "reason": "NoChampion", "state": "Held"},
            "Held: f1_macro not worse than the champion by more than 0.01, not measured, no champion yet",
        ),
        (
            {"metric": "f1_macro", "wanted": "better than baseline", "got": "+0.31", "interval": "+0.24 to +0.37", "state": "Held"},
            "Held: f1_macro better than baseline, got +0.31 (+0.24 to +0.37)",
        ),
        (
            {"metric": "f1_macro", "wanted": "not worse than champion", "got": "", "state": "Held", "why": "no champion yet"},
            "Held: f1_macro not worse than champion, not measured, no champion yet",
        ),
    ],
)
def test_a_verdict(verdict: dict[str, Any], sentence: str) -> None:
    assert rendering.describe_verdict(Verdict.model_validate(verdict)) == sentence


@pytest.mark.parametrize("reason", [None, *VerdictReason])
def test_every_reason_has_words(reason: VerdictReason | None) -> None:
    verdict = Verdict.model_validate(CHAMPION | {"limit": 0.01, "reason": reason, "state": CriterionState.INCONCLUSIVE})
    assert rendering.describe_verdict(verdict).startswith(
        "Inconclusive: f1_macro not worse than the champion (version 3) by more than 0.01, "
    )


def test_several_verdicts_are_one_line() -> None:
    one = Verdict.model_validate({"metric": "f1", "bound": "AtLeast", "limit": 0.5, "state": "Inconclusive", "detail": "why"})
    assert rendering.describe_verdicts([one, one]).count("Inconclusive: f1 at least 0.5, not measured, why") == 2


def test_reading_is_said_once_per_rule() -> None:
    notes = [
        ReadingNote(rule=ReadingRule.SPACES, column="region", count=1200),
        ReadingNote(rule=ReadingRule.NOT_A_NUMBER, column="age", count=14),
        ReadingNote(rule=ReadingRule.SPACES, column="city", count=3),
        ReadingNote(rule=ReadingRule.ENCODING, detail="Windows-1252"),
        ReadingNote(rule=ReadingRule.PREAMBLE, count=2),
        ReadingNote(rule=ReadingRule.SEPARATOR, detail="\t"),
        ReadingNote(rule=ReadingRule.MISSING_WORD, column="country", count=5, detail="NA"),
        ReadingNote(rule=ReadingRule.AMBIGUOUS_DATE, column="day", count=9, detail="M/D/Y"),
    ]
    assert rendering.describe_reading(notes) == [
        "dates read as month/day/year, though another order of day and month fits too: day (9); write them as 2026-01-31 to be sure",
        "cells 'NA' read as missing: country (5); data.columns[].missingWords: [] keeps them",
        "cells that aren't numbers read as missing: age (14); type: Categorical reads them as text",
        "read without outer spaces: region (1,200), city (3)",
        "the file isn't UTF-8 and was read as Windows-1252; save it as UTF-8 if letters look wrong",
        "the file was read with tabs between fields",
        "lines before the header that were skipped: 2",
    ]


@pytest.mark.parametrize("rule", ReadingRule)
def test_every_rule_is_said_in_at_most_256_characters(rule: ReadingRule) -> None:
    notes = [ReadingNote(rule=rule, column=f"{number} {'long name ' * 12}", count=number) for number in range(40)]
    [sentence] = rendering.describe_reading(notes)
    assert len(sentence) <= 256
    assert "more columns" in sentence or "40 columns" in sentence
