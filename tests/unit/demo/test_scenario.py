"""The scenario over a scripted place: what it does in which order, and where it stops."""

import pytest

from dev.demo.flights import Flights
from dev.demo.place import DemoStopped
from dev.demo.scenario import Scenario
from tests.unit.demo.conftest import ScriptedPlace, conditions


def test_the_whole_story(place: ScriptedPlace, sent: list[str], scripted_flights: Flights, capsys: pytest.CaptureFixture[str]) -> None:
    Scenario(place, lambda: scripted_flights).run()

    told = capsys.readouterr().out
    for part in (
        "Promoted",
        "late: false",
        "CriteriaNotMet",
        "alerts received: 0",
        "io.modelyard.drift.detected",
        "0.630",
        "modelyard down",
    ):
        assert part in told
    assert place.bucket.uploaded == ["datasets/flights/january-to-april.parquet 30"]
    assert [each[0] for each in place.ran] == ["start receiver", "apply", "get", "apply", "get"]


def test_july_is_sent_after_the_quiet_traffic_was_judged(place: ScriptedPlace, sent: list[str], scripted_flights: Flights) -> None:
    Scenario(place, lambda: scripted_flights).run()
    assert [each.split(" to ")[0].split(",")[0] for each in sent] == ["12000 rows", "10000 rows", "10000 outcomes of 20 requests"]


def test_the_report_is_a_page_that_needs_no_keys(place: ScriptedPlace, sent: list[str], scripted_flights: Flights, tmp_path) -> None:
    Scenario(place, lambda: scripted_flights).run()
    assert (tmp_path / "report.html").read_text() == "modelyard/flights-1/report.html"


def test_an_alert_on_a_stable_feed_stops_it(place: ScriptedPlace, sent: list[str], scripted_flights: Flights) -> None:
    place.early_alert = True
    with pytest.raises(DemoStopped, match="an alert on a stable feed"):
        Scenario(place, lambda: scripted_flights).run()
    assert len(sent) == 1  # July was not sent any more


def test_two_drift_alerts_are_one_too_many(place: ScriptedPlace, sent: list[str], scripted_flights: Flights) -> None:
    place.july_alerts = 2
    with pytest.raises(DemoStopped, match="exactly one drift alert was expected, the receiver holds 2"):
        Scenario(place, lambda: scripted_flights).run()


def test_a_worse_model_that_passes_stops_it(place: ScriptedPlace, sent: list[str], scripted_flights: Flights) -> None:
    place.worse = {"state": "Promoted", "conditions": conditions(Registered="True Registered")}
    with pytest.raises(DemoStopped, match="flights-worse was expected to miss its criteria"):
        Scenario(place, lambda: scripted_flights).run()
