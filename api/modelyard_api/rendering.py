"""Sentences about criteria, measurements and verdicts, for people: every part that shows one calls this, and nobody parses what it makes."""

from modelyard_api.objective import Bound, Criterion
from modelyard_api.verdicts import ComparedWith

_OPPONENTS = {"baseline": "the trivial baseline", "champion": "the champion", "anchor": "the anchor"}


def describe_criterion(criterion: Criterion) -> str:
    """``roc_auc at least 0.6``; ``roc_auc not worse than the champion by 0.01``."""
    limit = {Bound.AT_LEAST: criterion.at_least, Bound.AT_MOST: criterion.at_most}.get(criterion.bound, criterion.by)
    return _wanted(criterion.metric, criterion.bound, criterion.opponent, None, limit)


def _wanted(metric: str, bound: Bound, opponent: str | None, version: str | None, limit: float | None) -> str:
    if bound in (Bound.AT_LEAST, Bound.AT_MOST):
        return f"{metric} {'at least' if bound is Bound.AT_LEAST else 'at most'} {limit:g}"
    than = _OPPONENTS[opponent or ComparedWith.CHAMPION] + (f" (version {version})" if version else "")
    by = f" by more than {limit:g}" if limit else ""
    return f"{metric} {'better' if bound is Bound.BETTER_THAN else 'not worse'} than {than}{by}"
