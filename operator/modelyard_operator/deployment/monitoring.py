"""What the monitor's runs mean for status and conditions.

The newest result speaks. What it said stays in status when its pod is gone, until another version is served.
"""

from modelyard_api.catalogue.checks import CheckSpec, checks_of
from modelyard_api.conditions import ConditionStatus, DeploymentCondition, Reason
from modelyard_api.model_deployment import Monitoring
from modelyard_api.pod_contract import CheckOutcome, MonitorResult
from modelyard_api.resource_status import MonitoringStatus
from modelyard_api.timestamps import from_timestamp, to_timestamp

from modelyard_operator.conditions import ConditionUpdate, find
from modelyard_operator.deployment.monitor_jobs import FAILED_RUNS_KEPT, MonitorRun
from modelyard_operator.deployment.observed import Observed

_STATUSES: dict[bool | None, ConditionStatus] = {True: "True", False: "False", None: "Unknown"}
_REASONS = frozenset(Reason)  # another version of the operator may have written others


def newest_result(observed: Observed, serving: str) -> tuple[MonitorRun, MonitorResult] | None:
    """The newest run about ``serving`` that is newer than what status tells; None: there is nothing new."""
    stored = _stored(observed, serving)
    for run in reversed(observed.monitor_runs):
        if run.finished and run.result and run.result.version == serving:
            is_new = stored is None or stored.last_run is None or run.finished > from_timestamp(stored.last_run)
            return (run, run.result) if is_new else None
    return None


def monitoring_status(observed: Observed, monitoring: Monitoring, serving: str) -> MonitoringStatus | None:
    """``status.monitoring``; None while nothing is known about the version that is served."""
    stored = _stored(observed, serving)
    new = newest_result(observed, serving)
    if new is None:
        return stored
    run, result = new
    last_run = to_timestamp(run.finished) if run.finished else None
    if not result.window:
        return (stored or MonitoringStatus(version=serving)).model_copy(update={"last_run": last_run})
    return MonitoringStatus(
        version=serving,
        last_run=last_run,
        last_window=result.window,
        rows=result.rows,
        windows_judged=result.windows_judged,
        drifted_share=result.drifted_share,
        votes=f"{result.votes} of {monitoring.alert.of}",
        columns=result.columns,
        realized=result.realized,
        report_url=result.report_url,
    )


def monitoring_updates(observed: Observed, monitoring: Monitoring, serving: str) -> list[ConditionUpdate]:
    """A condition for each check that the manifest asks for, and MonitorStale: a monitor that is dead can't report itself."""
    new = newest_result(observed, serving)
    outcomes = {outcome.check: outcome for outcome in new[1].checks} if new else {}
    updates = [_of_check(spec, outcomes.get(spec.name), observed, serving) for spec in checks_of(monitoring)]
    return [*updates, _stale(observed)]


def _stored(observed: Observed, serving: str) -> MonitoringStatus | None:
    stored = observed.status.monitoring
    return stored if stored and stored.version == serving else None


def _of_check(spec: CheckSpec, outcome: CheckOutcome | None, observed: Observed, serving: str) -> ConditionUpdate:
    """Nothing new: what was said last, if it was about the version that is served."""
    if outcome:
        return ConditionUpdate(spec.condition, _STATUSES[outcome.active], outcome.reason, outcome.message)
    condition = find(observed.status.conditions, spec.condition)
    if condition and condition.reason in _REASONS and _stored(observed, serving):
        return ConditionUpdate(spec.condition, condition.status, Reason(condition.reason), condition.message)
    about = f"version {serving}" if serving else "any version"
    return ConditionUpdate(spec.condition, "Unknown", Reason.NO_WINDOW_YET, f"No window of {about} was judged yet.")


def _stale(observed: Observed) -> ConditionUpdate:
    """Stale once so many runs failed since the last success as are kept. A run that hangs fails by its deadline."""
    finished = [run for run in observed.monitor_runs if run.finished]
    successes = [i for i, run in enumerate(finished) if run.outcome == "Succeeded"]
    failed = finished[successes[-1] + 1 :] if successes else finished
    waiting = next((run for run in observed.monitor_runs if run.outcome == "Running" and run.problem), None)
    if len(failed) >= FAILED_RUNS_KEPT:
        words = f"The last {len(failed)} runs failed. The newest, Job {failed[-1].name}: {failed[-1].problem}"
        return ConditionUpdate(DeploymentCondition.MONITOR_STALE, "True", Reason.MONITOR_FAILED, words)
    if failed:
        words = f"Job {failed[-1].name} failed ({len(failed)} in a row; stale at {FAILED_RUNS_KEPT}): {failed[-1].problem}"
        return ConditionUpdate(DeploymentCondition.MONITOR_STALE, "False", Reason.MONITOR_FAILED, words)
    if waiting:
        words = f"Job {waiting.name} waits. {waiting.problem}"
        return ConditionUpdate(DeploymentCondition.MONITOR_STALE, "False", Reason.MONITOR_RUNNING, words)
    words = "The last run succeeded." if finished or observed.status.monitoring else "No run has finished yet."
    return ConditionUpdate(DeploymentCondition.MONITOR_STALE, "False", Reason.MONITOR_RUNNING, words)
