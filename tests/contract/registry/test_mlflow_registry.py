"""What the operator asks of the registry, against a real MLflow server."""

from collections.abc import Callable
from typing import Any

import pytest
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from modelyard_api import labels
from modelyard_operator.plan import EnsureModel, MoveAlias
from modelyard_operator.registry.interface import AliasChanged, Evidence, RegistryRefused, RunProgress
from modelyard_operator.registry.mlflow_registry import MlflowRegistry

from tests.contract.registry.conftest import NAMESPACE, registration

Train = Callable[..., tuple[str, str]]


def registered(registry: MlflowRegistry, model: str, trained: Train, uid: str = "uid-1") -> str:
    run_id, model_id = trained(uid)
    action = registration(model, model_id, run_id, uid)
    return registry.register_version(action).version


def test_a_model_is_prepared_once_and_preparing_again_changes_nothing(registry: MlflowRegistry, mlflow_server: object) -> None:
    assert not registry.is_prepared(NAMESPACE, "prepared")
    for _ in range(2):
        registry.ensure_model(EnsureModel(NAMESPACE, "prepared"))
    assert registry.is_prepared(NAMESPACE, "prepared")
    assert MlflowRegistry(registry._uri).is_prepared(NAMESPACE, "prepared")  # from the server, not from memory


def test_a_namespace_without_user_is_refused_in_words(registry: MlflowRegistry) -> None:
    with pytest.raises(RegistryRefused, match="has no user modelyard-lab: create it"):
        registry.ensure_model(EnsureModel("lab", "penguins"))


def test_a_run_is_found_by_uid_and_attempt(registry: MlflowRegistry, model: str, trained: Train) -> None:
    trained("uid-1", attempt=1)
    second, _ = trained("uid-1", attempt=2)
    trained("uid-2", attempt=2)
    found = registry.find_run(NAMESPACE, model, "uid-1", 2)
    assert found is not None
    assert (found.run_id, found.status) == (second, "FINISHED")
    assert registry.find_run(NAMESPACE, model, "uid-1", 3) is None
    assert registry.find_run(NAMESPACE, "never-trained", "uid-1", 1) is None


def test_the_result_of_a_run_is_read_through_the_server(registry: MlflowRegistry, trained: Train) -> None:
    run_id, _ = trained(result={"kind": "Trained", "runId": "r"})
    assert registry.result(run_id) == {"kind": "Trained", "runId": "r"}
    assert registry.result(trained("uid-2")[0]) is None
    with pytest.raises(RegistryRefused, match=r"result\.json of run .* is not a JSON object"):
        registry.result(trained("uid-3", result="not json")[0])


def test_progress_is_the_newest_value_of_each_metric_that_is_a_number(registry: MlflowRegistry, trained: Train) -> None:
    run_id, _ = trained()
    assert registry.progress(run_id) == RunProgress(2, 7, {"val_loss": 0.5})


def test_registering_twice_makes_one_version(registry: MlflowRegistry, model: str, trained: Train) -> None:
    name = labels.registered_model(NAMESPACE, model)
    run_id, model_id = trained()
    action = registration(model, model_id, run_id, why="it is better")
    first, second = registry.register_version(action), registry.register_version(action)
    assert first.version == second.version == "1"
    assert registry.version(name, "2") is None
    found = registry.version(name, "1")
    assert found is not None
    assert (found.run_id, found.model_id, found.ready) == (run_id, model_id, True)
    assert found.evidence == Evidence(name, "1", model_id, "d" * 64, NAMESPACE, "uid-1", "the tests say so")
    assert found.signed_by_newest_key
    assert (found.tags[labels.TAG_UID], found.tags["why"]) == ("uid-1", "it is better")
    assert registry.version_of(name, "uid-1") == found
    assert registry.version_of(name, "uid-2") is None


def losing_the_answer(registry: MlflowRegistry, monkeypatch: pytest.MonkeyPatch, *, times: int) -> None:
    """The server does what it is asked, and its answer doesn't arrive."""
    create = registry._client.create_model_version
    lost = iter(range(times))

    def created(*args: Any, **kwargs: Any) -> ModelVersion:
        version = create(*args, **kwargs)
        if next(lost, None) is not None:
            raise MlflowException("API request to http://mlflow failed with exception Read timed out.")
        return version

    monkeypatch.setattr(registry._client, "create_model_version", created)


def test_a_lost_answer_makes_no_second_version(
    registry: MlflowRegistry, model: str, trained: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = labels.registered_model(NAMESPACE, model)
    run_id, model_id = trained("uid-lost")
    losing_the_answer(registry, monkeypatch, times=1)
    version = registry.register_version(registration(model, model_id, run_id, "uid-lost")).version
    assert [each.version for each in registry._versions_of(name, "uid-lost")] == [version]


def test_of_twins_the_older_is_kept_unless_an_alias_is_at_the_younger(registry: MlflowRegistry, model: str, trained: Train) -> None:
    name = labels.registered_model(NAMESPACE, model)
    run_id, model_id = trained("uid-twins")
    action = registration(model, model_id, run_id, "uid-twins")
    for _ in range(3):  # as if requests were carried out whose answers were lost
        registry._create_version(action)
    oldest, younger, youngest = (each.version for each in registry._versions_of(name, "uid-twins"))
    registry._client.set_registered_model_alias(name, "kept-by-hand", youngest)
    assert registry.register_version(action).version == oldest
    assert [each.version for each in registry._versions_of(name, "uid-twins")] == [oldest, youngest]
    assert registry.version(name, younger) is None
    registry._client.delete_registered_model_alias(name, "kept-by-hand")


def test_registering_a_model_that_was_never_logged_is_refused(registry: MlflowRegistry, model: str, trained: Train) -> None:
    run_id, _ = trained()
    with pytest.raises(RegistryRefused, match="m-00000000000000000000000000000000"):
        registry.register_version(registration(model, "m-00000000000000000000000000000000", run_id))


def test_what_does_not_exist_is_nothing_and_not_an_error(registry: MlflowRegistry, model: str) -> None:
    name = labels.registered_model(NAMESPACE, model)
    assert registry.alias_version(name, "champion") == ""
    assert registry.alias_version("ml.nothing", "champion") == ""
    assert registry.model_exists(name)
    assert not registry.model_exists("ml.nothing")
    assert registry.version("ml.nothing", "1") is None
    assert registry.version_of("ml.nothing", "uid-1") is None


def test_the_alias_moves_from_where_it_was_expected_and_the_version_is_tagged(registry: MlflowRegistry, model: str, trained: Train) -> None:
    name = labels.registered_model(NAMESPACE, model)
    first, second = registered(registry, model, trained), registered(registry, model, trained, "uid-2")
    registry.move_alias(MoveAlias(name, "champion", "", first))
    registry.move_alias(MoveAlias(name, "champion", first, second, {"promoted.by": "modelyard"}))
    assert registry.alias_version(name, "champion") == second
    assert registry.aliases()[name, "champion"] == second
    version = registry.version(name, second)
    assert version is not None
    assert version.tags["promoted.by"] == "modelyard"


def test_an_alias_that_somebody_moved_is_not_moved_over(registry: MlflowRegistry, model: str, trained: Train) -> None:
    name = labels.registered_model(NAMESPACE, model)
    first, second = registered(registry, model, trained), registered(registry, model, trained, "uid-2")
    registry.move_alias(MoveAlias(name, "champion", "", second))
    with pytest.raises(AliasChanged, match="is at version 2, version 1 was expected"):
        registry.move_alias(MoveAlias(name, "champion", first, "3"))
    registry.move_alias(MoveAlias(name, "champion", first, second))  # done already: an earlier try was cut off
    assert registry.alias_version(name, "champion") == second


def test_a_deleted_experiment_is_told_in_words(registry: MlflowRegistry, model: str) -> None:
    experiment = registry._client.get_experiment_by_name(labels.experiment(NAMESPACE, model))
    assert experiment is not None
    registry._client.delete_experiment(experiment.experiment_id)
    with pytest.raises(RegistryRefused, match="was deleted; restore it"):
        registry.find_run(NAMESPACE, model, "uid-1", 1)
