"""From evidence to verdicts: every success criterion, against every opponent, Held, Missed or Inconclusive.

A verdict rests on the 95 % interval, not on the measured value: Held and Missed mean that the whole interval lies on one side of the limit.
``notWorseThan`` is a non-inferiority test: its limit is a margin below the opponent (Blackwelder 1982, "Proving the null hypothesis").
"""

import math
from collections.abc import Iterator, Sequence

from modelyard_api.artifacts import Resolved
from modelyard_api.catalogue.metrics import Metric, default_margin, rows_to_decide
from modelyard_api.conditions import Reason
from modelyard_api.objective import Bound, Criterion, Objective, Opponent, default_criteria
from modelyard_api.pod_contract import TrainResult
from modelyard_api.verdicts import ComparedWith, CriterionState, Evidence, Verdict, VerdictReason

_HELD, _MISSED, _INCONCLUSIVE = CriterionState.HELD, CriterionState.MISSED, CriterionState.INCONCLUSIVE
_STANDARD_ERRORS_IN_INTERVAL = 2 * 1.96
_MOST_ROWS_NEEDED = 1_000_000_000


class UnusableResult(Exception):
    """The result isn't about the requested criteria; the message says how it differs."""


def criteria_of(objective: Objective, result: TrainResult) -> tuple[Criterion, ...]:
    """The stated criteria, or the default ones with the metric that the pod resolved."""
    if objective.require:
        return tuple(objective.require)
    named = result.metric or result.resolved.get(Resolved.METRIC, objective.metric or "")
    try:
        return default_criteria(Metric(named))
    except ValueError:
        raise UnusableResult(f"the result names {named!r} as the metric, which this operator doesn't know") from None


def concern_champion(objective: Objective) -> bool:
    """Whether any criterion compares with the version at the alias."""
    return not objective.require or any(one.opponent is Opponent.CHAMPION for one in objective.require)


def judge(objective: Objective, result: TrainResult) -> list[Verdict]:
    """One verdict per criterion and opponent, in the order of the criteria. Raises UnusableResult."""
    wanted = criteria_of(objective, result)
    evidence = result.evidence
    if evidence and all(one.bound is None for one in evidence):
        evidence = _of_first_release(wanted, evidence)
    return [verdict for criterion in wanted for verdict in _judged(criterion, evidence, result)]


def shortfall(verdicts: Sequence[Verdict]) -> Reason | None:
    """Why a model may not be promoted: a criterion was missed, or couldn't be decided. None: all hold."""
    states = {verdict.state for verdict in verdicts}
    if _MISSED in states:
        return Reason.CRITERIA_NOT_MET
    return Reason.COMPARISON_INCONCLUSIVE if _INCONCLUSIVE in states else None


def _judged(criterion: Criterion, evidence: Sequence[Evidence], result: TrainResult) -> Iterator[Verdict]:
    opponent = _compared_with(criterion)
    yield _verdict(criterion, _evidence(criterion, opponent, evidence), result)
    if opponent is not ComparedWith.CHAMPION or not result.champion_version:
        return
    has_other_anchor = result.anchor_version not in (None, "", result.champion_version)
    is_held_to_it = has_other_anchor and criterion.bound is Bound.NOT_WORSE_THAN
    if is_held_to_it or _find(criterion, ComparedWith.ANCHOR, evidence):
        yield _verdict(criterion, _evidence(criterion, ComparedWith.ANCHOR, evidence), result)


def _evidence(criterion: Criterion, opponent: ComparedWith | None, evidence: Sequence[Evidence]) -> Evidence:
    found = _find(criterion, opponent, evidence)
    if found is None:
        against = f" against the {opponent}" if opponent else ""
        raise UnusableResult(f"the result has no evidence for {criterion.metric} {criterion.bound}{against}")
    return found


def _find(criterion: Criterion, opponent: ComparedWith | None, evidence: Sequence[Evidence]) -> Evidence | None:
    key = (criterion.metric, criterion.bound, opponent)
    return next((one for one in evidence if (one.metric, one.bound, one.opponent) == key), None)


def _of_first_release(wanted: Sequence[Criterion], evidence: Sequence[Evidence]) -> list[Evidence]:
    """0.1.0 named no criterion: evidence was in the order of the criteria. Read for one release."""
    if len(wanted) != len(evidence):
        raise UnusableResult(f"the result has evidence for {len(evidence)} criteria, {len(wanted)} were requested")
    return [_named(*pair) for pair in zip(wanted, evidence, strict=True)]


def _named(criterion: Criterion, evidence: Evidence) -> Evidence:
    named = {"metric": criterion.metric, "bound": criterion.bound, "opponent": _compared_with(criterion)}
    return evidence.model_copy(update={**named, "value": evidence.got, "detail": evidence.why or None})


def _compared_with(criterion: Criterion) -> ComparedWith | None:
    return ComparedWith(criterion.opponent) if criterion.opponent else None


def _verdict(criterion: Criterion, evidence: Evidence, result: TrainResult) -> Verdict:
    limit = _limit(criterion, evidence)
    state, reason = _state(criterion, evidence, limit, has_champion=bool(result.champion_version))
    versions = {ComparedWith.CHAMPION: result.champion_version or None, ComparedWith.ANCHOR: result.anchor_version}
    return Verdict(
        **evidence.model_dump(exclude={"got", "why", "reason", "version"}),
        version=evidence.version or (versions.get(evidence.opponent) if evidence.opponent else None),
        limit=limit,
        state=state,
        reason=reason,
        rows_needed=None
        if limit is None or reason is not VerdictReason.INTERVAL_TOO_WIDE
        else _rows_needed(criterion.bound, evidence, limit),
    )


def _limit(criterion: Criterion, evidence: Evidence) -> float | None:
    """The bound; for NotWorseThan the margin, which isn't known where it is a share of a value that wasn't measured."""
    if criterion.bound is Bound.AT_LEAST:
        return criterion.at_least
    if criterion.bound is Bound.AT_MOST:
        return criterion.at_most
    if criterion.bound is Bound.BETTER_THAN:
        return criterion.by or 0.0
    return criterion.by if criterion.by is not None else default_margin(criterion.metric, evidence.opponent_value)


def _state(criterion: Criterion, evidence: Evidence, limit: float | None, *, has_champion: bool) -> tuple[CriterionState, VerdictReason]:
    if evidence.opponent is ComparedWith.CHAMPION and not has_champion:
        return _HELD, VerdictReason.NO_CHAMPION
    if evidence.low is None or evidence.high is None or limit is None:
        return _INCONCLUSIVE, evidence.reason or VerdictReason.NOT_MEASURED
    state = _beside(criterion.bound, limit, evidence.low, evidence.high)
    return state, VerdictReason.INTERVAL_TOO_WIDE if state is _INCONCLUSIVE else VerdictReason.INTERVAL_CLEAR


def _beside(bound: Bound, limit: float, low: float, high: float) -> CriterionState:
    """On which side of the limit the interval lies. Differences count improvement as positive."""
    if bound is Bound.AT_LEAST:
        held, missed = low >= limit, high < limit
    elif bound is Bound.AT_MOST:
        held, missed = high <= limit, low > limit
    elif bound is Bound.BETTER_THAN:
        held, missed = low > limit, high <= limit
    else:
        held, missed = low > -limit, high < -limit
    return _HELD if held else _MISSED if missed else _INCONCLUSIVE


def _rows_needed(bound: Bound, evidence: Evidence, limit: float) -> int | None:
    """About so many rows let the interval clear the limit, if the model is as good as measured (NotWorseThan: as good as its opponent).

    None where more rows would rather decide against the model, or nothing is known about the width.
    """
    distance = limit if bound is Bound.NOT_WORSE_THAN else _distance(bound, evidence, limit)
    error = evidence.standard_error
    if error is None and evidence.low is not None and evidence.high is not None:
        error = (evidence.high - evidence.low) / _STANDARD_ERRORS_IN_INTERVAL
    if not evidence.rows or not error or distance <= 0:
        return None
    needed = rows_to_decide(evidence.rows, error, distance)
    if needed <= evidence.rows:
        return None
    return math.ceil(min(needed, _MOST_ROWS_NEEDED))


def _distance(bound: Bound, evidence: Evidence, limit: float) -> float:
    """How far the value is on the side of the limit where the criterion holds."""
    value = limit if evidence.value is None else evidence.value
    return limit - value if bound is Bound.AT_MOST else value - limit
