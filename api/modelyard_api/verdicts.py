"""What was measured for a criterion (by the pod) and how it was judged (by the operator): numbers and enums; ``rendering`` makes sentences of them."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from modelyard_api.base import ApiModel, ShortText
from modelyard_api.catalogue.metrics import Metric
from modelyard_api.objective import Bound


class ComparedWith(StrEnum):
    """Whose metric a difference is taken from."""

    BASELINE = "baseline"  # the trivial model: majority class or mean
    CHAMPION = "champion"  # the version at the promotion alias
    ANCHOR = "anchor"  # the last version that entered by betterThan champion, else the first: chains of "not worse" steps are held to it


class CriterionState(StrEnum):
    """Verdict on one criterion."""

    HELD = "Held"
    MISSED = "Missed"
    INCONCLUSIVE = "Inconclusive"


class VerdictReason(StrEnum):
    """Why a criterion is Held, Missed or Inconclusive."""

    INTERVAL_CLEAR = "IntervalClear"  # the whole interval lies on one side of the limit
    INTERVAL_TOO_WIDE = "IntervalTooWide"  # the limit lies inside the interval
    NO_CHAMPION = "NoChampion"  # there is no version to compare with yet
    TOO_FEW_ROWS = "TooFewRows"
    TOO_FEW_GROUPS = "TooFewGroups"
    TOO_FEW_OF_CLASS = "TooFewOfClass"
    UNDEFINED = "Undefined"  # the metric has no value on these rows
    OPPONENT_SAW_ROWS = "OpponentSawRows"  # too few test rows that the opponent was neither fitted nor tuned on
    OPPONENT_ROWS_UNKNOWN = "OpponentRowsUnknown"  # the opponent keeps no list of its rows
    OPPONENT_COLUMNS_GONE = "OpponentColumnsGone"  # its rows can't be recognised without columns that the data no longer have
    OPPONENT_FAILED = "OpponentFailed"  # it can't answer these rows; detail says why
    OPPONENT_DIFFERS = "OpponentDiffers"  # it is for another task
    NOT_MEASURED = "NotMeasured"  # the pod gave no reason that this release knows


class Measurement(ApiModel):
    """The metric itself on the test split, or with an opponent the improvement over it (positive is better, whichever way the metric goes)."""

    metric: Metric | None = Field(None, description="The metric.")
    bound: Bound | None = Field(None, description="What kind of criterion: AtLeast, AtMost, BetterThan or NotWorseThan.")
    opponent: ComparedWith | None = Field(None, description="What it is compared with: baseline, champion or anchor.")
    version: ShortText | None = Field(None, description="The opponent's version in the registry.")
    value: float | None = Field(None, description="What was measured; with an opponent the improvement, positive is better.")
    low: float | None = Field(None, description="Lower end of the 95 % interval.")
    high: float | None = Field(None, description="Upper end of the 95 % interval.")
    standard_error: float | None = Field(None, ge=0, description="Standard error of value.")
    opponent_value: float | None = Field(None, description="The opponent's metric on the same rows.")
    rows: int | None = Field(None, ge=0, description="Test rows that were used.")
    rows_in_test: int | None = Field(None, ge=0, description="All test rows, where the opponent had seen some.")
    groups: float | None = Field(None, ge=0, description="Effective number of independent groups (or rows) among them.")
    reason: VerdictReason | None = Field(None, description="Why, in one word.")
    of_class: ShortText | None = Field(None, description="The class of which there are too few rows.")
    more_rows: int | None = Field(None, ge=0, description="About so many more rows (of that class) the data need.")
    detail: ShortText | None = Field(None, description="Details, for people.")


class Evidence(Measurement):
    """What the pod measured for one criterion, and against the anchor once more. The names of 0.1.0 are read for one release."""

    got: float | None = None
    why: ShortText | None = None


class Verdict(Measurement):
    """One criterion against one opponent, judged. The texts of 0.1.0 are read for one release and no longer written."""

    limit: float | None = Field(
        None, description="The bound: of the metric, or of the improvement. For NotWorseThan the margin, a positive number."
    )
    state: CriterionState = Field(description="Held, Missed or Inconclusive.")
    rows_needed: int | None = Field(None, ge=0, description="About so many test rows in all would decide it.")
    wanted: ShortText | None = Field(None, description="Deprecated: see bound, limit and opponent.")
    got: ShortText | None = Field(None, description="Deprecated: see value.")
    interval: ShortText | None = Field(None, description="Deprecated: see low and high.")
    why: ShortText | None = Field(None, description="Deprecated: see reason.")


MOST_VERDICTS = 32  # every criterion that compares with the champion may be judged against the anchor, too
Evidences = Annotated[list[Evidence], Field(max_length=MOST_VERDICTS)]
