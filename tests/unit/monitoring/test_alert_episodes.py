"""One notification when a check becomes active, one when it ends; what isn't delivered waits, in order."""

from datetime import UTC, datetime, timedelta

from modelyard_api.catalogue.checks import Severity
from modelyard_api.pod_contract import ColumnDrift
from modelyard_jobs.monitoring.channels import DeliveryFailed
from modelyard_jobs.monitoring.episodes import advance, close, deliver
from modelyard_jobs.monitoring.state import CheckResult, Episode, LastWindow, MonitorState, Notification, Position, VersionState

from tests.unit.monitoring.requests import monitor_request

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EMPTY = MonitorState(uid="uid-1", version="3", versions={})
TEMP = ColumnDrift(name="temp", method="PSI", distance=11.7, threshold=0.2, drifted=True)
CALM = ColumnDrift(name="dest", method="JensenShannon", distance=0.05, threshold=0.1, drifted=False)


class Recorder:
    """A receiver that writes down what it gets, or refuses."""

    def __init__(self, name: str = "alerts/webhook") -> None:
        self.name = name
        self.up = True
        self.sent: list[str] = []
        self.kept: list[str] = []

    def send(self, notification: Notification, now: datetime) -> None:
        if not self.up:
            raise DeliveryFailed("HTTP 500")
        self.sent.append(notification.action)

    def keep_open(self, episode: Episode, now: datetime) -> None:
        if not self.up:
            raise DeliveryFailed("HTTP 500")
        self.kept.append(episode.id)


def results(state: MonitorState, window: str, **found: CheckResult) -> MonitorState:
    last = LastWindow(window=window, rows=500)
    version = VersionState(
        position=Position(horizon=0), last=last, results={name.replace("_", "-"): result for name, result in found.items()}
    )
    return state.model_copy(update={"versions": {"3": version}})


def drift(active: bool | None) -> CheckResult:
    return CheckResult(active=active, subject="temp", message="1 of 1 windows voted: temp (PSI 11.7, limit 0.2).", columns=(TEMP, CALM))


def moved(state: MonitorState, active: bool | None, *, window: str = "w1", minutes: int = 0) -> MonitorState:
    return advance(results(state, window, drift=drift(active)), monitor_request(), NOW + timedelta(minutes=minutes))


def test_an_episode_tells_its_beginning_and_its_end_once() -> None:
    receiver = Recorder()
    state = EMPTY
    for minute, active in enumerate([False, True, True, None, True, False, False]):
        state = moved(state, active, window=f"w{minute}", minutes=minute)
        state, problems = deliver(state, [receiver], NOW, all_known=True)
        assert problems == []
    assert receiver.sent == ["detected", "resolved"]
    assert len(receiver.kept) == 3
    assert (state.episodes, state.notifications) == ((), ())


def test_the_text_names_the_drifted_columns_with_their_sizes() -> None:
    episode = moved(EMPTY, True).episode("drift")
    assert episode is not None
    assert episode.summary == "Input drift on flights (ml): temp"
    assert episode.description == "Model flights version 3, window w1. 1 of 1 windows voted: temp (PSI 11.7, limit 0.2)."
    assert episode.columns == (TEMP,)


def test_the_same_finding_has_the_same_id_and_another_window_another() -> None:
    first, again, later = (moved(EMPTY, True, window=window, minutes=minutes) for window, minutes in (("w", 0), ("w", 5), ("v", 0)))
    assert first.notifications[0].id == again.notifications[0].id
    assert first.notifications[0].id != later.notifications[0].id


def test_what_was_not_delivered_waits_and_the_end_never_overtakes_the_beginning() -> None:
    slow, quick = Recorder("alerts/webhook"), Recorder("alerts/alertmanager")
    slow.up = False
    state, problems = deliver(moved(EMPTY, True), [slow, quick], NOW, all_known=True)
    assert problems == ["alerts/webhook: HTTP 500"]
    state, _ = deliver(moved(state, False), [slow, quick], NOW, all_known=True)
    assert quick.sent == ["detected", "resolved"]
    slow.up = True
    state, problems = deliver(state, [slow, quick], NOW, all_known=True)
    assert slow.sent == ["detected", "resolved"]
    assert quick.sent == ["detected", "resolved"]
    assert (state.notifications, problems) == ((), [])


def test_notifications_wait_for_an_incomplete_secret() -> None:
    state, _ = deliver(moved(EMPTY, True), [], NOW, all_known=False)
    assert len(state.notifications) == 1
    assert deliver(moved(EMPTY, True), [], NOW, all_known=True)[0].notifications == ()


def test_closing_ends_every_episode() -> None:
    state = moved(EMPTY, True)
    closed = close(state, state.episodes, NOW)
    assert [each.action for each in closed.notifications] == ["detected", "resolved"]
    assert closed.episodes == ()


def test_findings_that_are_only_shown_alert_nobody_and_a_dead_column_does() -> None:
    odd = CheckResult(active=True, severity=Severity.INFO, message="The monitor found: temp: 30 % null.")
    dead = CheckResult(active=True, severity=Severity.CRITICAL, subject="visib", message="The monitor found: visib: missing.")
    state = advance(results(EMPTY, "w1", data_quality=odd), monitor_request(), NOW)
    assert state.episodes == ()
    state = advance(results(state, "w2", data_quality=dead), monitor_request(), NOW)
    assert [(each.summary, each.severity) for each in state.episodes] == [("Broken input data on flights (ml): visib", "critical")]
    state = advance(results(state, "w3", data_quality=odd), monitor_request(), NOW)
    assert [each.action for each in state.notifications] == ["detected", "resolved"]


def test_a_check_that_is_not_wanted_any_more_ends_its_alert() -> None:
    worse = CheckResult(active=True, message="It is worse.")
    wanted = monitor_request(performance={"metric": "roc_auc", "atLeast": 0.6})
    state = advance(results(EMPTY, "w1", quality=worse), wanted, NOW)
    assert [each.kind for each in state.episodes] == ["quality"]
    assert advance(state, monitor_request(), NOW).episodes == ()
