"""A version is signed when it is registered, whenever the operator dies; what was registered before there was evidence is signed once."""

import pytest
from modelyard_operator.registry.interface import Evidence

from tests.unit.training_operator.manifests import AS_GOOD, UNSURE, result, training_job
from tests.unit.training_operator.world import Died, World

DIGEST = result().digest


def trained(*evidence: object) -> World:
    world = World(training_job())
    world.settle()
    world.pod_ends("penguins-1", 0, result(*evidence))
    return world


def as_of_an_older_operator(world: World) -> None:
    """Status and version as they are without evidence."""
    world.resource()["status"]["result"].pop("digest")
    world.versions = [version.__class__(*(getattr(version, name) for name in _OLD_FIELDS)) for version in world.versions]
    run = world.resource()["status"]["mlflow"]["runId"]
    world.results[run] = {"result": result().to_wire()}


_OLD_FIELDS = ("name", "version", "run_id", "model_id", "ready", "created", "tags")


def test_a_version_is_signed_before_it_is_promoted() -> None:
    world = trained()
    world.settle()
    [version] = world.versions
    uid = world.resource()["metadata"]["uid"]
    assert version.evidence == Evidence("ml.penguins", "1", version.model_id, DIGEST, "ml", uid, "TrainingJob penguins: all criteria hold")
    assert world.writes.index("RegisterVersion") < world.writes.index("alias set")
    assert world.status().result.digest == DIGEST  # type: ignore[union-attr]


def test_one_that_died_before_it_signed_signs_afterwards() -> None:
    world = trained()
    world.dies_before_signing = True
    with pytest.raises(Died):
        world.settle()
    assert [version.evidence for version in world.versions] == [None]
    world.settle()
    assert len(world.versions) == 1
    assert world.versions[0].evidence is not None
    assert world.status().state == "Promoted"


@pytest.mark.parametrize("evidence", [(), (UNSURE, AS_GOOD)], ids=["promoted", "not registered"])
def test_what_finished_before_there_was_evidence_is_signed_once(evidence: tuple[object, ...]) -> None:
    world = trained(*evidence)
    world.settle()
    before = world.status()
    as_of_an_older_operator(world)
    world.writes.clear()
    world.settle()
    written = len(world.writes)
    if not evidence:
        assert world.writes == ["status Promoted", "SignVersion", "status Promoted"]  # first the field that is new
        assert [one.evidence.digest for one in world.versions if one.evidence] == [DIGEST]
        assert world.status() == before
    else:
        assert world.writes == ["status Inconclusive"]
        assert world.versions == []
    world.settle()
    assert len(world.writes) == written


def test_what_was_being_promoted_by_an_older_operator_is_signed_first() -> None:
    world = trained()
    world.die_after = len(world.writes) + 4
    with pytest.raises(Died):
        world.settle()
    assert world.status().completion_time is None
    as_of_an_older_operator(world)
    world.settle()
    assert [one.evidence.digest for one in world.versions if one.evidence] == [DIGEST]
    assert world.status().state == "Promoted"


def test_a_name_that_is_taken_starts_nothing() -> None:
    world = World(training_job())
    world.name_taken = "registered model ml.penguins belongs to modelyard-team-a"
    world.settle()
    condition = world.condition("Running") or ()
    assert condition[:2] == ("False", "NameTaken")
    assert "belongs to modelyard-team-a" in condition[2]
    assert world.writes == ["status Pending"]
    world.name_taken = ""
    world.settle()
    assert "create penguins-1" in world.writes
