"""One run of a monitor: judge, write the state, then alert.

The state is written before anything is sent, and only over the state that was read. A run that dies before that write changed nothing; one that
dies after it leaves the notifications in the state, and the next run sends them. Only a run that dies between a channel's answer and the second
write sends a notification twice: with the same id, which Alertmanager and consumers of CloudEvents take for one.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from modelyard_api.catalogue.checks import CheckName
from modelyard_api.labels import ALERT_SECRETS_DIRECTORY, registered_model
from modelyard_api.pod_contract import TERMINATION_MESSAGE_LIMIT, CheckOutcome, ColumnDrift, MonitorRequest, MonitorResult
from modelyard_api.request_log import OUTPUT_PREFIX, monitoring_prefix
from modelyard_clients.platform import Platform, platform_root

from modelyard_jobs.monitoring.bucket import Bucket, platform_bucket
from modelyard_jobs.monitoring.channels import mounted_channels
from modelyard_jobs.monitoring.checks.check import enough_votes, votes_on
from modelyard_jobs.monitoring.episodes import advance, close, deliver
from modelyard_jobs.monitoring.feedback import new_outcomes
from modelyard_jobs.monitoring.judging import WindowJudge
from modelyard_jobs.monitoring.reference import ModelSource
from modelyard_jobs.monitoring.state import KEPT_VERSIONS, CheckResult, MonitorState, Position, StateStore, VersionState
from modelyard_jobs.monitoring.windows import OVERLAP
from modelyard_jobs.termination import Unavailable

_CHECKS = 16
_COLUMNS = 20
_MESSAGE = 400  # characters of what a check says
_LEAST = 60
_PROBLEM = 160


def run(request: MonitorRequest, platform: Platform, now: datetime) -> MonitorResult:
    """Raises ``InvalidRequest`` or ``Unavailable`` (both ``JobFailure``) and then has changed nothing but, at most, delivered alerts."""
    bucket = platform_bucket(platform)
    store = StateStore(bucket, f"{monitoring_prefix(request.namespace, request.name)}state.json")
    source = ModelSource(registered_model(request.namespace, request.model), request.version)
    before, etag = store.load()
    state = _judged(before, request, bucket, source, now)
    if state != before:
        etag = store.save(state, etag)
    alerted, alert_problems = _alert(state, request, now)
    if alerted != state:
        store.save(alerted, etag)
    _forget(before, alerted, bucket)
    return summarise(alerted, request, alert_problems)


def _judged(before: MonitorState | None, request: MonitorRequest, bucket: Bucket, source: ModelSource, now: datetime) -> MonitorState:
    state = _opened(before, request, source, now)
    judge = WindowJudge(request, bucket, source, now)
    version = judge.judge_new(state.versions[request.version])
    version, outcomes = new_outcomes(version, request, bucket)
    version = judge.review(version, outcomes)
    return advance(state.model_copy(update={"versions": state.versions | {request.version: version}}), request, now)


def _opened(before: MonitorState | None, request: MonitorRequest, source: ModelSource, now: datetime) -> MonitorState:
    """The state for this version. One that comes (back) into service starts without votes, and its predecessor's alerts end."""
    if before and before.uid == request.uid and before.version == request.version:
        return before
    versions = dict(before.versions) if before else {}
    known = versions.pop(request.version, None) or VersionState(position=Position(horizon=source.created_at(now) - OVERLAP))
    versions[request.version] = known.model_copy(update={"votes_after": known.judged, "results": {}, "labels_seen": ""})
    kept = dict(list(versions.items())[-KEPT_VERSIONS:])
    if before is None:
        return MonitorState(uid=request.uid, version=request.version, versions=kept)
    return close(before, before.episodes, now).model_copy(update={"uid": request.uid, "version": request.version, "versions": kept})


def _alert(state: MonitorState, request: MonitorRequest, now: datetime) -> tuple[MonitorState, list[str]]:
    folder = platform_root() / Path(ALERT_SECRETS_DIRECTORY).name
    channels, problems = mounted_channels(folder, request)
    alerted, failed = deliver(state, channels, now, all_known=not problems)
    return alerted, problems + failed


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


def summarise(state: MonitorState, request: MonitorRequest, alert_problems: Sequence[str]) -> MonitorResult:
    """What the checks say now, whether this run or an earlier one found it: a lost message is made up for by the next."""
    version = state.versions[request.version]
    count, drifted = enough_votes(votes_on(CheckName.INPUT_DRIFT, version.history()), request.monitoring.alert)
    last, quality = version.last, version.results.get(CheckName.REALIZED_QUALITY)
    judged = last is not None and last.rows >= request.monitoring.minimum_rows
    drift = version.results.get(CheckName.INPUT_DRIFT) if judged else None
    result = MonitorResult(
        version=request.version,
        window=last.window if last else "",
        rows=last.rows if last else 0,
        windows_judged=version.voted,
        drifted_share=drift.drifted_share if drift else None,
        votes=count,
        drifted=drifted,
        columns=_shortened(drift.columns, _COLUMNS) if drift else [],
        realized=quality.realized if quality else None,
        checks=[_outcome(name, each) for name, each in version.results.items()],
        report_url=last.report_url if last else "",
        alerted=bool(request.monitoring.alert.notify) and _alerted(state),
        alert_problem="; ".join(alert_problems)[:_PROBLEM],
    )
    return _fitting(result)


def _outcome(check: str, result: CheckResult) -> CheckOutcome:
    message = result.message if len(result.message) <= _MESSAGE else f"{result.message[: _MESSAGE - 1]}…"
    return CheckOutcome(check=check, active=result.active, reason=result.reason, message=message)


def _alerted(state: MonitorState) -> bool:
    """An episode is open and its beginning was delivered to everybody there is."""
    waiting = {notification.episode.id for notification in state.notifications}
    return any(episode.id not in waiting for episode in state.episodes)


def _shortened(columns: Sequence[ColumnDrift], count: int) -> list[ColumnDrift]:
    """The worst inputs, and the model's output whatever its place."""
    outputs = [column for column in columns if column.name.startswith(OUTPUT_PREFIX)][-1:]
    return [column for column in columns if column not in outputs][: max(count - len(outputs), 0)] + outputs


def _fitting(result: MonitorResult) -> MonitorResult:
    """Leaves out the least drifted columns until the message fits, and then cuts what the checks say."""
    for count in range(len(result.columns), -1, -1):
        shorter = result.model_copy(update={"columns": _shortened(result.columns, count) if count else []})
        if len(shorter.model_dump_json(by_alias=True).encode()) <= TERMINATION_MESSAGE_LIMIT:
            return shorter
    cut = [each.model_copy(update={"message": each.message[:_LEAST]}) for each in result.checks[:_CHECKS]]
    return result.model_copy(update={"columns": [], "checks": cut})
