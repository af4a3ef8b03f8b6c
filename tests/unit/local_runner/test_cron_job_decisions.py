"""When a CronJob's Jobs are made, and how many are kept."""

from datetime import datetime
from typing import Any

import pytest
from modelyard_api.timestamps import to_timestamp
from modelyard_local.runner.cron_job_controller import decide_cron_job

from tests.unit.local_runner.objects import NOW, Object, cron_job, later, stored


def _finished(body: Object, number: int, condition_type: str = "Complete") -> Object:
    at = to_timestamp(later(number))
    conditions = [{"type": condition_type, "status": "True", "lastTransitionTime": at}]
    return stored(body, number, conditions=conditions, **({"completionTime": at} if condition_type == "Complete" else {}))


def _made(body: Object, now: datetime, jobs: list[Object] | None = None) -> list[str]:
    return [job["metadata"]["name"] for job in decide_cron_job(body, jobs or [], now).create]


def _at(minute: int, second: int = 0, **spec: Any) -> list[str]:
    return _made(cron_job(**spec), NOW.replace(minute=minute, second=second))


def test_a_job_is_made_when_its_time_comes() -> None:
    decision = decide_cron_job(cron_job(), [], NOW)
    [job] = decision.create
    assert job["metadata"]["name"] == f"monitor-{int(NOW.timestamp()) // 60}"
    assert job["metadata"]["annotations"]["batch.kubernetes.io/cronjob-scheduled-timestamp"] == "2026-03-01T12:00:00Z"
    assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never"
    assert decision.status == {"lastScheduleTime": "2026-03-01T12:00:00Z"}


def test_a_time_that_has_a_job_has_no_other() -> None:
    body = cron_job()
    [job] = decide_cron_job(body, [], NOW).create
    assert _made(body, later(1), [_finished(job, 1)]) == []
    assert _made({**body, "status": {"lastScheduleTime": "2026-03-01T12:00:00Z"}}, later(60)) == []


def test_a_late_start_is_made_up_for_within_the_deadline_only() -> None:
    assert len(_at(1, 59)) == 1
    assert _at(2, 1) == []


def test_nothing_is_made_while_the_last_run_goes_on() -> None:
    body = cron_job()
    [job] = decide_cron_job(body, [], NOW).create
    decision = decide_cron_job(body, [stored(job, 1)], later(300))
    assert decision.create == ()
    assert [each["name"] for each in (decision.status or {})["active"]] == [job["metadata"]["name"]]
    assert len(_made(body, later(301), [_finished(job, 301)])) == 1


def test_a_suspended_one_makes_nothing() -> None:
    assert _at(0, suspend=True) == []


@pytest.mark.parametrize("schedule", ["*/5 * * * *", "0 12 * * *", "0 */2 1 * *", "0 12 * * SUN", "0 12 31 * 7"])
def test_schedules_are_read_as_cron_does(schedule: str) -> None:
    assert len(_made(cron_job(schedule), NOW)) == 1  # the 1st of March 2026, a Sunday


def test_old_jobs_go_by_their_outcome() -> None:
    body = cron_job(successfulJobsHistoryLimit=2, failedJobsHistoryLimit=1, suspend=True)
    [job] = decide_cron_job(cron_job(), [], NOW).create

    def named(name: str, number: int, condition_type: str) -> Object:
        return _finished({**job, "metadata": {**job["metadata"], "name": name}}, number, condition_type)

    jobs = [named(f"good-{n}", n, "Complete") for n in (3, 1, 2)] + [named(f"bad-{n}", n, "Failed") for n in (5, 4)]
    decision = decide_cron_job(body, jobs, later(100))
    assert sorted(each["metadata"]["name"] for each in decision.delete) == ["bad-4", "good-1"]
    assert (decision.status or {})["lastSuccessfulTime"] == to_timestamp(later(3))
