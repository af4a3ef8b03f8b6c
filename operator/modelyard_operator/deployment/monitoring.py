"""What the monitor's runs mean for status and conditions.

The newest result speaks. What it said stays in status when its pod is gone, until another version answers.
"""

from modelyard_api.conditions import DeploymentCondition, Reason
from modelyard_api.model_deployment import Monitoring, Performance
from modelyard_api.pod_contract import GroupUnit, MonitorResult, QualityEstimate
from modelyard_api.status import MonitoringStatus

from modelyard_operator.conditions import ConditionUpdate, find
from modelyard_operator.deployment.monitor_cron_job import FAILED_RUNS_KEPT
from modelyard_operator.deployment.monitor_runs import MonitorRun
from modelyard_operator.deployment.observed import Observed
from modelyard_operator.timestamps import from_timestamp, to_timestamp

_WORST_NAMED = 5
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
    """``status.monitoring``; None while nothing is known about the version that answers."""
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
    """Drifted, DataQualityDegraded, QualityDegraded (where quality is asked for) and MonitorStale."""
    new = newest_result(observed, serving)
    result = new[1] if new and new[1].window else None
    looked = new[1] if new and (new[1].window or new[1].findings) else None  # without a window: why there is none
    updates = [
        _drifted(result, monitoring) if result else _kept(observed, DeploymentCondition.DRIFTED, serving),
        _data_quality(looked) if looked else _kept(observed, DeploymentCondition.DATA_QUALITY_DEGRADED, serving),
    ]
    if performance := monitoring.performance:
        updates.append(_quality(result, performance) if result else _kept(observed, DeploymentCondition.QUALITY_DEGRADED, serving))
    return [*updates, _stale(observed)]


def _stored(observed: Observed, serving: str) -> MonitoringStatus | None:
    stored = observed.status.monitoring
    return stored if stored and stored.version == serving else None


def _kept(observed: Observed, condition_type: DeploymentCondition, serving: str) -> ConditionUpdate:
    """Nothing new: what was said last, if it was about the version that answers."""
    condition = find(observed.status.conditions, condition_type)
    if condition and condition.reason in _REASONS and _stored(observed, serving):
        return ConditionUpdate(condition_type, condition.status, Reason(condition.reason), condition.message)
    about = f"version {serving}" if serving else "any version"
    return ConditionUpdate(condition_type, "Unknown", Reason.NO_WINDOW_YET, f"No window of {about} was judged yet.")


def _drifted(result: MonitorResult, monitoring: Monitoring) -> ConditionUpdate:
    alert = monitoring.alert
    if result.windows_judged == 0:
        too_few = f"monitoring.minimumRows is {monitoring.minimum_rows}"
        why = too_few if result.rows < monitoring.minimum_rows else "no column could be compared"
        words = f"The window had {result.rows} rows and gave no vote: {why}."
        return ConditionUpdate(DeploymentCondition.DRIFTED, "Unknown", Reason.NO_WINDOW_YET, words)
    share = "no column could be compared" if result.drifted_share is None else f"{result.drifted_share:.0%} of the columns drifted"
    judged = min(result.windows_judged, alert.of)
    votes = f"{result.votes} of {judged} windows voted for drift ({alert.after} of {alert.of} needed)"
    message = f"{votes}; in the newest {share} (a vote from {monitoring.drift.share:.0%}){_worst(result)}."
    if result.drifted:
        return ConditionUpdate(DeploymentCondition.DRIFTED, "True", Reason.LIMITS_EXCEEDED, message)
    return ConditionUpdate(DeploymentCondition.DRIFTED, "False", Reason.WITHIN_LIMITS, message)


def _worst(result: MonitorResult) -> str:
    drifted = [column for column in result.columns if column.drifted and column.distance is not None]
    named = ", ".join(f"{c.name} ({c.method} {c.distance:.3g}, limit {c.threshold:g})" for c in drifted[:_WORST_NAMED])
    return f": {named}" if named else ""


def _data_quality(result: MonitorResult) -> ConditionUpdate:
    if result.findings:
        words = "; ".join(result.findings)
        return ConditionUpdate(DeploymentCondition.DATA_QUALITY_DEGRADED, "True", Reason.LIMITS_EXCEEDED, f"The monitor found: {words}.")
    words = "Every column of the newest window is as the reference sample has it."
    return ConditionUpdate(DeploymentCondition.DATA_QUALITY_DEGRADED, "False", Reason.WITHIN_LIMITS, words)


def _quality(result: MonitorResult, performance: Performance) -> ConditionUpdate:
    realized = result.realized
    if realized is None:
        words = f"Too few true outcomes were sent to /feedback to compute {performance.metric}."
        return ConditionUpdate(DeploymentCondition.QUALITY_DEGRADED, "Unknown", Reason.NOT_ENOUGH_LABELS, words)
    message = f"{_measured(realized)}; {_limit(performance)}."
    if realized.degraded:
        return ConditionUpdate(DeploymentCondition.QUALITY_DEGRADED, "True", Reason.LIMITS_EXCEEDED, message)
    return ConditionUpdate(DeploymentCondition.QUALITY_DEGRADED, "False", Reason.WITHIN_LIMITS, message)


def _measured(realized: QualityEstimate) -> str:
    interval = f"95 % interval {realized.low:.4g} to {realized.high:.4g}{_groups(realized)}"
    return f"Realised {realized.metric} is {realized.value:.4g} ({interval}) on {realized.rows} rows"


def _groups(realized: QualityEstimate) -> str:
    """What the interval was made from, where that isn't the rows themselves; 0.1.0 wrote a text."""
    if realized.groups is None or realized.group_unit is None:
        return f" over {realized.clusters}" if realized.clusters else ""
    if realized.group_unit is GroupUnit.ROW:
        return ""
    return f" over {realized.groups:,} {realized.group_unit.lower()}{'s' if realized.groups != 1 else ''}"


def _limit(performance: Performance) -> str:
    if performance.at_least is not None:
        return f"degraded when the interval lies below {performance.at_least:g}"
    return f"degraded when the interval lies above {performance.at_most:g}"


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
