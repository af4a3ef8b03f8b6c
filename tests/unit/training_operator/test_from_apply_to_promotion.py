"""The attempts that everybody wants, and its ends: each told from apply to the last condition, and again with the operator dying anywhere."""

from collections.abc import Callable

import pytest
from modelyard_api import labels
from modelyard_api.pod_contract import REQUEST_VARIABLE, TrainRequest
from modelyard_api.verdicts import Evidence
from modelyard_operator.registry.interface import Run, RunProgress

from tests.unit.training_operator.manifests import AS_GOOD, BETTER, NOT_AS_GOOD, UID, UNSURE, WORSE, measured, result, training_job
from tests.unit.training_operator.world import Died, World

NAME = "ml.penguins"


def promoted_world() -> World:
    world = World(training_job())
    world.settle()
    world.pod_runs("penguins-1")
    world.settle()
    world.pod_ends("penguins-1", 0, result())
    world.settle()
    return world


def test_a_model_that_meets_its_criteria_is_registered_and_promoted() -> None:
    world = promoted_world()
    status = world.status()
    assert status.state == "Promoted"
    assert world.writes == [
        "status Pending",
        "EnsureModel",
        "create penguins-1",
        "status Pending",
        "status Pending",
        "status Running",
        "status Registering",
        "status Registering",
        "RegisterVersion",
        "status Promoting",
        "MoveAlias",
        "alias set",
        "status Promoted",
    ]
    assert world.alias == {(NAME, "champion"): "1"}
    assert [(one.version, one.model_id, one.run_id) for one in world.versions] == [("1", "m-1", "run-1")]
    assert status.promotion is not None
    assert (status.promotion.from_version, status.promotion.to_version, status.promotion.by) == ("", "1", "modelyard")
    assert status.mlflow is not None
    assert status.mlflow.url == "http://mlflow.test/#/experiments/7/runs/run-1"
    assert {one.name: one.value for one in status.resolved} == {"architecture": "Linear", "metric": "f1_macro", "task": "Classification"}
    assert status.warnings == ["only 344 rows"]
    assert [(one.number, one.outcome, one.exit_code) for one in status.attempts] == [(1, "Succeeded", 0)]
    assert status.running_seconds == 60


def test_its_events_tell_the_story_once() -> None:
    world = promoted_world()
    assert world.told() == [
        ("Normal", "AttemptStarted"),
        ("Normal", "Complete"),
        ("Normal", "Registered"),
        ("Normal", "Promoted"),
    ]


def test_nothing_is_written_once_it_is_over() -> None:
    world = promoted_world()
    before = len(world.writes)
    world.pass_time(100000)
    plan = world.settle()
    assert (len(world.writes), plan.requeue_after, plan.registry, plan.create) == (before, None, (), ())


def test_a_finished_one_does_not_make_its_missing_jobs_again() -> None:
    world = promoted_world()
    world.objects = {key: one for key, one in world.objects.items() if key[0] == "TrainingJob"}
    assert world.settle().create == ()
    assert world.status().state == "Promoted"


def test_the_wanted_and_the_measured_are_in_the_verdict() -> None:
    status = promoted_world().status()
    assert status.result is not None
    assert [(one.bound, one.opponent, one.limit, one.value, one.low, one.high, one.state, one.reason) for one in status.result.verdict] == [
        ("BetterThan", "baseline", 0.0, 0.31, 0.24, 0.38, "Held", "IntervalClear"),
        ("NotWorseThan", "champion", 0.01, None, None, None, "Held", "NoChampion"),
    ]


@pytest.mark.parametrize(
    ("evidence", "state", "reason"),
    [
        ([WORSE, AS_GOOD], "CriteriaNotMet", "CriteriaNotMet"),
        ([BETTER, NOT_AS_GOOD], "CriteriaNotMet", "CriteriaNotMet"),
        ([UNSURE, NOT_AS_GOOD], "CriteriaNotMet", "CriteriaNotMet"),
        ([UNSURE, AS_GOOD], "Inconclusive", "ComparisonInconclusive"),
        ([measured(None, None, reason="TooFewRows"), AS_GOOD], "Inconclusive", "ComparisonInconclusive"),
    ],
)
def test_a_model_that_falls_short_is_neither_registered_nor_promoted(evidence: list[Evidence], state: str, reason: str) -> None:
    world = World(training_job())
    world.alias[NAME, "champion"] = world.add_version(NAME, "run-0").version
    world.settle()
    world.pod_ends("penguins-1", 0, result(*evidence, champion="1"))
    world.settle()
    assert world.status().state == state
    assert [one.version for one in world.versions] == ["1"]
    assert world.alias[NAME, "champion"] == "1"
    for condition in ("Registered", "Promoted"):
        found = world.condition(condition)
        assert found is not None
        assert found[:2] == ("False", reason)
    assert world.status().completion_time is not None
    assert ("Warning", reason) in world.told()


def test_progress_and_run_are_shown_while_it_trains() -> None:
    world = World(training_job())
    world.settle()
    world.pod_runs("penguins-1")
    world.runs[UID, 1] = Run("run-1", "7", "RUNNING")
    world.run_progress = RunProgress(3, 20, {"val_loss": 0.4})
    plan = world.settle()
    status = world.status()
    assert plan.requeue_after == 10
    assert status.state == "Running"
    assert status.mlflow is not None
    assert status.progress is not None
    assert (status.mlflow.run_id, status.progress.epoch, status.progress.epochs, status.progress.metrics[0].value) == ("run-1", 3, 20, 0.4)
    world.registry_down = "MLflow doesn't answer"
    world.settle()
    assert world.status() == status, "a registry that is away for a moment changes nothing"


def test_what_has_no_epochs_shows_no_progress() -> None:
    world = World(training_job())
    world.settle()
    world.pod_runs("penguins-1")
    world.runs[UID, 1] = Run("run-1", "7", "RUNNING")
    world.run_progress = RunProgress()
    plan = world.settle()
    status = world.status()
    assert plan.requeue_after == 10
    assert status.state == "Running"
    assert status.mlflow is not None
    assert status.progress is None


def test_a_lost_termination_message_is_found_on_the_run() -> None:
    world = World(training_job())
    world.settle()
    world.pod_ends("penguins-1", 0, result())
    world.drop_pod("penguins-1")
    world.registry_down = "MLflow at http://mlflow.test doesn't answer"
    world.settle()
    assert world.condition("Running") == (
        "False",
        "RegistryUnavailable",
        "MLflow at http://mlflow.test doesn't answer; the training pod has succeeded; its result is read once the registry can be reached.",
    )
    world.registry_down = ""
    world.runs[UID, 1] = Run("run-1", "7", "FINISHED")
    world.results["run-1"] = {"result": result().to_wire(), "leaderboard": []}
    world.settle()
    assert world.status().state == "Promoted"


def test_a_result_that_does_not_fit_into_a_message_is_read_from_the_run() -> None:
    world = World(training_job())
    world.settle()
    world.runs[UID, 1] = Run("run-1", "7", "FINISHED")
    world.results["run-1"] = {"result": result().to_wire()}
    world.pod_ends("penguins-1", 0, result().model_copy(update={"evidence": [], "evidence_left_out": True}))
    world.settle()
    assert world.status().state == "Promoted"


def test_the_first_training_follows_no_split_and_later_ones_that_of_the_champion_s_run() -> None:
    requests = []
    for champion_run in ("", "run-0"):
        world = World(training_job())
        if champion_run:
            world.alias[NAME, "champion"] = world.add_version(NAME, champion_run).version
        world.settle()
        (variable,) = [
            each for each in world.job("penguins-1")["spec"]["template"]["spec"]["containers"][0]["env"] if each["name"] == REQUEST_VARIABLE
        ]
        requests.append(TrainRequest.model_validate_json(variable["value"]))
    assert [request.split_run for request in requests] == [None, "run-0"]


def test_how_often_the_test_rows_were_used_is_kept() -> None:
    world = World(training_job())
    world.settle()
    world.pod_ends("penguins-1", 0, result(test_uses=3))
    world.settle()
    kept = world.status().result
    assert kept is not None
    assert kept.test_uses == 3


def attempts(world: World) -> None:
    """A disruption, a retry, a success; the cluster's part is played whenever the operator stands still."""
    world.settle()
    if "penguins-1" in world.job_names() and not world.job("penguins-1")["status"].get("conditions"):
        world.pod_is(
            "penguins-1", phase="Failed", conditions=[{"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}]
        )
        world.job_ends("penguins-1", "Failed", "PodFailurePolicy")
        world.settle()
    if "penguins-2" in world.job_names() and not world.job("penguins-2")["status"].get("conditions"):
        world.pod_ends("penguins-2", 1, "boom")
        world.settle()
    world.pass_time(11)
    world.settle()
    if not world.job("penguins-3")["status"].get("conditions"):
        world.pod_runs("penguins-3")
        world.settle()
        world.pod_ends("penguins-3", 0, result())
    world.settle()


def survive(tell: Callable[[World], None], world: World) -> None:
    while True:
        try:
            tell(world)
        except Died:
            continue
        return


UNINTERRUPTED = World(training_job())
attempts(UNINTERRUPTED)


@pytest.mark.parametrize("write", range(1, len(UNINTERRUPTED.writes) + 1))
def test_an_operator_that_dies_after_any_write_ends_the_same(write: int) -> None:
    world = World(training_job())
    world.die_after = write
    survive(attempts, world)
    assert world.job_names() == ["penguins-1", "penguins-2", "penguins-3"]
    assert [one.version for one in world.versions] == ["1"]
    assert [(move.from_version, move.to_version) for move in world.moves] == [("", "1")]
    assert world.versions[0].tags[labels.TAG_PROMOTED_BY] == "modelyard"
    status = world.status()
    assert (status.state, status.retries, status.disruptions) == ("Promoted", 1, 1)
    assert [(one.number, one.outcome) for one in status.attempts] == [(1, "Disrupted"), (2, "Failed"), (3, "Succeeded")]
    assert status.model_dump(
        exclude={"start_time", "completion_time", "conditions", "attempts", "promotion"}
    ) == UNINTERRUPTED.status().model_dump(exclude={"start_time", "completion_time", "conditions", "attempts", "promotion"})
