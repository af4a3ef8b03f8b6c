"""A state that 0.1.0 wrote is read on: no row is judged twice, no open alert is lost."""

import json

from modelyard_jobs.monitoring.state import MonitorState

COLUMN = {"name": "temp", "method": "PSI", "distance": 11.7, "threshold": 0.2, "drifted": True, "finding": ""}
LAST = {
    "window": "a/b",
    "rows": 500,
    "driftedShare": 0.5,
    "columns": [COLUMN],
    "findings": ["visib: missing"],
    "reportUrl": "s3://b/r.html",
}
EPISODE = {
    "kind": "drift",
    "id": "1",
    "version": "3",
    "since": "s",
    "window": "a/b",
    "summary": "s",
    "description": "d",
    "columns": [COLUMN],
}
WINDOW = {"number": 1, "start": 0, "end": 1, "rows": 500, "vote": True, "driftedShare": 0.5, "report": "r", "predictions": "p"}
VERSION = {
    "position": {"horizon": 5, "done": ["k"], "waiting": []},
    "windows": [WINDOW, {"number": 2, "start": 1, "end": 2, "rows": 3, "report": "", "predictions": ""}],
    "judged": 2,
    "voted": 1,
    "votesAfter": 0,
    "last": LAST,
    "lastDrifted": LAST,
    "labelsSeen": "2 1 f",
    "realized": {"metric": "roc_auc", "value": 0.6, "low": 0.5, "high": 0.7, "rows": 100, "degraded": False, "clusters": "37 hours"},
    "labelProblems": [],
}


def test_it_is_read_and_written_as_today() -> None:
    stored = {"uid": "u", "version": "3", "versions": {"3": VERSION}, "episodes": [EPISODE], "notifications": []}
    state = MonitorState.model_validate_json(json.dumps(stored))
    version = state.versions["3"]
    assert [window.votes for window in version.windows] == [{"drift": True}, {}]
    assert (version.position.horizon, version.judged, version.labels_seen, version.results) == (5, 2, "", {})
    assert version.last is not None
    assert version.last.report_url == "s3://b/r.html"
    assert state.episode("drift") is not None
    assert MonitorState.model_validate_json(state.model_dump_json(by_alias=True, exclude_none=True)) == state
