"""Which version is served, which is being started, which is draining.

::

    no Service yet ──► the stable Service selects the target at once (nothing is served anyway)
    target new     ──► its Deployment starts next to the serving one
    target ready   ──► the stable Service selects it; the old Deployment stays while endpoints drain, then goes
    target broken  ──► the old version goes on answering

The stable Service carries what it selects and since when, so a restart finds the rollout where it was.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from modelyard_api.conditions import Reason
from modelyard_api.resource_status import PromotionRecord
from modelyard_api.timestamps import from_timestamp, to_timestamp

from modelyard_operator.deployment.observed import Observed, StableService

# kube-proxies, gateways and clients' connection pools learn of the new endpoints within seconds; a pod drains by itself as well.
DRAIN = timedelta(seconds=20)
_HISTORY = 20
_FOR_NOW = frozenset({Reason.REGISTRY_UNAVAILABLE, Reason.OPERATOR_TOO_OLD})  # what was started goes on meanwhile


@dataclass(frozen=True)
class Rollout:
    """What should be after this reconcile. Versions are empty where there is none."""

    target: str  # the version that the spec names
    serving: str  # the version that the stable Service selects
    since: str  # timestamp since when it does
    draining: tuple[str, ...] = ()  # versions that stay a little longer
    finished: tuple[str, ...] = ()  # versions whose objects are deleted
    drained_in: float | None = None  # seconds until draining is over

    @property
    def running(self) -> tuple[str, ...]:
        """Versions whose pods are wanted: the served one first."""
        return tuple(dict.fromkeys(version for version in (self.serving, self.target) if version))

    @property
    def has_two(self) -> bool:
        """Two versions run or more: then each has a Service of its own, which a route can weigh."""
        return len({*self.running, *self.draining}) > 1


def decide_rollout(observed: Observed, now: datetime) -> Rollout:
    """By the strategy of the ModelDeployment; there is one so far."""
    return STRATEGIES["Rolling"](observed, now)


def rolling(observed: Observed, now: datetime) -> Rollout:
    """From the registry's version, the stable Service and the readiness of each version's pods."""
    target = _target(observed)
    stable = _stable(observed, target, now)
    others = tuple(version for version in observed.workloads if version not in (target, stable.version))
    left = (_moment(stable.since, now) + DRAIN - now).total_seconds()
    if others and left > 0:
        return Rollout(target, stable.version, stable.since, draining=others, drained_in=left)
    return Rollout(target, stable.version, stable.since, finished=others)


def next_history(observed: Observed, rollout: Rollout, now: datetime) -> list[PromotionRecord]:
    """The history with the change that the stable Service shows, if it is one.

    The first version counts once it is ready. A mirror that still shows the Service of before shows an older ``since``.
    """
    history = observed.status.history
    if not history:
        workload = observed.workloads.get(rollout.serving)
        is_first = workload is not None and (workload.ready > 0 or workload.is_complete)
        return [_record(observed, "", rollout.serving, to_timestamp(now))] if is_first else []
    last = history[-1]
    if rollout.serving in ("", last.to_version) or (last.at and _moment(rollout.since, now) < from_timestamp(last.at)):
        return list(history)
    return [*history, _record(observed, last.to_version, rollout.serving, rollout.since)][-_HISTORY:]


def _target(observed: Observed) -> str:
    """The version that the spec names; while the registry is silent, the one that it named last."""
    serving = _serving_now(observed)
    if observed.resolution.version or observed.resolution.problem not in _FOR_NOW:
        return observed.resolution.version or serving
    pinned = observed.spec.model.version if observed.spec else None
    started = (served.version for served in observed.status.versions if served.role == "Next")
    return pinned or next((version for version in started if version in observed.workloads), serving)


def _serving_now(observed: Observed) -> str:
    """What the stable Service selects; if somebody deleted it, what it selected last, as far as that still has pods."""
    if observed.stable and observed.stable.version:
        return observed.stable.version
    last = observed.status.version
    return last if last in observed.workloads else ""


def _stable(observed: Observed, target: str, now: datetime) -> StableService:
    serving = _serving_now(observed)
    if not serving:
        return StableService(target, to_timestamp(now) if target else "")
    if target != serving and _may_switch(observed, serving, target):
        return StableService(target, to_timestamp(now))
    if observed.stable and observed.stable.since:
        return StableService(serving, observed.stable.since)
    return StableService(serving, to_timestamp(now))


def _may_switch(observed: Observed, serving: str, target: str) -> bool:
    """All pods of the target are ready; or one is, and none of the serving version."""
    old, new = observed.workloads.get(serving), observed.workloads.get(target)
    if new is None:
        return False
    return new.is_complete or (new.ready > 0 and (old is None or old.ready == 0))


def _moment(timestamp: str, now: datetime) -> datetime:
    """Somebody may have edited the annotation: what can't be read counts as now."""
    try:
        return from_timestamp(timestamp)
    except ValueError:
        return now


def _record(observed: Observed, before: str, after: str, at: str) -> PromotionRecord:
    model = observed.spec.model if observed.spec else None
    is_target = observed.resolution.version == after
    why = ""
    if model and is_target:
        why = f"alias {model.alias} is at version {after}" if model.alias else f"spec.model.version is {after}"
    alias = (model.alias or "") if model else ""
    by = observed.resolution.by if alias and is_target else ""
    return PromotionRecord(alias=alias, from_version=before, to_version=after, at=at, by=by, why=why)


STRATEGIES: Mapping[str, Callable[[Observed, datetime], Rollout]] = {"Rolling": rolling}
