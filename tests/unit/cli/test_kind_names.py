"""What people call kinds and resources."""

import pytest
from modelyard_cli.errors import WrongUsage
from modelyard_cli.kind_names import Reference, kinds_called, named, one_named, references, short_name
from modelyard_local.kinds import SECRET
from modelyard_operator.kube.interface import DEPLOYMENT, JOB, MODEL_DEPLOYMENT, POD, TRAINING_JOB


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        ("tj", [TRAINING_JOB]),
        ("TrainingJob", [TRAINING_JOB]),
        ("trainingjobs.modelyard.io", [TRAINING_JOB]),
        ("trainingjob.modelyard.io", [TRAINING_JOB]),
        ("tj,md", [TRAINING_JOB, MODEL_DEPLOYMENT]),
        ("modelyard", [TRAINING_JOB, MODEL_DEPLOYMENT]),
        ("po,pods", [POD]),
        ("deploy", [DEPLOYMENT]),
        ("jobs.batch", [JOB]),
        ("secret", [SECRET]),
    ],
)
def test_words_for_kinds(words: str, kinds: list[object]) -> None:
    assert list(kinds_called(words)) == kinds


def test_an_unknown_kind_names_its_neighbour() -> None:
    with pytest.raises(WrongUsage, match="did you mean pods"):
        kinds_called("podss")


def test_references_in_all_forms() -> None:
    assert references(["tj"]) == [Reference(TRAINING_JOB)]
    assert references(["tj", "a", "b"]) == [Reference(TRAINING_JOB, "a"), Reference(TRAINING_JOB, "b")]
    assert references(["tj/a", "md/b"]) == [Reference(TRAINING_JOB, "a"), Reference(MODEL_DEPLOYMENT, "b")]
    assert str(references(["tj/a"])[0]) == "trainingjob.modelyard.io/a"


def test_what_was_printed_can_be_typed() -> None:
    assert references([str(Reference(MODEL_DEPLOYMENT, "x"))]) == [Reference(MODEL_DEPLOYMENT, "x")]


@pytest.mark.parametrize("words", [["tj/a", "b"], ["tj/"], ["/a"], ["tj/a/b"], []])
def test_mixed_and_broken_references_are_refused(words: list[str]) -> None:
    with pytest.raises(WrongUsage):
        references(words)


def test_a_name_is_target_for() -> None:
    with pytest.raises(WrongUsage, match="tj/flights"):
        named(["tj"])


def test_a_verb_with_a_kind_of_its_own_takes_a_lone_name() -> None:
    assert one_named(["flights"], default=MODEL_DEPLOYMENT) == Reference(MODEL_DEPLOYMENT, "flights")
    assert one_named(["md/flights"], default=MODEL_DEPLOYMENT) == Reference(MODEL_DEPLOYMENT, "flights")
    with pytest.raises(WrongUsage, match="one resource"):
        one_named(["tj", "a", "b"])


def test_shortest_words() -> None:
    assert (short_name(TRAINING_JOB), short_name(POD)) == ("tj", "po")
