"""A verdict in words: what was wanted, what was measured, and by how much it held or fell short."""

import re

from modelyard_api.objective import Criterion
from modelyard_api.pod_contract import CriterionState
from modelyard_api.status import Verdict

_NUMBER = r"([-+]?[0-9.]+(?:e[-+]?[0-9]+)?)"
_INTERVAL = re.compile(rf"^{_NUMBER} to {_NUMBER}$")
_WANTED = re.compile(rf"^(?:(at least|at most) {_NUMBER}|(better than) (\w+)(?: by {_NUMBER})?|(not worse than) (\w+))$")
_OPPONENTS = {"baseline": "the trivial baseline", "champion": "the champion"}


def wanted(criterion: Criterion) -> str:
    """As a person would ask for it."""
    if criterion.at_least is not None:
        return f"{criterion.metric} of at least {criterion.at_least:g}"
    if criterion.at_most is not None:
        return f"{criterion.metric} of at most {criterion.at_most:g}"
    if criterion.not_worse_than is not None:
        return f"{criterion.metric} not worse than that of {_OPPONENTS[criterion.not_worse_than]}"
    by = f" by more than {criterion.by:g}" if criterion.by else ""
    return f"{criterion.metric} better than that of {_OPPONENTS[criterion.better_than or 'baseline']}{by}"


def in_words(verdict: Verdict) -> str:
    """One sentence."""
    start = f"{verdict.state}: {verdict.metric} {_wanted_in_words(verdict.wanted)}"
    if not verdict.got:
        return f"{start}; not measured{f', {verdict.why}' if verdict.why else ''}."
    measured = f"{'improvement' if _is_difference(verdict) else 'measured'} {verdict.got}"
    interval = f", 95 % interval {verdict.interval}" if verdict.interval else ""
    return f"{start}; {measured}{interval}{_margin(verdict)}.{_why(verdict)}"


def _wanted_in_words(text: str) -> str:
    for opponent, words in _OPPONENTS.items():
        text = text.replace(f"than {opponent}", f"than {words}")
    return text


def _is_difference(verdict: Verdict) -> bool:
    return "than" in verdict.wanted


def _margin(verdict: Verdict) -> str:
    """How far the end of the interval that decides lies from the limit."""
    interval, asked = _INTERVAL.match(verdict.interval), _WANTED.match(verdict.wanted)
    if not interval or not asked:
        return ""
    low, high = float(interval[1]), float(interval[2])
    limit = float(asked[2] or asked[5] or 0)
    if verdict.state is CriterionState.INCONCLUSIVE:
        return f": the limit {limit:g} lies inside, so these rows can't tell"
    upwards = asked[1] != "at most"
    if verdict.state is CriterionState.HELD:
        return _held(high if asked[6] else low if upwards else high, limit, is_only_not_worse=bool(asked[6]))
    return f": even its better end falls short by {abs(limit - (high if upwards else low)):.3g}"


def _held(end: float, limit: float, *, is_only_not_worse: bool) -> str:
    if is_only_not_worse:
        return ": it doesn't lie wholly on the worse side"
    return f": even its worse end passes by {abs(end - limit):.3g}"


def _why(verdict: Verdict) -> str:
    """The operator's own words, but for what was just said."""
    return f" {verdict.why[:1].upper()}{verdict.why[1:]}." if verdict.why and "lies on both sides" not in verdict.why else ""
