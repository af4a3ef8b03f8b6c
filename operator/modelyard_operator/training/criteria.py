"""The verdict table: every success criterion, what was wanted, what was measured, and Held, Missed or Inconclusive.

A verdict rests on the 95 % interval, not on the measured value: Held and Missed mean that the whole interval lies on one side.
"""

from collections.abc import Sequence

from modelyard_api.conditions import Reason
from modelyard_api.metrics import Metric
from modelyard_api.objective import Criterion, Objective, Opponent, default_criteria
from modelyard_api.pod_contract import CriterionState, Evidence, TrainResult
from modelyard_api.status import Verdict

_HELD, _MISSED, _INCONCLUSIVE = CriterionState.HELD, CriterionState.MISSED, CriterionState.INCONCLUSIVE


class UnusableResult(Exception):
    """The result doesn't answer the question that was asked; the message says how it differs."""


def criteria_of(objective: Objective, result: TrainResult) -> tuple[Criterion, ...]:
    """The stated criteria, or the default ones with the metric that the pod resolved."""
    if objective.require:
        return tuple(objective.require)
    resolved = result.resolved.get("metric", objective.metric or "")
    try:
        return default_criteria(Metric(resolved))
    except ValueError:
        raise UnusableResult(f"the result names {resolved!r} as the metric, which this operator doesn't know") from None


def concern_champion(objective: Objective) -> bool:
    """Whether any criterion compares with the version at the alias."""
    if not objective.require:
        return True
    return any(Opponent.CHAMPION in (one.better_than, one.not_worse_than) for one in objective.require)


def judge(objective: Objective, result: TrainResult) -> list[Verdict]:
    """One verdict per criterion, in their order. Raises UnusableResult."""
    wanted = criteria_of(objective, result)
    if len(wanted) != len(result.evidence):
        raise UnusableResult(f"the result has evidence for {len(result.evidence)} criteria, {len(wanted)} were asked for")
    return [_verdict(*pair, has_champion=bool(result.champion_version)) for pair in zip(wanted, result.evidence, strict=True)]


def shortfall(verdicts: Sequence[Verdict]) -> Reason | None:
    """Why a model may not be promoted: a criterion was missed, or couldn't be decided. None: all hold."""
    states = {verdict.state for verdict in verdicts}
    if _MISSED in states:
        return Reason.CRITERIA_NOT_MET
    return Reason.COMPARISON_INCONCLUSIVE if _INCONCLUSIVE in states else None


def sentence(verdict: Verdict) -> str:
    """``roc_auc at least 0.6: Missed, got 0.52 (0.49 to 0.55)``."""
    measured = f"got {verdict.got} ({verdict.interval})" if verdict.got else "not measured"
    why = f"; {verdict.why}" if verdict.why else ""
    return f"{verdict.metric} {verdict.wanted}: {verdict.state}, {measured}{why}"


def _verdict(criterion: Criterion, evidence: Evidence, *, has_champion: bool) -> Verdict:
    state, why = _state(criterion, evidence, has_champion=has_champion)
    is_difference = criterion.better_than is not None or criterion.not_worse_than is not None
    sign = "+" if is_difference else ""
    bounds = (evidence.low, evidence.high)
    return Verdict(
        metric=criterion.metric,
        wanted=wanted(criterion),
        got="" if evidence.got is None else f"{evidence.got:{sign}.4g}",
        interval="" if None in bounds else f"{evidence.low:{sign}.4g} to {evidence.high:{sign}.4g}",
        state=state,
        why=why,
    )


def wanted(criterion: Criterion) -> str:
    """``better than champion by 0.005``."""
    if criterion.at_least is not None:
        return f"at least {criterion.at_least:g}"
    if criterion.at_most is not None:
        return f"at most {criterion.at_most:g}"
    if criterion.not_worse_than is not None:
        return f"not worse than {criterion.not_worse_than}"
    return f"better than {criterion.better_than}" + (f" by {criterion.by:g}" if criterion.by else "")


def _state(criterion: Criterion, evidence: Evidence, *, has_champion: bool) -> tuple[CriterionState, str]:
    opponent = criterion.better_than or criterion.not_worse_than
    if opponent is Opponent.CHAMPION and not has_champion:
        return _HELD, "no champion yet"
    if evidence.low is None or evidence.high is None:
        return _INCONCLUSIVE, evidence.why or "no interval could be computed"
    state = _beside(criterion, evidence.low, evidence.high)
    undecided = f"the interval over {evidence.rows} test rows lies on both sides: more test rows make it narrower"
    return state, evidence.why or (undecided if state is _INCONCLUSIVE else "")


def _beside(criterion: Criterion, low: float, high: float) -> CriterionState:
    """On which side of the criterion's bound the interval lies. Differences count improvement as positive."""
    if criterion.not_worse_than is not None:
        return _MISSED if high < 0 else _HELD
    if criterion.at_least is not None:
        held, missed = low >= criterion.at_least, high < criterion.at_least
    elif criterion.at_most is not None:
        held, missed = high <= criterion.at_most, low > criterion.at_most
    else:
        held, missed = low > (criterion.by or 0), high <= (criterion.by or 0)
    return _HELD if held else _MISSED if missed else _INCONCLUSIVE
