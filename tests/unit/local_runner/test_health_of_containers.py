"""What probes' answers come to."""

from concurrent.futures import ThreadPoolExecutor

from modelyard_local.runner.probes import Failure, Health, Probe, Probing, after, newborn

from tests.unit.local_runner.objects import Object


def _probe(failures: int) -> Object:
    return {"httpGet": {"path": "/x", "port": "http"}, "periodSeconds": 2, "failureThreshold": failures, "timeoutSeconds": 1}


def _answers(health: Health, name: str, *answers: bool) -> Health:
    for answer in answers:
        health = after(health, name, succeeded=answer)
    return health


def test_without_probes_what_runs_is_ready() -> None:
    health = newborn({"name": "main"})
    assert (health.is_started, health.is_ready, health.due) == (True, True, ())


def test_other_probes_wait_for_the_startup_probe() -> None:
    health = newborn({"startupProbe": _probe(3), "readinessProbe": _probe(1), "livenessProbe": _probe(1)})
    assert health.due == ("startup",)
    assert not _answers(health, "liveness", False).condemned_by
    health = _answers(health, "startup", False, False, True)
    assert (health.is_started, health.is_ready, health.due) == (True, False, ("readiness", "liveness"))


def test_a_start_that_takes_too_long_ends_the_container() -> None:
    assert _answers(newborn({"startupProbe": _probe(3)}), "startup", False, False, False).condemned_by == "startup"


def test_readiness_goes_after_failures_in_a_row_and_comes_back_at_once() -> None:
    health = _answers(newborn({"readinessProbe": _probe(2)}), "readiness", True, False, True, False)
    assert health.is_ready
    health = _answers(health, "readiness", False)
    assert (health.is_ready, health.condemned_by) == (False, "")
    assert _answers(health, "readiness", True).is_ready


def test_a_container_that_is_not_alive_ends() -> None:
    health = _answers(newborn({"livenessProbe": _probe(2)}), "liveness", False, False)
    assert (health.is_ready, health.condemned_by) == (False, "liveness")


def test_probes_are_asked_at_their_times_and_say_when_they_count_as_failed() -> None:
    asked: list[float] = []
    answers = iter(["", "refused", "refused", "refused"])
    now = 100.0

    def ask(port: int, probe: Probe) -> str:
        asked.append(now)
        return next(answers)

    with ThreadPoolExecutor(1) as executor:
        probing = Probing(newborn({"readinessProbe": _probe(2)}), 80, executor, now, ask=ask)
        said: list[tuple[float, Failure]] = []
        for now in (100.0, 101.0, 102.0, 103.0, 104.0, 105.0, 106.0):
            said += [(now, failure) for failure in probing.tick(now)]
            executor.submit(int).result()  # what was asked is answered
    assert asked == [100.0, 102.0, 104.0, 106.0]
    assert said == [(105.0, Failure("readiness", "Readiness probe failed: refused"))]
    assert not probing.health.is_ready
