"""One run of a monitor: judge, write the state, then tell.

The state is written before anything is sent, and only over the state that was read. A run that dies before that write changed nothing; one that
dies after it leaves the notifications in the state, and the next run sends them. Only a run that dies between a receiver's answer and the second
write sends a notification twice: with the same id, which Alertmanager and consumers of CloudEvents take for one.
"""

from datetime import datetime
from pathlib import Path

from modelyard_api.labels import ALERT_SECRETS_DIRECTORY, registered_model
from modelyard_api.pod_contract import MonitorRequest, MonitorResult
from modelyard_api.request_log import monitoring_prefix
from modelyard_clients.settings import Platform, platform_root

from modelyard_jobs.monitoring.bucket import Bucket, platform_bucket
from modelyard_jobs.monitoring.delivery import deliver
from modelyard_jobs.monitoring.episodes import advance, close, drift_trigger, quality_trigger
from modelyard_jobs.monitoring.judging import WindowJudge
from modelyard_jobs.monitoring.labelled_windows import refresh_quality
from modelyard_jobs.monitoring.log_position import OVERLAP
from modelyard_jobs.monitoring.receivers import mounted_receivers
from modelyard_jobs.monitoring.reference import ModelSource
from modelyard_jobs.monitoring.state import KEPT_VERSIONS, MonitorState, Position, VersionState
from modelyard_jobs.monitoring.state_store import StateStore
from modelyard_jobs.monitoring.summary import summarise
from modelyard_jobs.monitoring.verdict import votes
from modelyard_jobs.termination import Unavailable


def run(request: MonitorRequest, platform: Platform, now: datetime) -> MonitorResult:
    """Raises ``InvalidRequest`` or ``Unavailable`` (both ``JobFailure``) and then has changed nothing but, at most, delivered alerts."""
    bucket = platform_bucket(platform)
    store = StateStore(bucket, f"{monitoring_prefix(request.namespace, request.name)}state.json")
    source = ModelSource(registered_model(request.namespace, request.model), request.version)
    before, etag = store.load()
    state, problems = _judged(before, request, bucket, source, now)
    if state != before:
        etag = store.save(state, etag)
    told, alert_problems = _tell(state, request, now)
    if told != state:
        store.save(told, etag)
    _forget(before, told, bucket)
    return summarise(told, request, problems, alert_problems)


def _judged(
    before: MonitorState | None, request: MonitorRequest, bucket: Bucket, source: ModelSource, now: datetime
) -> tuple[MonitorState, list[str]]:
    state = _opened(before, request, source, now)
    judge = WindowJudge(request, bucket, source, now)
    version = judge.judge_new(state.versions[request.version])
    version = refresh_quality(version, request, bucket)
    state = state.model_copy(update={"versions": state.versions | {request.version: version}})
    return _with_alerts(state, request, now), judge.problems


def _opened(before: MonitorState | None, request: MonitorRequest, source: ModelSource, now: datetime) -> MonitorState:
    """The state for this version. One that comes (back) into service starts without votes, and its predecessor's alerts end."""
    if before and before.uid == request.uid and before.version == request.version:
        return before
    versions = dict(before.versions) if before else {}
    known = versions.pop(request.version, None) or VersionState(position=Position(horizon=source.created_at(now) - OVERLAP))
    versions[request.version] = known.model_copy(update={"votes_after": known.judged})
    kept = dict(list(versions.items())[-KEPT_VERSIONS:])
    if before is None:
        return MonitorState(uid=request.uid, version=request.version, versions=kept)
    return close(before, before.episodes, now).model_copy(update={"uid": request.uid, "version": request.version, "versions": kept})


def _with_alerts(state: MonitorState, request: MonitorRequest, now: datetime) -> MonitorState:
    version = state.versions[request.version]
    count, drifted = votes(version.windows, request.monitoring.alert, version.votes_after)
    shown = version.last_drifted or version.last
    window = shown.window if shown else ""
    state = advance(state, drift_trigger(request, drifted, window, count, shown.columns if shown else ()), request, now)
    return advance(state, quality_trigger(request, version.realized, version.last.window if version.last else ""), request, now)


def _tell(state: MonitorState, request: MonitorRequest, now: datetime) -> tuple[MonitorState, list[str]]:
    folder = platform_root() / Path(ALERT_SECRETS_DIRECTORY).name
    receivers, problems = mounted_receivers(folder, request)
    told, failed = deliver(state, receivers, now, all_known=not problems)
    return told, problems + failed


def _forget(before: MonitorState | None, after: MonitorState, bucket: Bucket) -> None:
    """Deletes reports and predictions of windows that the state no longer knows."""
    for key in sorted(_files(before) - _files(after)):
        try:
            bucket.delete(key)
        except Unavailable:  # the verdict is written; a file too many does no harm
            return


def _files(state: MonitorState | None) -> set[str]:
    windows = [window for version in state.versions.values() for window in version.windows] if state else []
    return {key for window in windows for key in (window.report, window.predictions) if key}
