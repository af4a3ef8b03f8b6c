"""What a failed attempt means: whose fault it was, whether there is another one, and when."""

from collections.abc import Callable

import pytest
from modelyard_api.conditions import Reason
from modelyard_operator.kube.interface import JOB

from tests.unit.training_operator.manifests import complaint, result, training_job
from tests.unit.training_operator.world import World

DISRUPTION = [{"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler", "message": "preempted"}]


def started(**policy: object) -> World:
    world = World(training_job(policy=policy))
    world.settle()
    world.pod_runs("penguins-1")
    world.settle()
    return world


def out_of_memory(world: World) -> None:
    world.pod_ends("penguins-1", 137, reason="OOMKilled")


def taken_away(world: World) -> None:
    world.pod_is("penguins-1", phase="Failed", conditions=DISRUPTION)
    world.job_ends("penguins-1", "Failed", "PodFailurePolicy", "Pod ml/penguins-1-0 has condition DisruptionTarget matching FailJob rule")


def taken_away_and_gone(world: World) -> None:
    taken_away(world)
    world.drop_pod("penguins-1")


def wrong_input(world: World) -> None:
    world.pod_ends("penguins-1", 65, complaint())


def unavailable(world: World) -> None:
    world.pod_ends("penguins-1", 69, complaint(Reason.DATA_UNAVAILABLE, "bucket 'datasets' doesn't exist at http://s3.test"))


def crash(world: World) -> None:
    world.pod_ends("penguins-1", 1, "some traceback\nlast line")


def gone(world: World) -> None:
    world.drop_pod("penguins-1")
    world.drop(JOB, "penguins-1")


def no_result(world: World) -> None:
    world.pod_ends("penguins-1", 0, "")


CASES = [
    # what happened, with retries left: outcome, retries, disruptions; without: Failed's reason and a part of its message
    (out_of_memory, ("Failed", 1, 0), ("OOMKilled", "Failed after 1 attempt (policy.retries: 0): the container was killed")),
    (unavailable, ("Failed", 1, 0), ("DataUnavailable", "bucket 'datasets' doesn't exist")),
    (crash, ("Failed", 1, 0), ("RetriesExhausted", "exit code 1 (Error): last line")),
    (gone, ("Lost", 1, 0), ("RetriesExhausted", "Job penguins-1 is gone")),
    (no_result, ("Failed", 1, 0), ("ResultMissing", "left no result")),
    (taken_away, ("Disrupted", 0, 1), None),
    (taken_away_and_gone, ("Disrupted", 0, 1), None),
]


@pytest.mark.parametrize(("happens", "recorded", "in_the_end"), CASES)
def test_an_attempt_that_fails(
    happens: Callable[[World], None], recorded: tuple[str, int, int], in_the_end: tuple[str, str] | None
) -> None:
    world = started(retries=1)
    happens(world)
    world.settle()
    status = world.status()
    assert (status.attempts[0].outcome, status.retries, status.disruptions) == recorded
    assert status.state == "Pending"
    world.pass_time(10)
    world.settle()
    assert sorted({"penguins-1", *world.job_names()}) == ["penguins-1", "penguins-2"], "the next attempt follows"
    if in_the_end is None:
        return
    world = started(retries=0)
    happens(world)
    world.settle()
    failed = world.condition("Failed")
    assert failed is not None
    assert failed[:2] == ("True", in_the_end[0])
    assert in_the_end[1] in failed[2]
    assert world.status().state == "Failed"
    assert world.status().completion_time is not None


@pytest.mark.parametrize("is_good", [True, False])
def test_a_mirror_of_pods_that_is_late_loses_no_last_words(is_good: bool) -> None:
    world = started(retries=0)
    world.mirrored_late["penguins-1-0-abcde"] = world.objects["Pod", "penguins-1-0-abcde"]
    if is_good:
        world.pod_ends("penguins-1", 0, result())
    else:
        wrong_input(world)
    world.settle()
    assert world.status().state == ("Promoted" if is_good else "Failed")
    failed = world.condition("Failed")
    assert failed is None if is_good else failed is not None and failed[1] == "DataInvalid"


def test_wrong_input_is_not_tried_again() -> None:
    world = started(retries=5)
    wrong_input(world)
    world.settle()
    assert world.condition("Failed") == ("True", "DataInvalid", "Target column 'species' isn't in the data.")
    world.pass_time(10000)
    world.settle()
    assert world.job_names() == ["penguins-1"]
    assert world.told()[-2:] == [("Warning", "AttemptFailed"), ("Warning", "DataInvalid")]


def test_pauses_between_attempts_double() -> None:
    world = World(training_job(policy={"retries": 3}))
    pauses = []
    for number in (1, 2, 3):
        world.settle()
        world.pod_ends(f"penguins-{number}", 1, "boom")
        plan = world.settle()
        assert plan.requeue_after is not None
        pauses.append(plan.requeue_after)
        world.pass_time(plan.requeue_after - 1)
        assert world.settle().create == ()
        world.pass_time(1)
        world.settle()
    assert pauses == [10, 20, 40]
    assert world.job_names() == ["penguins-1", "penguins-2", "penguins-3", "penguins-4"]


def test_disruptions_are_free_until_there_are_too_many() -> None:
    world = World(training_job(policy={"retries": 0, "maxDisruptions": 2}))
    for number in (1, 2, 3):
        world.settle()
        name = f"penguins-{number}"
        world.pod_is(name, phase="Failed", conditions=DISRUPTION)
        world.job_ends(name, "Failed", "PodFailurePolicy", "DisruptionTarget")
        world.settle()
    failed = world.condition("Failed")
    assert failed is not None
    assert failed[:2] == ("True", "DisruptionsExhausted")
    assert "policy.maxDisruptions (2)" in failed[2]
    assert "PreemptionByScheduler" in failed[2]


def test_the_last_ten_attempts_are_kept() -> None:
    world = World(training_job(policy={"retries": 20}))
    for number in range(1, 13):
        world.settle()
        world.pod_ends(f"penguins-{number}", 1, "boom")
        world.settle()
        world.pass_time(400)
    world.settle()
    assert [attempt.number for attempt in world.status().attempts] == list(range(4, 14))
    assert world.status().retries == 12


def test_the_deadline_counts_running_time_of_all_attempts() -> None:
    world = started(retries=3, deadlineSeconds=100)
    world.pod_ends("penguins-1", 1, "boom", seconds=70)
    world.settle()
    world.pass_time(500)
    world.settle()
    assert world.status().running_seconds == 70
    world.pod_runs("penguins-2")
    world.pass_time(25)
    assert world.settle().requeue_after == pytest.approx(5)
    world.pass_time(6)
    world.settle()
    status = world.status()
    assert world.condition("Failed") == ("True", "DeadlineExceeded", "Ran 101 s of policy.deadlineSeconds 100.")
    assert [attempt.outcome for attempt in status.attempts] == ["Failed", "Stopped"]
    assert world.job("penguins-2")["spec"]["suspend"], "its pod is stopped, and the Job is kept to be looked at"
    assert status.running_seconds == 101


def test_a_result_in_time_wins_over_the_deadline() -> None:
    world = started(deadlineSeconds=50)
    world.pod_ends("penguins-1", 0, result(), seconds=60)
    world.settle()
    assert world.status().state == "Promoted"


def test_suspension_stops_the_pods_and_the_clock_of_the_deadline() -> None:
    world = started(deadlineSeconds=100)
    world.pass_time(40)
    world.resource()["spec"]["policy"]["suspend"] = True
    world.settle()
    assert world.job("penguins-1")["spec"]["suspend"]
    world.drop_pod("penguins-1")
    world.pass_time(5000)
    world.settle()
    status = world.status()
    assert (status.state, status.running_seconds) == ("Suspended", 40)
    world.resource()["spec"]["policy"]["suspend"] = False
    world.settle()
    assert not world.job("penguins-1")["spec"]["suspend"]
    world.pod_runs("penguins-1")
    world.pass_time(30)
    world.settle()
    assert world.status().state == "Running"
    assert world.condition("Suspended") == ("False", "Resumed", "spec.policy.suspend is false.")
    world.pass_time(31)
    world.settle()
    assert world.condition("Failed") == ("True", "DeadlineExceeded", "Ran 101 s of policy.deadlineSeconds 100.")


def test_one_that_is_suspended_from_the_start_makes_no_job() -> None:
    world = World(training_job(policy={"suspend": True}))
    world.settle()
    assert (world.job_names(), world.status().state) == ([], "Suspended")
    world.resource()["spec"]["policy"]["suspend"] = False
    world.settle()
    assert world.job_names() == ["penguins-1"]
