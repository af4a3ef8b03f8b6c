"""What a ModelDeployment says of itself."""

import json

import pytest
from modelyard_api.conditions import Reason
from modelyard_operator.deployment.gather import gather
from modelyard_operator.deployment.model_deployments import ModelDeploymentReconciler
from modelyard_operator.plan import Plan
from modelyard_operator.reconciler import Problem

from tests.unit.deployment_operator.builders import IMAGES, KEY, NAME, World, model_deployment, monitoring, serving_world, world

CRASHED = {
    "phase": "Running",
    "containerStatuses": [
        {
            "ready": False,
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting failed container"}},
            "lastState": {
                "terminated": {
                    "exitCode": 69,
                    "message": json.dumps(
                        {"kind": "Error", "reason": "RegistryUnavailable", "message": "MLflow at http://mlflow does not answer."}
                    ),
                }
            },
        }
    ],
}


def _told(plan: Plan) -> list[tuple[str, str]]:
    return [(event.type, event.reason) for event in plan.events]


def test_starting_rolled_out_and_answering() -> None:
    made = world(replicas=2)
    plan = made.reconcile()
    assert [(n.reason, n.message) for n in plan.events] == [("RollingOut", "Version 1 is starting: 0 of 2 pods are ready.")]
    made.settle()
    assert made.status["state"] == "Progressing"
    assert made.condition("Available") == ("False", "MinimumReplicasUnavailable", "No pod of version 1 is ready.")
    assert made.condition("Progressing") == ("True", "RollingOut", "Version 1 is starting: 0 of 2 pods are ready.")
    made.make_ready("1")
    assert _told(made.reconcile()) == [("Normal", "RolledOut"), ("Normal", "VersionServed")]
    assert made.status["state"] == "Available"
    assert made.condition("Available") == ("True", "MinimumReplicasAvailable", "Version 1 is served: 2 of 2 pods are ready.")
    assert made.condition("Progressing") == ("False", "RolledOut", "Version 1 is rolled out.")
    assert made.status["url"] == "http://flights.ml.svc"
    assert made.status["observedGeneration"] == 1


def test_new_version_starting_while_the_old_one_answers() -> None:
    made = serving_world()
    made.registry.move("champion", "2")
    made.settle()
    assert made.status["state"] == "Progressing"
    assert made.condition("Available")[0] == "True"
    words = "Version 2 is starting: 0 of 1 pod is ready. Version 1 is served meanwhile."
    assert made.condition("Progressing") == ("True", "RollingOut", words)
    assert [(v["version"], v["role"], v.get("readyReplicas")) for v in made.status["versions"]] == [("1", "Stable", 1), ("2", "Next", 0)]


def test_a_volume_that_can_not_be_mounted_is_told_and_looked_at_again() -> None:
    made = serving_world()
    made.registry.move("champion", "2")
    made.settle()
    made.add_pod("2", {"phase": "Pending"})
    made.events.append({"reason": "FailedMount", "note": 'MountVolume.SetUp failed for volume "s3": secret "modelyard" not found'})
    made.settle()
    message = made.condition("Progressing")[2]
    assert "Pod flights-v2-a: Secret modelyard doesn't exist in this namespace: create it, and the pod starts by itself." in message
    assert made.reconcile().requeue_after == 10


def test_new_version_that_crashes_says_why_before_the_deadline_and_stalls_after_it() -> None:
    made = serving_world()
    made.registry.move("champion", "2")
    made.settle()
    made.add_pod("2", CRASHED)
    made.settle()
    words = (
        "Pod flights-v2-a: CrashLoopBackOff: RegistryUnavailable (exit code 69): MLflow at http://mlflow does not answer."
        " Version 1 is served meanwhile."
    )
    assert made.condition("Progressing") == ("True", "RollingOut", f"Version 2 is starting: 0 of 1 pod is ready. {words}")
    made.stall("2")
    assert _told(made.reconcile()) == [("Warning", "RolloutStalled")]
    assert made.answers == "1"
    assert made.status["state"] == "Degraded"
    words = f"Version 2 did not become ready in time: 0 of 1 pod is ready. {words}"
    assert made.condition("Progressing") == ("False", "RolloutStalled", words)


def test_stalled_version_that_becomes_ready_after_all_is_rolled_out() -> None:
    made = serving_world()
    made.registry.move("champion", "2")
    made.settle()
    made.stall("2")
    made.settle()
    made.make_ready("2")
    made.settle()
    assert made.answers == "2"
    assert made.status["state"] == "Available"


def test_stalled_version_whose_pods_run_in_silence_points_to_the_log() -> None:
    made = serving_world()
    made.registry.move("champion", "2")
    made.settle()
    made.add_pod("2", {"phase": "Running", "containerStatuses": [{"ready": False, "state": {"running": {}}}]})
    made.settle()
    assert "log" not in made.condition("Progressing")[2]
    made.stall("2")
    made.settle()
    assert "Pod flights-v2-a runs and is not ready: kubectl logs flights-v2-a says why." in made.condition("Progressing")[2]


def test_new_template_is_not_rolled_out_while_a_pod_of_the_old_one_is_the_ready_one() -> None:
    made = serving_world()
    made.edit(resources={"requests": {"cpu": "2"}})
    made.settle()
    deployment = made.deployment("1")
    counts = {"replicas": 2, "updatedReplicas": 1, "readyReplicas": 1}
    deployment["status"] = {"observedGeneration": deployment["metadata"]["generation"], **counts}
    made.settle()
    assert made.condition("Progressing") == ("True", "RollingOut", "Version 1 gets new pods: 1 of 1 pod is ready.")
    assert made.status["state"] == "Progressing"


def test_scaling_is_no_rollout() -> None:
    made = serving_world(replicas=3)
    made.edit(replicas=1)
    plan = made.settle()
    assert made.condition("Progressing")[1] == "RolledOut"
    assert made.condition("Available")[2] == "Version 1 is served: 1 of 1 pod is ready."
    assert made.status["state"] == "Available"
    assert plan.events == ()


def test_first_version_that_never_becomes_ready_is_failed() -> None:
    made = world()
    made.reconcile()
    made.stall("1")
    made.settle()
    assert made.status["state"] == "Failed"
    assert made.condition("Progressing")[1] == "RolloutStalled"


def test_crashing_pods_of_a_version_that_was_rolled_out_are_no_rollout() -> None:
    made = serving_world(replicas=2)
    made.make_ready("1")
    deployment = made.deployment("1")
    deployment["status"]["readyReplicas"] = 1
    made.add_pod("1", CRASHED)
    made.settle()
    assert made.status["state"] == "Degraded"
    assert made.condition("Progressing")[1] == "RolledOut"
    assert made.condition("Available")[0] == "True"
    assert "1 of 2 pods are ready. Pod flights-v1-a: CrashLoopBackOff" in made.condition("Available")[2]


def test_transition_time_stays_while_the_status_stays() -> None:
    made = serving_world()
    made.wait(100)
    made.registry.move("champion", "2")
    made.settle()
    times = {c["type"]: c["lastTransitionTime"] for c in made.status["conditions"]}
    assert times == {"Available": "2026-01-31T12:00:00Z", "Progressing": "2026-01-31T12:01:40Z"}


@pytest.mark.parametrize(
    ("model", "reason", "words"),
    [
        ({"name": "flights", "alias": "blue"}, "AliasNotFound", "Registered model ml.flights has no alias blue: it is set when"),
        ({"name": "trains", "alias": "champion"}, "ModelNotFound", "The registry has no model ml.trains: train it with a TrainingJob"),
        ({"name": "trains", "version": "1"}, "ModelNotFound", "The registry has no model ml.trains: train it with a TrainingJob"),
        ({"name": "flights", "version": "99"}, "VersionNotFound", "Registered model ml.flights has no version 99: set spec.model.version"),
    ],
)
def test_model_that_does_not_exist_is_waited_for_in_words(model: dict[str, str], reason: str, words: str) -> None:
    made = world(model=model)
    plan = made.reconcile()
    assert plan.apply == ()
    assert plan.requeue_after == 30
    assert made.status["state"] == "Pending"
    assert made.condition("Available")[:2] == ("False", reason)
    assert made.condition("Available")[2].startswith(words)
    assert _told(plan) == [("Warning", reason)]


def test_model_that_appears_is_served() -> None:
    made = world(aliases={})
    made.reconcile()
    made.registry.move("champion", "3")
    made.reconcile()
    assert made.answers == "3"


def test_removed_alias_leaves_the_version_in_service() -> None:
    made = serving_world()
    del made.registry.aliases_of["ml.flights"]["champion"]
    made.settle()
    assert made.answers == "1"
    assert made.condition("Available")[0] == "True"
    assert made.condition("Progressing")[:2] == ("False", "AliasNotFound")
    assert made.condition("Progressing")[2].endswith("Meanwhile version 1 stays.")
    assert made.status["state"] == "Degraded"


def test_registry_that_is_away_stops_nothing() -> None:
    made = serving_world(replicas=2)
    made.registry.down = "MLflow at http://mlflow:5000 does not answer: connection refused"
    made.edit(replicas=3)
    plan = made.settle()
    assert made.deployment("1")["spec"]["replicas"] == 3
    assert made.answers == "1"
    assert made.condition("Available")[0] == "True"
    words = "MLflow at http://mlflow:5000 does not answer: connection refused. Meanwhile version 1 stays."
    assert made.condition("Progressing") == ("Unknown", "RegistryUnavailable", words)
    assert plan.requeue_after == 30


def test_registry_that_is_away_during_a_rollout_does_not_stop_it() -> None:
    made = serving_world()
    made.registry.move("champion", "2")
    made.settle()
    made.registry.down = "MLflow does not answer"
    made.wait(3600)
    made.settle()
    assert made.deployments == ["flights-v1", "flights-v2"]
    made.make_ready("2")
    made.settle()
    assert made.answers == "2"


def test_registry_that_is_away_at_the_start_is_waited_for() -> None:
    made = world()
    made.registry.down = "MLflow does not answer"
    plan = made.reconcile()
    assert plan.apply == ()
    assert made.status["state"] == "Pending"
    assert made.condition("Available") == ("False", "RegistryUnavailable", "MLflow does not answer.")
    made.registry.down = ""
    made.reconcile()
    assert made.answers == "1"


def test_problem_of_carrying_out_goes_into_the_status_as_it_is() -> None:
    made = serving_world()
    problem = Problem(Reason.NAME_CONFLICT, "Service ml/flights exists and belongs to nobody we know: delete or rename it")
    plan = made.reconcile(problem)
    assert made.condition("Progressing") == ("False", "NameConflict", f"{problem.message}.")
    assert made.condition("Available")[0] == "True"
    assert made.status["state"] == "Degraded"
    assert _told(plan) == [("Warning", "NameConflict")]
    assert made.settle().apply == plan.apply


def test_spec_that_this_operator_does_not_know_changes_nothing_but_the_status() -> None:
    made = serving_world()
    made.edit(rollout={"strategy": "Canary"})
    plan = made.reconcile()
    assert (plan.apply, plan.delete) == ((), ())
    assert made.condition("Progressing")[:2] == ("False", "OperatorTooOld")
    assert "Unknown field spec.rollout: the CustomResourceDefinitions are newer" in made.condition("Progressing")[2]
    assert (made.status["version"], made.status["state"]) == ("1", "Degraded")
    made.owner = {**made.owner, "spec": {key: value for key, value in made.owner["spec"].items() if key != "rollout"}}
    made.settle()
    assert made.status["state"] == "Available"


def test_a_status_that_can_not_be_read_stops_everything_and_what_runs_goes_on() -> None:
    made = serving_world()
    made.owner = {**made.owner, "status": {"versions": "all"}}
    plan = made.reconcile()
    assert (plan.apply, plan.delete, plan.status) == ((), (), None)
    assert [event.reason for event in plan.events] == ["StatusUnreadable"]
    assert made.answers == "1"


def test_resource_that_is_being_deleted_is_left_to_the_garbage_collector() -> None:
    made = serving_world()
    made.owner = {**made.owner, "metadata": {**made.owner["metadata"], "deletionTimestamp": "2026-01-31T12:00:00Z"}}
    assert gather(KEY, made, made.registry, None) is None
    del made.objects["ModelDeployment", NAME]
    assert gather(KEY, made, made.registry, None) is None


def test_children_that_the_spec_asks_for_no_more_are_deleted() -> None:
    made = serving_world(replicas=2, monitoring=monitoring())
    assert {kind for kind, _ in made.objects} >= {"PodDisruptionBudget", "CronJob"}
    spec = {**made.owner["spec"], "replicas": 1}
    del spec["monitoring"]
    made.owner = {**made.owner, "spec": spec}
    made.settle()
    assert not {kind for kind, _ in made.objects} & {"PodDisruptionBudget", "CronJob"}
    assert "monitoring" not in made.status


def test_replicas_refused_by_a_quota_are_told() -> None:
    made = world()
    made.reconcile()
    made.deployment("1")["status"] = {
        "observedGeneration": 1,
        "conditions": [{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota: cpu"}],
    }
    made.settle()
    assert made.condition("Available")[2] == (
        "No pod of version 1 is ready. The namespace takes no pod: exceeded quota: cpu; the Deployment tries again by itself once quota or Pod"
        " Security let it."
    )


def test_followed_model_is_the_registered_name_of_an_alias() -> None:
    reconciler = ModelDeploymentReconciler(IMAGES)
    assert reconciler.followed_model(model_deployment()) == "ml.flights"
    assert reconciler.followed_model(model_deployment(model={"name": "flights", "version": "3"})) is None
    assert reconciler.followed_model({"metadata": {"namespace": "ml"}, "spec": None}) is None


def _is_available(made: World) -> bool:
    return made.condition("Available")[0] == "True"


def test_story_of_three_versions_is_never_without_an_answer() -> None:
    made = serving_world(replicas=2)
    for version in ("2", "3"):
        made.registry.move("champion", version)
        for ready in (0, 1, 2):
            made.settle()
            made.make_ready(version, pods=ready)
            made.wait(15)
            made.reconcile()
            assert made.deployment(made.answers)["status"]["readyReplicas"] == 2
            assert _is_available(made)
    made.wait(60)
    made.settle()
    assert made.deployments == ["flights-v3"]
