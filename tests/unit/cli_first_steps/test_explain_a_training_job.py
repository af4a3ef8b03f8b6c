"""`modelyard explain tj x`: what each state of a TrainingJob is told as. The statuses are the operator's own."""

from typing import Any

import pytest
from modelyard_api import labels, rendering
from modelyard_api.conditions import Reason
from modelyard_api.reading_notes import ReadingNote, ReadingRule
from modelyard_api.verdicts import Evidence, Verdict
from modelyard_cli.errors import CommandError, WrongUsage
from modelyard_cli.explanation.explained import explain_resource
from modelyard_cli.explanation.reasons import MEANINGS
from modelyard_cli.explanation.text import Explanation
from modelyard_operator.registry.interface import Run, RunProgress

from tests.unit.training_operator.manifests import (
    AS_GOOD,
    BETTER,
    START,
    UID,
    UNSURE,
    WORSE,
    against_champion,
    complaint,
    result,
    stamp,
    training_job,
)
from tests.unit.training_operator.world import World

WAITS_FOR_APPROVAL = {"promotion": {"approval": "Manual"}}


def told(world: World, *events: dict[str, Any]) -> str:
    return "\n".join(explain_resource(world.resource(), events).lines())


def trained(*evidence: Evidence, further: dict[str, Any] | None = None, **spec: Any) -> World:
    """``further``: what else the pod reports."""
    world = World(training_job(**spec))
    world.settle()
    world.pod_runs("penguins-1")
    world.settle()
    world.pod_ends("penguins-1", 0, result(*evidence, **further or {}))
    world.settle()
    return world


def failed(exit_code: int, said: Any = "", *, reason: str = "") -> World:
    world = World(training_job(policy={"retries": 0}))
    world.settle()
    world.pod_ends("penguins-1", exit_code, said, reason=reason)
    world.settle()
    return world


def test_what_was_applied_a_moment_ago() -> None:
    text = told(World(training_job()))
    assert text.startswith("TrainingJob penguins in ml: Pending\n  It waits to begin.")
    assert "Predict species." in text
    assert "Read from s3://datasets/penguins.csv." in text
    assert "The operator hasn't looked at it yet." in text


def test_waiting_for_its_pod() -> None:
    world = World(training_job())
    world.settle()
    assert "Its pod doesn't run yet.\n  Job penguins-1 has no pod yet." in told(world)


def test_suspended() -> None:
    world = World(training_job(policy={"suspend": True}))
    world.settle()
    text = told(world)
    assert text.startswith("TrainingJob penguins in ml: Suspended\n  It is suspended.")
    assert "Set spec.policy.suspend to false to go on." in text


def test_running_says_how_far_it_is() -> None:
    world = World(training_job())
    world.settle()
    world.runs[UID, 1] = Run("run-1", "7", "RUNNING")
    world.run_progress = RunProgress(epoch=3, epochs=20, metrics={"val_loss": 0.25})
    world.pod_runs("penguins-1")
    world.settle()
    text = told(world)
    assert text.startswith("TrainingJob penguins in ml: Running\n  It trains.")
    assert "It is at epoch 3 of at most 20: val_loss 0.25." in text
    assert "modelyard wait tj/penguins --for condition=Promoted" in text


def test_promoted_says_what_was_asked_chosen_measured_and_moved() -> None:
    text = told(trained())
    assert text.startswith("TrainingJob penguins in ml: Promoted\n  Its model was promoted: it is the one in use.")
    assert "Predict species: Classification, judged by f1_macro." in text
    assert "(the manifest names none; these are the default)" in text
    assert "Linear: of Linear, RandomForest, GradientBoosting and MLP the simplest within one standard error of the best." in text
    assert "On the test split, which was looked at once: f1_macro 0.98, accuracy 0.985." in text
    assert "modelyard moved the alias champion to version 1, the first one, 2026-01-31 12:01 UTC." in text
    assert "Only 344 rows." in text


def test_a_missed_criterion_is_told_once() -> None:
    world = trained(WORSE, AS_GOOD)
    outcome = world.status().result
    assert outcome is not None
    text = told(world)
    assert text.splitlines().count(f"  {rendering.describe_verdict(outcome.verdict[0])}.") == 1
    assert text.startswith("TrainingJob penguins in ml: CriteriaNotMet\n")
    assert "what was in use stays in use" in text
    assert "Its model was promoted" not in text


def test_rows_that_can_not_decide() -> None:
    text = told(trained(UNSURE, AS_GOOD))
    assert text.startswith("TrainingJob penguins in ml: Inconclusive\n")
    assert "More test rows (or groups) make the interval narrower" in text
    assert "modelyard approve tj/penguins promotes it all the same, and records your name." in text


def test_a_model_that_a_person_approved_in_doubt() -> None:
    world = trained(UNSURE, AS_GOOD)
    world.resource()["metadata"]["annotations"] = {labels.APPROVE_ANNOTATION: "m-1", labels.APPROVED_BY_ANNOTATION: "anna"}
    assert "anna has approved it all the same: it is registered and promoted." in told(world)
    world.settle()
    text = told(world)
    assert text.startswith("TrainingJob penguins in ml: Promoted\n  Its model was promoted, because anna approved it although")
    assert "anna moved the alias champion to version 1, the first one" in text


def test_a_comparison_that_failed_is_told_by_its_message() -> None:
    world = trained(**WAITS_FOR_APPROVAL)
    world.add_version("ml.penguins", "run-of-another")
    world.alias["ml.penguins", "champion"] = "2"
    world.settle()
    world.pod_ends("penguins-compare-2", 65, complaint(message="the test split is gone"))
    world.settle()
    text = told(world)
    assert text.startswith("TrainingJob penguins in ml: Inconclusive\n")
    assert "gave no verdict: DataInvalid: the test split is gone." in text
    assert "modelyard approve" not in text


def test_champion_anchor_and_earlier_uses_of_the_test_rows() -> None:
    evidence = [BETTER, AS_GOOD, against_champion(-0.004, 0.02, opponent="anchor")]
    text = told(trained(*evidence, further={"champion": "4", "anchor_version": "2", "test_uses": 3}))
    assert "The champion that it was compared with is version 4." in text
    assert "The anchor that it was compared with besides is version 2." in text
    assert "Earlier runs judged on the same test rows: 3." in text


@pytest.mark.parametrize(
    ("resolved", "question"), [({"classCount": "2"}, "two classes"), ({"classCount": "3"}, "more than two classes"), ({}, "its classes")]
)
def test_the_number_of_classes_is_a_number(resolved: dict[str, str], question: str) -> None:
    chosen = {"metric": "f1_macro", "task": "Classification", "classes": "one, two, and more, a name with commas"} | resolved
    assert f"f1_macro: the usual metric for {question}." in told(trained(further={"resolved": chosen}))


def test_verdicts_of_the_first_release_are_shown() -> None:
    world = trained(UNSURE, AS_GOOD)
    verdict = {
        "metric": "f1_macro",
        "wanted": "better than baseline",
        "got": "+0.02",
        "interval": "-0.01 to +0.05",
        "state": "Inconclusive",
    }
    world.resource()["status"]["result"] = {"modelId": "m-1", "verdict": [verdict | {"why": "the interval lies on both sides"}]}
    text = told(world)
    assert f"  {rendering.describe_verdict(Verdict.model_validate(verdict | {'why': 'the interval lies on both sides'}))}." in text
    assert "modelyard approve tj/penguins" in text


def test_approval_names_the_command() -> None:
    text = told(trained(**WAITS_FOR_APPROVAL))
    assert text.startswith("TrainingJob penguins in ml: ApprovalPending\n")
    assert "Look at it, then: modelyard approve tj/penguins" in text


def test_registering_while_mlflow_is_away() -> None:
    world = World(training_job())
    world.settle()
    world.pod_runs("penguins-1")
    world.settle()
    world.registry_down = "MLflow at http://mlflow.test doesn't answer"
    world.pod_ends("penguins-1", 0, result())
    world.settle()
    text = told(world)
    assert text.startswith("TrainingJob penguins in ml: Registering\n")
    assert "MLflow at http://mlflow.test doesn't answer" in text
    assert "no attempt is spent on it" in text


def test_promoting() -> None:
    world = World(training_job())
    world.settle()
    world.pod_ends("penguins-1", 0, result())
    seen = {}
    for _ in range(8):
        world.reconcile()
        seen[world.status().state] = told(world)
    text = seen["Promoting"]
    assert text.startswith("TrainingJob penguins in ml: Promoting\n  Its model is being promoted.")
    assert "Alias champion moves from nothing to 1." in text


def test_evaluating_against_a_new_champion() -> None:
    world = trained(**WAITS_FOR_APPROVAL)
    world.add_version("ml.penguins", "run-of-another")
    world.alias["ml.penguins", "champion"] = "2"
    world.settle()
    text = told(world)
    assert text.startswith("TrainingJob penguins in ml: Evaluating\n")
    assert "compared" in text


def test_promoted_by_hand_although_criteria_do_not_hold() -> None:
    world = trained(WORSE, AS_GOOD)
    world.add_version("ml.penguins", "run-1", "m-1")
    world.alias["ml.penguins", "champion"] = "1"
    world.settle()
    text = told(world)
    assert "somebody moved the alias to it by hand; not all criteria hold." in text
    assert "roll back" in text


def test_wrong_data_is_told_once_with_the_way_out() -> None:
    text = told(failed(65, complaint()))
    assert text.startswith("TrainingJob penguins in ml: Failed\n  It failed: there is no model.")
    assert "Attempt 1 ended as Failed (DataInvalid): target column 'species' isn't in the data." in text
    assert "The data and the manifest don't fit together." in text
    assert "apply a TrainingJob under another name" in text


def test_out_of_memory_points_to_the_limit_and_the_log() -> None:
    text = told(failed(137, reason="OOMKilled"))
    assert "It needed more memory than it may have, and was killed." in text
    assert "limits.memory" in text
    assert "modelyard logs tj/penguins" in text


def test_retries_are_told_one_by_one() -> None:
    world = World(training_job())
    world.settle()
    world.pod_ends("penguins-1", 1, complaint(Reason.UNEXPECTED_ERROR, "KeyError: 'x'"))
    world.settle()
    world.pass_time(60)
    world.settle()
    world.pod_ends("penguins-2", 1, complaint(Reason.UNEXPECTED_ERROR, "KeyError: 'y'"))
    world.settle()
    text = told(world)
    assert "Attempt 1 ended as Failed (UnexpectedError): KeyError: 'x'." in text
    assert "Attempt 2 ended as Failed (UnexpectedError): KeyError: 'y'." in text


def test_warnings_of_others_are_told_those_of_the_operator_are_not_repeated() -> None:
    world = failed(65, complaint())
    message = world.status().conditions[0].message
    events = [
        {"type": "Warning", "reason": "DataInvalid", "note": f"again: {message}", "eventTime": "2026-01-31T12:00:09Z"},
        {"type": "Warning", "reason": "AttemptFailed", "note": f"attempt 1: {message}", "eventTime": "2026-01-31T12:00:09Z"},
        {"type": "Warning", "reason": "NoAccelerator", "note": "no GPU on this machine", "eventTime": "2026-01-31T12:00:01Z"},
        {"type": "Normal", "reason": "AttemptStarted", "note": "attempt 1 was started", "eventTime": "2026-01-31T12:00:00Z"},
    ]
    text = told(world, *events)
    assert "NoAccelerator: no GPU on this machine." in text
    assert text.count(message.rstrip(".")[1:]) == 2  # of the attempt and of the condition
    assert "attempt 1 was started" not in text


def test_everything_that_reading_changed_is_told() -> None:
    notes = [
        ReadingNote(rule=ReadingRule.MISSING_WORD, column="country", count=40, detail="NA"),
        ReadingNote(rule=ReadingRule.INFINITE, column="x", count=3),
        ReadingNote(rule=ReadingRule.DECIMAL_COMMA, column="price", count=300),
    ]
    warnings = [*rendering.describe_reading(notes), *(f"note {number}" for number in range(7))]
    text = told(trained(further={"warnings": warnings}))
    assert "Cells 'NA' read as missing: country (40); data.columns[].missingWords: [] keeps them." in text
    assert "Infinite numbers read as missing: x (3)." in text
    assert "Read with a decimal comma: price (300)." in text
    assert all(f"Note {number}." in text for number in range(7))


def test_what_the_manifest_says_about_columns_is_told() -> None:
    source = {"uri": "s3://datasets/penguins.csv"}
    columns = [{"name": "island_code", "type": "Categorical"}, {"name": "seen_by", "role": "Ignored"}]
    data = {"source": source, "time": "day", "key": ["ring", "day"], "columns": columns, "split": {"by": "Time"}}
    text = told(trained(data=data))
    assert "Divided by time: the latest rows by day are the test" in text
    assert "Read as the manifest says: island_code as Categorical." in text
    assert "A row is named by ring and day." in text


def test_every_reason_has_a_meaning() -> None:
    assert set(MEANINGS) == set(Reason)
    for reason, meaning in MEANINGS.items():
        assert meaning.says.endswith("."), reason
        assert meaning.do == "" or meaning.do.endswith("."), reason


@pytest.mark.parametrize("reason", sorted(Reason))
def test_a_failure_is_explained_by_its_reason(reason: Reason) -> None:
    resource = training_job()
    condition = {"type": "Failed", "status": "True", "reason": reason, "message": "the details", "lastTransitionTime": stamp(START)}
    resource["status"] = {"state": "Failed", "conditions": [condition]}
    text = "\n".join(explain_resource(resource).lines())
    assert MEANINGS[reason].says in text
    assert MEANINGS[reason].do in text
    assert "The details." in text


def test_a_reason_of_a_newer_operator_is_told_by_its_message() -> None:
    resource = training_job()
    condition = {"type": "Running", "status": "False", "reason": "Teleporting", "message": "in between", "lastTransitionTime": stamp(START)}
    resource["status"] = {"state": "Teleporting", "conditions": [condition]}
    explanation: Explanation = explain_resource(resource)
    assert explanation.summary == "Its state is Teleporting."
    assert "In between." in "\n".join(explanation.lines())


def test_a_status_of_another_version_is_refused_in_words() -> None:
    resource = training_job()
    resource["status"] = {"state": "Running", "wormholes": 3}
    with pytest.raises(
        CommandError, match=r"status of TrainingJob penguins can't be read \(wormholes\): it was written by another version"
    ):
        explain_resource(resource)


def test_another_kind_is_refused() -> None:
    with pytest.raises(WrongUsage, match="a Pod can't be explained"):
        explain_resource({"kind": "Pod", "metadata": {"name": "a"}})


def test_lines_are_broken_between_words_at_the_width_of_a_terminal() -> None:
    lines = list(explain_resource(training_job()).lines(40))
    assert max(map(len, lines)) <= 40 or any(" " not in line.strip() for line in lines if len(line) > 40)
    assert any(line.startswith("    ") for line in lines)
