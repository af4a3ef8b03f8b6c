"""The anchor is written on a version when it is promoted: later ones may not be worse than it, however many steps lie between."""

from typing import Any

import pytest
from modelyard_api import labels
from modelyard_api.verdicts import ComparedWith, Evidence

from tests.unit.training_operator.manifests import AS_GOOD, BETTER, against_champion, measured, result, training_job
from tests.unit.training_operator.world import World

NAME = "ml.penguins"
BETTER_THAN_CHAMPION = {"metric": "f1_macro", "betterThan": "champion"}
BETTER_THAN_BASELINE = {"metric": "f1_macro", "betterThan": "baseline"}
IS_BETTER = measured(0.01, 0.05, opponent=ComparedWith.CHAMPION)
AS_GOOD_AS_ANCHOR = against_champion(-0.004, 0.02, opponent=ComparedWith.ANCHOR)


def promoted(
    *evidence: Evidence, require: list[dict[str, Any]] | None = None, champion_tags: dict[str, str] | None = None, **further: Any
) -> World:
    """Promoted over the champion of the evidence; without one as the first version."""
    world = World(training_job(objective={"target": "species"} | ({"require": require} if require else {})))
    if champion_tags is not None:
        for _ in range(int(further.get("champion", "1"))):
            version = world.add_version(NAME, "run-0", tags=champion_tags).version
        world.alias[NAME, "champion"] = version
    world.settle()
    world.pod_ends("penguins-1", 0, result(*evidence, **further))
    world.settle()
    assert world.status().state == "Promoted"
    return world


@pytest.mark.parametrize(
    ("evidence", "asked", "anchor"),
    [
        # the first one
        ([], {}, "1"),
        # better than a champion, however old its anchor is
        ([IS_BETTER], {"require": [BETTER_THAN_CHAMPION], "champion": "4", "champion_tags": {}}, "5"),
        ([IS_BETTER], {"require": [BETTER_THAN_CHAMPION], "champion": "4", "anchor_version": "2", "champion_tags": {}}, "5"),
        # not worse: the anchor stays
        ([BETTER, AS_GOOD, AS_GOOD_AS_ANCHOR], {"champion": "4", "anchor_version": "2", "champion_tags": {}}, "2"),
        # not worse than a champion that names no anchor: it becomes the anchor itself
        ([BETTER, AS_GOOD], {"champion": "4", "champion_tags": {}}, "4"),
        # no criterion compares with the champion, so the pod looks for no anchor
        ([BETTER], {"require": [BETTER_THAN_BASELINE], "champion": "4", "champion_tags": {labels.TAG_ANCHOR: "2"}}, "2"),
        ([BETTER], {"require": [BETTER_THAN_BASELINE], "champion": "4", "champion_tags": {}}, "4"),
    ],
)
def test_which_version_is_the_anchor(evidence: list[Evidence], asked: dict[str, Any], anchor: str) -> None:
    world = promoted(*evidence, **asked)
    assert world.versions[-1].tags[labels.TAG_ANCHOR] == anchor


def test_better_than_a_champion_that_is_not_there_is_nothing_special() -> None:
    world = promoted(IS_BETTER.model_copy(update={"low": None}), require=[BETTER_THAN_CHAMPION])
    assert world.versions[-1].tags[labels.TAG_ANCHOR] == "1"


def test_a_later_comparison_brings_its_own_anchor() -> None:
    world = World(training_job())
    world.alias[NAME, "champion"] = world.add_version(NAME, "run-0").version
    world.settle()
    world.pod_ends("penguins-1", 0, result(BETTER, AS_GOOD, champion="1", anchor_version="1"))
    world.alias[NAME, "champion"] = world.add_version(NAME, "run-x").version
    world.settle()
    world.pod_ends("penguins-compare-2", 0, result(BETTER, AS_GOOD, champion="2", anchor_version="2"))
    world.settle()
    outcome = world.status().result
    assert outcome is not None
    assert (outcome.champion_version, outcome.anchor_version) == ("2", "2")
    assert world.versions[-1].tags[labels.TAG_ANCHOR] == "2"
